// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/contract"
)

// What the accessors hand out is the caller's: the documents lie in the program's file, and a write into them would
// end the process.
func TestBytesHandedOutAreTheCallers(t *testing.T) {
	t.Parallel()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	before := string(c.Document())
	kinds := map[string]int{}
	change := func(kind string, b []byte) {
		if len(b) > 0 {
			b[0]++
			_ = append(b, ' ')
			b[0]--
			kinds[kind]++
		}
	}
	var look func(s *contract.Schema, depth int)
	look = func(s *contract.Schema, depth int) {
		if s == nil || depth == 0 {
			return
		}
		s = s.Target()
		change("default", s.Default)
		change("extension", s.Extension("type"))
		change("extension", s.Extension("x-pii"))
		change("schema", s.JSON())
		for _, p := range s.Properties {
			look(p.Schema, depth-1)
		}
		look(s.Items, depth-1)
	}
	for _, op := range c.Operations() {
		for i := range op.Params {
			look(op.Params[i].Schema, 3)
		}
		if op.Body != nil {
			for _, s := range op.Body.Content {
				look(s, 3)
			}
		}
	}
	for _, kind := range []string{"default", "extension", "schema"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s was looked at", kind)
		}
	}
	again, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, string(again.Document())); diff != "" {
		t.Errorf("the contract has changed: %s", diff)
	}
}
