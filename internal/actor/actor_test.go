// SPDX-License-Identifier: Apache-2.0

package actor_test

import (
	"slices"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/audience"
)

const (
	tmc    = "tmc"
	acme   = "acme"
	globex = "globex"
)

// owner makes a partner book for globex.
func owner(id string) audience.Owner {
	o := audience.Owner{Company: id, BookingTMC: tmc}
	if id == globex {
		o.BookingTMC = "partner"
	}
	return o
}

func grant(kind, id, permission string, actions ...string) actor.Grant {
	return actor.Grant{Permission: permission, Actions: actions, Scope: audience.Only(kind, id)}
}

func reached(a *actor.Actor) (out []string) {
	for _, id := range []string{tmc, acme, globex, ""} {
		if a != nil && a.MayCompany(id) == nil {
			out = append(out, id)
		}
	}
	return out
}

func TestWithin(t *testing.T) {
	t.Parallel()
	update := actor.Need{Roles: []string{actor.TMCAdmin, actor.CompanyAdmin}, Permission: "COMPANY_MANAGEMENT", Action: "WRITE"}
	own := actor.Need{Roles: []string{actor.TMCAdmin, actor.Traveler}, Permission: "USER_PROFILE", Action: "WRITE"}
	whole := actor.Need{Roles: []string{actor.TMCAdmin}, Permission: "COMPANY_MANAGEMENT", Action: "WRITE", TMC: true}
	person := func(company string, roles []string, grants ...actor.Grant) *actor.Actor {
		return &actor.Actor{Tenant: tmc, ClientID: "c", UserID: "ada", Home: acme, Company: company, Roles: roles, Grants: grants, Owner: owner}
	}
	bound := func(a *actor.Actor, company string) *actor.Actor {
		a.Bound = company
		return a
	}
	write := func(kind, id string) actor.Grant { return grant(kind, id, "COMPANY_MANAGEMENT", "READ", "WRITE") }
	for name, tc := range map[string]struct {
		who     *actor.Actor
		need    actor.Need
		refused bool
		reaches []string
	}{
		"a TMC's role":                    {who: person("", []string{actor.TMCAdmin}), need: update, reaches: []string{tmc, acme, globex, ""}},
		"a global agent is an agent":      {who: person("", []string{actor.GlobalAgent}), need: actor.Need{Roles: []string{actor.TMCAgent}}, reaches: []string{tmc, acme, globex, ""}},
		"a company's role":                {who: person(acme, []string{actor.CompanyAdmin}), need: update, reaches: []string{acme}},
		"a role that does not open it":    {who: person(acme, []string{actor.ReportAdmin}), need: update, refused: true},
		"a grant":                         {who: person(acme, nil, write("COMPANY", globex)), need: update, reaches: []string{globex}},
		"a grant adds to a role":          {who: person(acme, []string{actor.CompanyAdmin}, write("COMPANY", globex)), need: update, reaches: []string{acme, globex}},
		"a role of no use here":           {who: person(acme, []string{actor.ReportAdmin}, write("COMPANY", globex)), need: update, reaches: []string{globex}},
		"what a TMC books":                {who: person(acme, nil, write("BOOKING_TMC", "partner")), need: update, reaches: []string{globex}},
		"another action":                  {who: person(acme, nil, grant("COMPANY", globex, "COMPANY_MANAGEMENT", "READ")), need: update, refused: true},
		"every action":                    {who: person(acme, nil, grant("COMPANY", globex, "COMPANY_MANAGEMENT", "ALL")), need: update, reaches: []string{globex}},
		"another permission":              {who: person(acme, nil, grant("COMPANY", globex, "USER_PROFILE", "ALL")), need: update, refused: true},
		"oneself":                         {who: person(acme, nil), need: own, reaches: []string{acme}},
		"an agent's own things":           {who: person("", []string{actor.TMCAgent}), need: own, reaches: []string{acme}},
		"the TMC by a client's grant":     {who: person(acme, nil, write("COMPANY", acme)), need: whole, refused: true},
		"the TMC by a grant for it":       {who: person(acme, nil, write("BOOKING_TMC", tmc)), need: whole, reaches: []string{tmc, acme}},
		"a grant for the client's own":    {who: bound(person(acme, nil, write("BOOKING_TMC", tmc)), acme), need: update, reaches: []string{acme}},
		"a role through a bound client":   {who: bound(person(acme, []string{actor.TMCAdmin}), acme), need: update, reaches: []string{acme}},
		"the TMC through a bound client":  {who: bound(person(acme, nil, write("BOOKING_TMC", tmc)), acme), need: whole, refused: true},
		"grants do not open it":           {who: person(acme, nil, write("COMPANY", acme)), need: actor.Need{Roles: []string{actor.CompanyAdmin}}, refused: true},
		"a client without a user or role": {who: &actor.Actor{Tenant: tmc, ClientID: "c"}, need: own, refused: true},
	} {
		got := tc.who.Within(tc.need)
		if (got == nil) != tc.refused || !slices.Equal(reached(got), tc.reaches) {
			t.Errorf("%s: refused %v, reaches %v; want %v, %v", name, got == nil, reached(got), tc.refused, tc.reaches)
		}
		if got != nil && got.Whole() != tc.who {
			t.Errorf("%s: the whole actor is lost", name)
		}
	}
}

func TestSelf(t *testing.T) {
	t.Parallel()
	ada := &actor.Actor{Tenant: tmc, UserID: "ada", Home: acme, Company: acme,
		Grants: []actor.Grant{grant("COMPANY", globex, "USER_MANAGEMENT", "WRITE")}}
	if a := ada.Within(actor.Need{Roles: []string{actor.Traveler}}); !a.Self("ada") || a.Self("tomas") || a.Self("") {
		t.Error("everybody is himself and nobody else")
	}
	if a := ada.Within(actor.Need{Roles: []string{actor.TMCAdmin}, Permission: "USER_MANAGEMENT", Action: "WRITE"}); a.Self("ada") {
		t.Error("a right in another company is no right to one's own record")
	}
}

func BenchmarkDecision(b *testing.B) {
	values := make([]string, 50)
	for i := range values {
		values[i] = "0190a0b0-0000-7000-8000-0000000000" + string([]byte{'0' + byte(i/10), '0' + byte(i%10)})
	}
	a := &actor.Actor{Tenant: tmc, UserID: "ada", Home: acme, Company: acme, Roles: []string{actor.Arranger}}
	for range 10 {
		g := grant("COMPANY", "", "COMPANY_MANAGEMENT", "READ", "WRITE")
		g.Scope.Audiences[0].Predicates[0].Values = values
		a.Grants = append(a.Grants, g)
	}
	n := actor.Need{Roles: []string{actor.TMCAdmin, actor.CompanyAdmin}, Permission: "COMPANY_MANAGEMENT", Action: "WRITE"}
	b.ReportAllocs()
	for b.Loop() {
		if err := a.Within(n).MayCompany(values[49]); err != nil {
			b.Fatal(err)
		}
	}
}
