// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/detect"
)

// allowed reads an environment's list of operations: ids, scope:… and effect:…. What the contract does not know is an
// error that names the setting, the word and what is close to it: a list that opens less than its reader thinks would
// only be noticed by callers.
func allowed(c *contract.Contract, e *config.Environment) (func(op *contract.Operation) bool, error) {
	if len(e.Operations) == 0 {
		return func(*contract.Operation) bool { return true }, nil
	}
	open, known := map[string]bool{}, map[string]bool{}
	for _, op := range c.Operations() {
		names := []string{op.ID, "effect:" + string(op.Effect)}
		if op.Scope != "" {
			names = append(names, "scope:"+op.Scope)
		}
		for _, n := range names {
			known[n] = true
			open[op.ID] = open[op.ID] || slices.Contains(e.Operations, n)
		}
	}
	var problems []error
	for _, word := range e.Operations {
		if !known[word] {
			problems = append(problems, fmt.Errorf("%s: %q is no operation, scope:… or effect:… of the contract; %s", e.Variable("OPERATIONS"), word, close3(word, known)))
		}
	}
	return func(op *contract.Operation) bool { return open[op.ID] }, errors.Join(problems...)
}

// close3 suggests up to three known words for one that is not.
func close3(word string, known map[string]bool) string {
	far := map[string]int{}
	for k := range known {
		d := detect.Distance(strings.ToLower(word), strings.ToLower(k))
		if d <= max(2, len(word)/4) || len(word) > 3 && strings.Contains(strings.ToLower(k), strings.ToLower(word)) {
			far[k] = d
		}
	}
	var near []string
	for k := range far {
		near = append(near, k)
	}
	if len(near) == 0 {
		return "`airside routes` lists them"
	}
	slices.SortFunc(near, func(a, b string) int {
		if far[a] != far[b] {
			return far[a] - far[b]
		}
		return strings.Compare(a, b)
	})
	return "did you mean " + strings.Join(near[:min(3, len(near))], ", ") + "?"
}
