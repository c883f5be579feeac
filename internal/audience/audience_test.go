// SPDX-License-Identifier: Apache-2.0

package audience_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/audience"
)

// naive spells the rule out with sets and without the evaluator's shortcuts.
func naive(s audience.Scope, o audience.Owner) bool {
	owners := map[string]string{"COMPANY": o.Company, "BOOKING_TMC": o.BookingTMC, "CONTRACTING_TMC": o.ContractingTMC}
	matched := 0
	for _, a := range s.Audiences {
		passed := 0
		for _, p := range a.Predicates {
			values := map[string]bool{}
			for _, v := range p.Values {
				values[v] = true
			}
			if id, known := owners[p.Type]; known && id != "" && values[id] {
				passed++
			}
		}
		if passed > 0 && passed == len(a.Predicates) {
			matched++
		}
	}
	return matched > 0
}

// ids are few, so that random audiences and owners meet.
func id() *rapid.Generator[string] { return rapid.SampledFrom([]string{"", "a", "b", "c", "d"}) }

func scope() *rapid.Generator[audience.Scope] {
	predicate := rapid.Custom(func(t *rapid.T) audience.Predicate {
		return audience.Predicate{
			Type:   rapid.SampledFrom([]string{"COMPANY", "BOOKING_TMC", "CONTRACTING_TMC", "OFFICE"}).Draw(t, "type"),
			Values: rapid.SliceOfN(id(), 0, 4).Draw(t, "values"),
		}
	})
	one := rapid.Custom(func(t *rapid.T) audience.Audience {
		return audience.Audience{Predicates: rapid.SliceOfN(predicate, 0, 3).Draw(t, "predicates")}
	})
	return rapid.Custom(func(t *rapid.T) audience.Scope {
		return audience.Scope{Audiences: rapid.SliceOfN(one, 0, 4).Draw(t, "audiences")}
	})
}

func TestScopeAgreesWithTheNaiveRule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := scope().Draw(t, "scope")
		o := audience.Owner{Company: id().Draw(t, "company"), BookingTMC: id().Draw(t, "booking"), ContractingTMC: id().Draw(t, "contracting")}
		if got, want := s.Covers(o), naive(s, o); got != want {
			t.Fatalf("%+v covers %+v: %v, want %v", s, o, got, want)
		}
	})
}

func TestCovers(t *testing.T) {
	t.Parallel()
	acme := audience.Owner{Company: "acme", BookingTMC: "partner", ContractingTMC: "tmc"}
	is := func(kind string, values ...string) audience.Predicate {
		return audience.Predicate{Type: kind, Values: values}
	}
	of := func(p ...audience.Predicate) audience.Audience { return audience.Audience{Predicates: p} }
	for name, tc := range map[string]struct {
		scope []audience.Audience
		want  bool
	}{
		"one company":             {[]audience.Audience{of(is("COMPANY", "acme"))}, true},
		"one of companies":        {[]audience.Audience{of(is("COMPANY", "globex", "acme"))}, true},
		"both predicates":         {[]audience.Audience{of(is("COMPANY", "acme"), is("BOOKING_TMC", "partner"))}, true},
		"one predicate fails":     {[]audience.Audience{of(is("COMPANY", "acme"), is("BOOKING_TMC", "tmc"))}, false},
		"two companies at once":   {[]audience.Audience{of(is("COMPANY", "acme"), is("COMPANY", "globex"))}, false},
		"the second audience":     {[]audience.Audience{of(is("COMPANY", "globex")), of(is("BOOKING_TMC", "partner"))}, true},
		"the contract":            {[]audience.Audience{of(is("CONTRACTING_TMC", "tmc"))}, true},
		"no audience":             {nil, false},
		"an audience of nothing":  {[]audience.Audience{of()}, false},
		"a type that is not here": {[]audience.Audience{of(is("OFFICE", "acme"))}, false},
	} {
		if got := (audience.Scope{Audiences: tc.scope}).Covers(acme); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if audience.Only("COMPANY", "").Covers(audience.Owner{}) {
		t.Error("an owner that is not known must be in no audience")
	}
	if !audience.Only("COMPANY", "acme").Covers(acme) {
		t.Error("Only must cover its company")
	}
}

func BenchmarkCovers(b *testing.B) {
	values := make([]string, 100)
	for i := range values {
		values[i] = "0190a0b0-0000-7000-8000-0000000000" + string([]byte{'0' + byte(i/10), '0' + byte(i%10)})
	}
	s := audience.Scope{Audiences: []audience.Audience{
		{Predicates: []audience.Predicate{{Type: "COMPANY", Values: values[:99]}, {Type: "BOOKING_TMC", Values: values[:1]}}},
		{Predicates: []audience.Predicate{{Type: "COMPANY", Values: values}, {Type: "BOOKING_TMC", Values: values[:1]}}},
	}}
	o := audience.Owner{Company: values[99], BookingTMC: values[0]}
	b.ReportAllocs()
	for b.Loop() {
		if !s.Covers(o) {
			b.Fatal("must cover")
		}
	}
}
