// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"net/url"
	"strings"
	"testing"
)

// Every operation has an example, every example an operation, and both halves
// keep the contract.
func TestExamplesKeepTheContract(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	files, err := examples.ReadDir("examples")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if id := strings.TrimSuffix(f.Name(), ".json"); c.Operation(id) == nil {
			t.Errorf("examples/%s belongs to no operation", f.Name())
		}
	}
	for _, op := range c.Operations() {
		x := Example(op.ID)
		if x == nil {
			t.Errorf("%s has no readable example", op.ID)
			continue
		}
		for _, v := range exampleFaults(op, x) {
			t.Errorf("%s: %v", op.ID, v)
		}
	}
}

func exampleFaults(op *Operation, x *Exchange) []Violation {
	get := func(m map[string]string) func(string) string {
		return func(name string) string { return m[name] }
	}
	query := url.Values(x.Request.Query)
	bad := op.CheckPath(get(x.Request.Path))
	bad = append(bad, op.CheckQuery(query)...)
	bad = append(bad, op.CheckUnknownQuery(query)...)
	bad = append(bad, op.CheckHeader(get(x.Request.Header))...)
	if op.Body != nil {
		for _, s := range op.Body.Content {
			bad = append(bad, s.CheckRequest(x.Request.Body)...)
		}
	}
	media := ""
	for m := range op.Responses[x.Response.Status].Content {
		media = m
	}
	return append(bad, op.CheckResponse(x.Response.Status, media, x.Response.Body)...)
}
