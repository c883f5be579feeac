// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// Every operation says what it does, who may call it and how it is recorded.
func TestPolicyIsComplete(t *testing.T) {
	t.Parallel()
	effects := []Effect{Read, Write, Delete, Purchase}
	audits := []AuditClass{AuditNone, AuditRead, AuditChange, AuditMoney, AuditSecurity}
	c := loaded(t)
	names, actions := c.Schema("AccessPermissionName").Enum, c.Schema("AccessPermissionAction").Enum
	overs := []Over{OverCompany, OverTMC, OverClient}
	for _, op := range c.Operations() {
		switch {
		case !slices.Contains(effects, op.Effect), !slices.Contains(audits, op.Audit):
			t.Errorf("%s has the effect %q and the audit class %q", op.ID, op.Effect, op.Audit)
		case !op.Public && (op.Scope == "" || len(op.Roles) == 0):
			t.Errorf("%s says not who may call it", op.ID)
		case !op.Public && !slices.Contains(names, op.Permission.Name), !op.Public && !slices.Contains(actions, op.Permission.Action),
			!slices.Contains(overs, op.Permission.Over), op.Public && op.Permission != Permission{}:
			t.Errorf("%s has the permission %+v", op.ID, op.Permission)
		case op.Summary == "" || op.Tag == "" || op.SuccessStatus == 0:
			t.Errorf("%s lacks its summary, tag or success status", op.ID)
		}
	}
}

// Schemas are compiled on first use, also when many need them at once.
func TestFirstUseByMany(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	x := Example("updateUser")
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if found := c.Operation("updateUser").CheckBody("application/json", x.Request.Body); found != nil {
				t.Error(found)
			}
		})
	}
	all.Wait()
}

// Which properties a request may set is also asked about, not only checked.
func TestFieldsOfAUnion(t *testing.T) {
	t.Parallel()
	var have []string
	for _, p := range loaded(t).Schema("BookingFeeInfo").Fields() {
		have = append(have, p.Name)
	}
	for _, want := range []string{"feeType", "bookingFeeType", "calculatedAmount"} {
		if !slices.Contains(have, want) {
			t.Errorf("%s is missing from %v", want, have)
		}
	}
}

func TestBrokenContractsAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, schema, want string }{
		{"unknown keyword", `{"type":"object","patternProperties":{}}`, "patternProperties"},
		{"unknown format", `{"type":"string","format":"iban"}`, "iban"},
		{"reference into the void", `{"$ref":"#/components/schemas/Nobody"}`, "Nobody"},
		{"required but not declared", `{"type":"object","required":["x"]}`, `"x"`},
		{"union no rule decides", `{"oneOf":[{"type":"object","properties":{"a":{}}},{"type":"object","properties":{"a":{}}}]}`, "key a"},
		{"union of texts", `{"oneOf":[{"type":"string"},{"type":"integer"}]}`, "not an object"},
		{"discriminator that leads out", `{"discriminator":{"propertyName":"k","mapping":{"X":"#/components/schemas/S"}},
			"oneOf":[{"type":"object","properties":{"k":{}}}]}`, "out of the union"},
		{"pattern", `{"type":"string","pattern":"("}`, "pattern"},
		{"type", `{"type":"text"}`, "text"},
	}
	for _, tt := range tests {
		file := `{"openapi":"3.1.0","components":{"schemas":{"S":` + tt.schema + `}}}`
		c, err := load([]document{{name: "a.json", raw: []byte(file)}})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Verify(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v does not name %s", tt.name, err, tt.want)
		}
		// Should it be used all the same, it lets nothing through.
		if s := c.Schema("S"); s != nil && len(s.Check([]byte(`{}`))) == 0 {
			t.Errorf("%s: a broken schema accepts", tt.name)
		}
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

// TestEveryDocumentIsLoaded: what lies in the folder is part of the contract.
func TestEveryDocumentIsLoaded(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("openapi/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range embedded() {
		names = append(names, "openapi/"+d.name)
	}
	if d := cmp.Diff(files, names); d != "" {
		t.Errorf("the folder and what is embedded differ (-folder +embedded):\n%s", d)
	}
}
