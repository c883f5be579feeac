// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"slices"
	"testing"

	"github.com/airside-travel/airside/internal/access"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
)

// grantee puts a user into a group of his own with one role.
func (d *desk) grantee(user, company, role, scope string) {
	d.t.Helper()
	group := d.group(admin(), company, "Only "+user+" "+role)
	if err := d.give(admin(), company, group, role, scope); err != nil {
		d.t.Fatal(err)
	}
	if err := d.add(admin(), company, group, user); err != nil {
		d.t.Fatal(err)
	}
}

// TestNobodyGivesMoreThanHeHas asks each giver to give each role for each scope.
func TestNobodyGivesMoreThanHeHas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	group := d.group(admin(), acme, "Target")
	for _, name := range []string{"Access Admin", "User Admin"} {
		d.grantee(ada, acme, d.platform(name), only("COMPANY", acme))
	}
	d.grantee(mira, tmc, d.platform("Access Admin"), only("COMPANY", acme, globex))
	d.grantee(mira, tmc, d.platform("Trip Manager"), only("BOOKING_TMC", tmc))
	global := admin()
	global.Roles = []string{actor.GlobalAdmin}
	both := `{"audiences":[{"predicates":[{"type":"COMPANY","values":["` + acme + `"]},{"type":"BOOKING_TMC","values":["` + partner + `"]}]}]}`
	for _, tc := range []struct {
		giver string
		a     *actor.Actor
		role  string
		scope string
		ok    bool
	}{
		{"the TMC", admin(), "TMC Admin", only("BOOKING_TMC", tmc), true},
		{"the TMC", admin(), "Company Admin", only("COMPANY", globex), true},
		{"the TMC", admin(), "Platform Admin", only("COMPANY", acme), false},
		{"the platform", global, "Platform Admin", only("COMPANY", acme), true},
		{"the company", companyAdmin(acme), "Company Admin", only("COMPANY", acme), true},
		{"the company", companyAdmin(acme), "Company Admin", only("COMPANY", acme, globex), false},
		{"the company", companyAdmin(acme), "Company Admin", only("BOOKING_TMC", tmc), false},
		{"the company", companyAdmin(acme), "Company Admin", both, true},
		{"the company", companyAdmin(acme), "Agent", only("COMPANY", acme), false},
		{"the company", companyAdmin(acme), "Company Management Admin", only("COMPANY", acme), false}, // includes purging
		{"Ada", d.as(ada), "User Admin", only("COMPANY", acme), true},
		{"Ada", d.as(ada), "Access Admin", only("COMPANY", acme), true},
		{"Ada", d.as(ada), "Trip Manager", only("COMPANY", acme), false},
		{"Ada", d.as(ada), "User Admin", only("COMPANY", globex), false},
		{"Mira", d.as(mira), "Trip Manager", only("COMPANY", acme), true},     // the TMC books for it
		{"Mira", d.as(mira), "Trip Manager", only("COMPANY", globex), false},  // the partner does
		{"Mira", d.as(mira), "Trip Manager", both, false},                     // as far as the partner books
		{"Mira", d.as(mira), "Access Admin", only("COMPANY", acme), true},     // each of two values by one grant
		{"Mira", d.as(mira), "Access Admin", only("BOOKING_TMC", tmc), false}, // also of companies to come
		{"Mira", d.as(mira), "User Admin", only("COMPANY", acme), false},
	} {
		err := d.give(tc.a, acme, group, d.platform(tc.role), tc.scope)
		if tc.ok && err != nil {
			t.Errorf("%s may give %s for %s: %v", tc.giver, tc.role, tc.scope, err)
		}
		if !tc.ok {
			refused(t, tc.giver+" gives "+tc.role+" for "+tc.scope, err, errs.AccessDenied, "/rolesToAdd")
		}
	}
}

func TestPuttingSomebodyIntoAGroupIsGiving(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, name := range []string{"Access Admin", "User Admin"} {
		d.grantee(ada, acme, d.platform(name), only("COMPANY", acme))
	}
	boss := d.as(ada)
	refused(t, "into the admins", d.add(boss, acme, d.standard(acme, "Company Admins"), ada), errs.AccessDenied, "/userIds")
	if err := d.add(boss, acme, d.standard(acme, "User Admins"), tomas); err != nil {
		t.Errorf("into what she could give: %v", err)
	}
	if err := d.add(admin(), acme, d.standard(acme, "Company Admins"), tomas); err != nil {
		t.Fatal(err)
	}
	if err := d.remove(boss, acme, d.standard(acme, "Company Admins"), tomas); err != nil {
		t.Errorf("taking out gives nothing: %v", err)
	}
}

