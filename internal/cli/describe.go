// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/airside-travel/airside/contract"
)

// document is the part of an OpenAPI document that describe cuts along.
type document struct {
	OpenAPI    string                                `json:"openapi"`
	Info       json.RawMessage                       `json:"info"`
	Security   json.RawMessage                       `json:"security"`
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components map[string]map[string]json.RawMessage `json:"components"`
}

// describe is the contract cut down to one operation: its path item and every component it leads to,
// so that the result is a document of its own.
func describe(c *contract.Contract, op *contract.Operation) (*document, error) {
	var whole document
	if err := json.Unmarshal(c.Document(), &whole); err != nil {
		return nil, fmt.Errorf("read the merged contract: %w", err)
	}
	method := strings.ToLower(op.Method)
	item := map[string]json.RawMessage{method: whole.Paths[op.Path][method]}
	if shared, ok := whole.Paths[op.Path]["parameters"]; ok {
		item["parameters"] = shared
	}
	out := whole
	out.Paths = map[string]map[string]json.RawMessage{op.Path: item}
	out.Components = map[string]map[string]json.RawMessage{"securitySchemes": whole.Components["securitySchemes"]}
	var open []json.RawMessage
	for _, part := range item {
		open = append(open, part)
	}
	for len(open) > 0 {
		part := open[len(open)-1]
		open = open[:len(open)-1]
		for _, ref := range references(part) {
			kind, name, _ := strings.Cut(strings.TrimPrefix(ref, "#/components/"), "/")
			if out.Components[kind] == nil {
				out.Components[kind] = map[string]json.RawMessage{}
			}
			if _, seen := out.Components[kind][name]; !seen {
				out.Components[kind][name] = whole.Components[kind][name]
				open = append(open, whole.Components[kind][name])
			}
		}
	}
	return &out, nil
}

// references lists the components a piece of the document names, in "$ref" and in mappings.
func references(part json.RawMessage) []string {
	var out []string
	const lead = `"#/components/`
	for rest := string(part); ; {
		i := strings.Index(rest, lead)
		if i < 0 {
			return out
		}
		rest = rest[i+1:]
		end := strings.IndexByte(rest, '"')
		if end < 0 {
			return out
		}
		out = append(out, rest[:end])
		rest = rest[end+1:]
	}
}

// noOperation is the failure for an id that the contract does not have.
func noOperation(c *contract.Contract, id string) *Failure {
	f := failf(ExitUsage, "the API has no operation %q", id)
	if near := nearest(c, id); len(near) > 0 {
		f.hint("did you mean %s?", strings.Join(near, ", "))
	}
	return f.hint("`airside api` lists every operation")
}

// nearest suggests operations: the one with the same letters, else those that contain the word or differ
// in two letters.
func nearest(c *contract.Contract, id string) []string {
	var near []string
	want := strings.ToLower(id)
	for _, op := range c.Operations() {
		have := strings.ToLower(op.ID)
		if have == want {
			return []string{op.ID}
		}
		if want != "" && (strings.Contains(have, want) || distance(have, want) <= 2) {
			near = append(near, op.ID)
		}
	}
	return near[:min(len(near), 5)]
}

// distance counts the letters to insert, delete or replace to turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			last, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, last+cost)
		}
	}
	return row[len(b)]
}
