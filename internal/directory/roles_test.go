// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
)

func (w *world) roles(a *actor.Actor, id, format string, args ...any) error {
	w.t.Helper()
	_, err := call(w, a, "updateUserRoles", w.dir.UpdateUserRoles, directory.UserBodyIn{UserID: id, Raw: w.raw("updateUserRoles", format, args...)})
	return err
}

func (w *world) arrangers(id string) string {
	w.t.Helper()
	return string(must(w, w.admin, "getUserTravelArrangers", w.dir.GetTravelArrangers, directory.UserIn{UserID: id}))
}

func TestRolesAreReplacedAsAList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	id := w.person(company, entity, "Ada", "Moreau")
	get := func() string {
		return string(must(w, w.admin, "getUserRoles", w.dir.GetUserRoles, directory.UserIn{UserID: id}))
	}
	if got := get(); got != `{"roles":[]}` {
		t.Errorf("nobody starts with roles: %s", got)
	}
	for _, body := range []string{
		fmt.Sprintf(`{"roles":[{"roleType":"COMPANY_ADMIN","metadata":{"roleType":"COMPANY_ADMIN","companyRef":{"id":%q}}}, {"roleType":"COMPANY_REPORT_ADMIN"}]}`, company),
		fmt.Sprintf(`{"roles":[{"roleType":"TMC_AGENT","metadata":{"roleType":"TMC_AGENT","tmcRef":{"id":%q}}}]}`, w.tmc),
		`{"roles":[]}`,
	} {
		if err := w.roles(w.admin, id, "%s", body); err != nil {
			t.Fatal(err)
		}
		w.lastTold("UPDATE", id)
		if got := get(); got != body {
			t.Errorf("got  %s\nwant %s", got, body)
		}
	}
	// Roles given at creation are the same list, and no part of the profile.
	second := w.user(company, entity, "", `"roles":[{"roleType":"COMPANY_ADMIN"}]`)
	if got := string(must(w, w.admin, "getUserRoles", w.dir.GetUserRoles, directory.UserIn{UserID: second})); got != `{"roles":[{"roleType":"COMPANY_ADMIN"}]}` {
		t.Errorf("got %s", got)
	}
	var profile map[string]any
	if decode(t, w.get(second), &profile); profile["roles"] != nil {
		t.Error("the profile shows roles")
	}
	if err := w.put(second, "%s", w.profile(company, entity, "", `"roles":[]`)); err != nil {
		t.Fatal(err)
	}
	if err := w.in(func(ctx ctx) error {
		got, err := w.dir.Roles(ctx, second)
		if len(got) != 1 || got[0].Type != "COMPANY_ADMIN" {
			t.Errorf("a PUT of the profile touched the roles: %v", got)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestWhoMayGiveWhichRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	id := w.person(company, entity, "Ada", "Moreau")
	admin := w.as(of(company, actor.CompanyAdmin), "")
	bound := w.as(of(company, actor.TMCAdmin), "") // a TMC's credential that is bound to one company
	agent := w.as(of("", actor.TMCAgent), "")
	global := w.as(of("", actor.GlobalAdmin), "")
	for _, tc := range []struct {
		name, role string
		as         *actor.Actor
		ok         bool
	}{
		{"company admin, company role", "COMPANY_ADMIN", admin, true},
		{"company admin, arranger", "TRAVEL_ARRANGER", admin, true},
		{"company admin, TMC role", "TMC_ADMIN", admin, false},
		{"company admin, global role", "GLOBAL_ADMIN", admin, false},
		{"TMC admin of one company, TMC role", "TMC_AGENT", bound, false},
		{"TMC admin, TMC role", "TMC_ADMIN", w.admin, true},
		{"TMC admin, global role", "GLOBAL_AGENT", w.admin, false},
		{"agent, company role", "COMPANY_ADMIN", agent, false},
		{"global admin, global role", "GLOBAL_ADMIN", global, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := w.roles(global, id, `{"roles":[]}`); err != nil {
				t.Fatal(err)
			}
			err := w.roles(tc.as, id, `{"roles":[{"roleType":%q}]}`, tc.role)
			_, created := call(w, tc.as, "createUser", w.dir.CreateUser,
				directory.CreateUserIn{Raw: w.profile(company, entity, "", fmt.Sprintf(`"roles":[{"roleType":%q}]`, tc.role))})
			if tc.ok {
				if err != nil || created != nil {
					t.Fatal(err, created)
				}
				return
			}
			wantCode(t, err, errs.AccessDenied, "/roles/0/roleType")
			wantCode(t, created, errs.AccessDenied, "/roles/0/roleType")
		})
	}
	// Nor may one take away what one may not give; keeping it is fine.
	if err := w.roles(global, id, `{"roles":[{"roleType":"TMC_ADMIN"}]}`); err != nil {
		t.Fatal(err)
	}
	wantCode(t, w.roles(admin, id, `{"roles":[]}`), errs.AccessDenied, "/roles")
	if err := w.roles(admin, id, `{"roles":[{"roleType":"COMPANY_ADMIN"},{"roleType":"TMC_ADMIN"}]}`); err != nil {
		t.Error(err)
	}
}

func TestRoleRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	beta := w.company("Beta", "")
	id := w.person(company, entity, "Ada", "Moreau")
	for _, tc := range []struct {
		name, roles string
		code        errs.Code
		pointer     string
	}{
		{"no type", `[{}]`, errs.ValidationFailed, "/roles/0/roleType"},
		{"metadata of another role", `[{"roleType":"COMPANY_ADMIN","metadata":{"roleType":"TRAVEL_ARRANGER","arrangerFor":[]}}]`, errs.ValidationFailed, "/roles/0/metadata/roleType"},
		{"another company", `[{"roleType":"COMPANY_ADMIN","metadata":{"roleType":"COMPANY_ADMIN","companyRef":{"id":"` + beta + `"}}}]`, errs.ReferenceNotFound, "/roles/0/metadata/companyRef/id"},
		{"another TMC", `[{"roleType":"TMC_ADMIN","metadata":{"roleType":"TMC_ADMIN","tmcRef":{"id":"` + beta + `"}}}]`, errs.ReferenceNotFound, "/roles/0/metadata/tmcRef/id"},
		{"unknown traveler", `[{"roleType":"COMPANY_ADMIN"},{"roleType":"TRAVEL_ARRANGER","metadata":{"roleType":"TRAVEL_ARRANGER","arrangerFor":[{"userId":"` + id + `"},{"userId":"` + nobody + `"}]}}]`,
			errs.ReferenceNotFound, "/roles/1/metadata/arrangerFor/1/userId"},
		{"unknown traveler in the former place", `[{"roleType":"TRAVEL_ARRANGER","roleMetadata":{"travelArrangerMetadata":{"arrangerFor":[{"userId":"` + nobody + `"}]}}}]`,
			errs.ReferenceNotFound, "/roles/0/roleMetadata/travelArrangerMetadata/arrangerFor/0/userId"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wantCode(t, w.roles(w.admin, id, `{"roles":%s}`, tc.roles), tc.code, tc.pointer)
		})
	}
}

func TestArrangersFollowFromRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, entity := w.acme()
	ada := w.person(company, entity, "Ada", "Moreau")
	mira := w.person(company, entity, "Mira", "Okafor")
	tomas := w.person(company, entity, "Tomas", "Lindqvist")
	const none = `{"travelArrangers":[]}`
	want := fmt.Sprintf(`{"travelArrangers":[{"name":{"given":"Tomas","family1":"Lindqvist"},"email":"tomas.lindqvist@example.com","userId":{"id":%q},"status":"ACCEPTED"}]}`, tomas)
	if got := w.arrangers(ada); got != none {
		t.Errorf("got %s", got)
	}
	told := len(w.told)
	if err := w.roles(w.admin, tomas, `{"roles":[{"roleType":"TRAVEL_ARRANGER","metadata":{"roleType":"TRAVEL_ARRANGER","arrangerFor":[{"userId":%q}]}}]}`, ada); err != nil {
		t.Fatal(err)
	}
	if got := w.arrangers(ada); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var subjects []string
	for _, n := range w.told[told:] {
		subjects = append(subjects, n.Resource)
		if id := n.Resource[len("USER/"):]; string(w.get(id)) != string(n.Payload) {
			t.Errorf("told %s, read %s", n.Payload, w.get(id))
		}
	}
	if !slices.Equal(subjects, []string{"USER/" + ada, "USER/" + tomas}) {
		t.Errorf("told about %v", subjects)
	}
	// The profile shows them too, and sending it back does no harm.
	before := w.get(ada)
	if err := w.put(ada, "%s", before); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(before), string(w.get(ada))); diff != "" {
		t.Error(diff)
	}
	if err := w.roles(w.admin, tomas, `{"roles":[{"roleType":"TRAVEL_ARRANGER","roleMetadata":{"travelArrangerMetadata":{"arrangerFor":[{"userId":%q}]}}}]}`, mira); err != nil {
		t.Fatal(err)
	}
	if got := w.arrangers(ada); got != none {
		t.Errorf("after the role was rewritten: %s", got)
	}
	if got := w.arrangers(mira); got != want {
		t.Errorf("by the former place: %s", got)
	}
	must(w, w.admin, "deleteUser", w.dir.DeleteUser, directory.UserIn{UserID: tomas})
	if got := w.arrangers(mira); got != none {
		t.Errorf("an inactive person arranges nothing: %s", got)
	}
}