func TestRolesGrowOnlyByWhatTheirAuthorHas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, name := range []string{"Access Admin", "User Admin"} {
		d.grantee(ada, acme, d.platform(name), only("COMPANY", acme))
	}
	boss := d.as(ada)
	trips := `[{"permission":"TRIP_MANAGEMENT","actions":["READ"]}]`
	_, err := d.newRole(boss, acme, "Trips", trips)
	refused(t, "a role beyond her own", err, errs.AccessDenied, "/permissions/0")
	id, err := d.newRole(admin(), acme, "Trips", trips)
	if err != nil {
		t.Fatal(err)
	}
	update := func(a *actor.Actor, permissions string) error {
		in := access.UpdateRoleIn{RoleID: id}
		fill(d, "updateRoleV3", `{"name":"Trips","description":"","permissions":`+permissions+`}`, &in.Doc)
		_, err := call(d, a, "updateRoleV3", d.s.UpdateRole, in)
		return err
	}
	if err := update(boss, `[{"permission":"TRIP_MANAGEMENT","actions":["READ"]},{"permission":"USER_MANAGEMENT","actions":["ALL"]}]`); err != nil {
		t.Errorf("what was there stays, what she has can be added: %v", err)
	}
	refused(t, "more of what she lacks", update(boss, `[{"permission":"TRIP_MANAGEMENT","actions":["READ","WRITE"]}]`), errs.AccessDenied, "/permissions/0")

	// The role holds elsewhere too, where its author has nothing to say.
	wide := d.group(admin(), acme, "Wide")
	if err := d.give(admin(), acme, wide, id, only("COMPANY", globex)); err != nil {
		t.Fatal(err)
	}
	refused(t, "a right in another company", update(boss, `[{"permission":"TRIP_MANAGEMENT","actions":["READ"]},{"permission":"USER_MANAGEMENT","actions":["ALL"]},{"permission":"USER_PROFILE","actions":["READ"]}]`),
		errs.AccessDenied, "/permissions/2")
	if err := update(boss, trips); err != nil {
		t.Errorf("taking away is no giving: %v", err)
	}
	if err := update(admin(), `[{"permission":"TRIP_MANAGEMENT","actions":["ALL"]}]`); err != nil {
		t.Fatal(err)
	}
	if err := update(boss, trips); err != nil {
		t.Errorf("less than all of it is no giving: %v", err)
	}
}

// TestRightsThatCannotBeGiven: an administrator of all who acts for one company makes no role that holds for others; whose
// rights go further than the company he acts for gives them there only; and what an arranger has is his own.
func TestRightsThatCannotBeGiven(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var in access.CreateRoleIn
	fill(d, "createRoleV3", `{"name":"Root","description":"","isPlatformRole":true,"permissions":[{"permission":"TRIP_MANAGEMENT","actions":["READ"]}]}`, &in.Doc)
	global := admin()
	global.Roles, global.Bound = []string{actor.GlobalAdmin}, acme
	_, err := call(d, global, "createRoleV3", d.s.CreateRole, in)
	refused(t, "a role for all of somebody who acts for one company", err, errs.AccessDenied, "/permissions/0")
	global.Bound = ""
	if _, err := call(d, global, "createRoleV3", d.s.CreateRole, in); err != nil {
		t.Errorf("a role for all of an administrator of all: %v", err)
	}

	group := d.group(admin(), acme, "Target")
	for _, name := range []string{"Access Admin", "User Admin"} {
		d.grantee(ada, acme, d.platform(name), only("COMPANY", acme, globex))
	}
	bound := d.as(ada)
	bound.Bound = acme
	refused(t, "a right in another company than she acts for", d.give(bound, acme, group, d.platform("User Admin"), only("COMPANY", globex)), errs.AccessDenied, "/rolesToAdd")
	if err := d.give(bound, acme, group, d.platform("User Admin"), only("COMPANY", acme)); err != nil {
		t.Errorf("a right in the company that she acts for: %v", err)
	}

	arranger := d.as(ada)
	arranger.Roles, arranger.Home = []string{actor.Arranger}, acme
	for _, a := range access.Legacy(actor.Arranger) {
		_, err := d.newRole(arranger, acme, "Given "+a.Permission, `[{"permission":"`+a.Permission+`","actions":["`+a.Actions[0]+`"]}]`)
		if own := slices.ContainsFunc(arranger.Grants, func(g actor.Grant) bool { return g.Permission == a.Permission }); own != (err == nil) {
			t.Errorf("what an arranger has, %s: %v", a.Permission, err)
		}
	}
}
