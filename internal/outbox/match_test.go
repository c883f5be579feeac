// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"testing"

	"github.com/airside-travel/airside/internal/announce"
)

func TestWants(t *testing.T) {
	t.Parallel()
	is := func(kind string, values ...string) predicate { return predicate{Type: kind, Values: values} }
	n := announce.Notice{Type: "PNR_V3", Company: "acme", BookingTMC: "partner"}
	for name, tc := range map[string]struct {
		scopes []scope
		types  []string
		paused bool
		want   bool
	}{
		"company":               {scopes: []scope{{[]predicate{is(byCompany, "acme")}}}, want: true},
		"one of companies":      {scopes: []scope{{[]predicate{is(byCompany, "globex", "acme")}}}, want: true},
		"other company":         {scopes: []scope{{[]predicate{is(byCompany, "globex")}}}},
		"booking TMC":           {scopes: []scope{{[]predicate{is(byBookingTMC, "partner")}}}, want: true},
		"other booking TMC":     {scopes: []scope{{[]predicate{is(byBookingTMC, "tmc")}}}},
		"contracting TMC":       {scopes: []scope{{[]predicate{is(byContractingTMC, "tmc")}}}, want: true},
		"other contracting TMC": {scopes: []scope{{[]predicate{is(byContractingTMC, "partner")}}}},
		"all predicates":        {scopes: []scope{{[]predicate{is(byCompany, "acme"), is(byBookingTMC, "partner")}}}, want: true},
		"not all predicates":    {scopes: []scope{{[]predicate{is(byCompany, "acme"), is(byBookingTMC, "tmc")}}}},
		"any scope":             {scopes: []scope{{[]predicate{is(byCompany, "globex")}}, {[]predicate{is(byCompany, "acme")}}}, want: true},
		"no scope":              {},
		"no predicate":          {scopes: []scope{{}}},
		"another type":          {scopes: []scope{{[]predicate{is(byCompany, "acme")}}}, types: []string{"TRAVELER_V2"}},
		"one of types":          {scopes: []scope{{[]predicate{is(byCompany, "acme")}}}, types: []string{"TRAVELER_V2", "PNR_V3"}, want: true},
		"inactive":              {scopes: []scope{{[]predicate{is(byCompany, "acme")}}}, paused: true},
	} {
		if tc.types == nil {
			tc.types = []string{"PNR_V3"}
		}
		sub := subscription{EventTypes: tc.types, Source: source{tc.scopes}, Active: !tc.paused}
		if got := sub.wants("tmc", &n); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
