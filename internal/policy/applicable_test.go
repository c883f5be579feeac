// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/policy"
)

func TestApplicable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, what := range []policy.Thing{policy.User, policy.LegalEntity, policy.Office, policy.Department, policy.CostCenter, policy.Grade} {
		w.has(what, i+1, i+11)
	}
	ada := policy.Person{
		ID: thing(1), CompanyID: acme, Persona: "EMPLOYEE", LegalEntity: thing(2), Office: thing(3), Department: thing(4),
		CostCenter: thing(5), Grade: thing(6), Title: "Engineer", Country: "FR", WorkerType: "INTERN", Accounting: "A-7",
	}
	w.people[ada.ID] = ada
	groups := func(list string) string { return `"type":"GROUP","userGroups":[` + list + `]` }
	everyday := w.defaultID()
	// Each criterion alone, fitting and not.
	for i, c := range []struct{ fits, not string }{
		{`"userIds":[{"id":"%s"},{"id":"%s"}]`, `"userIds":[{"id":"%s"}]`},
		{`"legalEntityIds":[{"id":"%s"},{"id":"%s"}]`, `"legalEntityIds":[{"id":"%s"}]`},
		{`"officeIds":[{"id":"%s"},{"id":"%s"}]`, `"officeIds":[{"id":"%s"}]`},
		{`"departments":["%s","%s"]`, `"departments":["%s"]`},
		{`"costCenters":["%s","%s"]`, `"costCenters":["%s"]`},
		{`"grades":["%s","%s"]`, `"grades":["%s"]`},
	} {
		id := w.create(groups(fmt.Sprintf(`{`+c.fits+`}`, thing(i+1), thing(i+11))))
		if got := w.applicable(ada.ID); len(got) != 2 || got[0] != id || got[1] != everyday {
			t.Errorf("%s: %v", c.fits, got)
		}
		if err := w.remove(id); err != nil {
			t.Fatal(err)
		}
		w.create(groups(fmt.Sprintf(`{`+c.not+`}`, thing(i+11))))
		w.create(groups(fmt.Sprintf(`{`+c.not+`,"workerTypes":["INTERN"]}`, thing(i+11))))
	}
	if d := cmp.Diff([]string{everyday}, w.applicable(ada.ID)); d != "" {
		t.Errorf("policies of others apply: %s", d)
	}
	nobody := w.create(groups(`{}`))
	empty := w.create(groups(`{"departments":[],"grades":[]}`))
	broad := w.create(groups(`{"countryCodes":["fr"]}`))
	alsoBroad := w.create(groups(`{"countryCodes":["DE"]},{"positionTitles":["engineer"]}`))
	narrow := w.create(groups(`{"workerTypes":["INTERN"],"accountingCodes":["A-7"],"countryCodes":["FR"]}`))
	named := w.create(groups(`{"userIds":[{"id":"` + ada.ID + `"}]}`))
	w.create(`"type":"INTERNAL","userGroups":[{"countryCodes":["FR"]}]`)
	w.create(`"category":"GUEST",` + groups(`{"countryCodes":["FR"]}`))
	if d := cmp.Diff([]string{named, narrow, broad, alsoBroad, everyday}, w.applicable(ada.ID)); d != "" {
		t.Errorf("order (nobody %s, empty %s): %s", nobody, empty, d)
	}
	ada.Country, ada.Title = "DE", ""
	w.people[ada.ID] = ada
	if d := cmp.Diff([]string{named, alsoBroad, everyday}, w.applicable(ada.ID)); d != "" {
		t.Errorf("after a move: %s", d)
	}
	_, err := call(w, "getUserApplicablePolicies", w.svc.ApplicablePolicies, policy.UserIn{UserID: thing(77)})
	wantCode(t, err, errs.ResourceNotFound, "")
}

func TestGuests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	everyday := w.defaultID()
	w.create(`"type":"GROUP","userGroups":[{"countryCodes":["FR"]}]`)
	for i, persona := range []string{"GUEST", "ADHOC"} {
		w.people[thing(i)] = policy.Person{ID: thing(i), CompanyID: acme, Persona: persona, Country: "FR"}
		if d := cmp.Diff([]string{everyday}, w.applicable(thing(i))); d != "" {
			t.Errorf("%s without a default of their own: %s", persona, d)
		}
	}
	own := w.create(`"type":"DEFAULT","category":"GUEST","userGroups":[]`)
	french := w.create(`"type":"GROUP","category":"GUEST","userGroups":[{"countryCodes":["FR"]}]`)
	for i := range 2 {
		if d := cmp.Diff([]string{french, own}, w.applicable(thing(i))); d != "" {
			t.Error(d)
		}
	}
}
