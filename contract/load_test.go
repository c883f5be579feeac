// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"testing"
)

func loaded(t testing.TB) *Contract {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEverySchemaCompiles(t *testing.T) {
	t.Parallel()
	if err := loaded(t).Verify(); err != nil {
		t.Fatal(err)
	}
}

func TestDocumentIsOneValidFile(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	var doc struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal(c.Document(), &doc); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, item := range doc.Paths {
		for method := range item {
			if method != "parameters" {
				n++
			}
		}
	}
	if n != len(c.Operations()) || len(doc.Components.Schemas) != len(c.Schemas()) {
		t.Errorf("the document has %d operations and %d schemas, the contract %d and %d",
			n, len(doc.Components.Schemas), len(c.Operations()), len(c.Schemas()))
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		c, err := Load()
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Verify(); err != nil {
			b.Fatal(err)
		}
	}
}
