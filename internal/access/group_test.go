// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/access"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
)

func TestCustomGroup(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.group(admin(), acme, "Front desk")
	in := access.GroupIn{CompanyID: acme, GroupID: id}
	got := must(d, admin(), "getUserGroup", d.s.GetGroup, in)
	if got.Name != "Front desk" || got.Unmodifiable || got.CreatedBy != robot || got.CreatedAt.ISO != "2026-03-02T09:00:00Z" {
		t.Errorf("got %+v", got)
	}
	d.now = d.now.Add(time.Hour)
	update := access.UpdateGroupIn{CompanyID: acme, GroupID: id}
	fill(d, "updateUserGroup", `{"name":"Back office","description":"Papers"}`, &update.Doc)
	must(d, admin(), "updateUserGroup", d.s.UpdateGroup, update)
	got = must(d, admin(), "getUserGroup", d.s.GetGroup, in)
	if got.Name != "Back office" || got.Description != "Papers" || got.CreatedAt.ISO != "2026-03-02T09:00:00Z" || got.UpdatedAt.ISO != "2026-03-02T10:00:00Z" {
		t.Errorf("got %+v", got)
	}
	create := access.CreateGroupIn{CompanyID: acme}
	for _, name := range []string{"BACK OFFICE", "company admins"} {
		create.Doc.Name = name
		_, err := call(d, admin(), "createUserGroup", d.s.CreateGroup, create)
		refused(t, name, err, errs.DuplicateValue, "/name")
	}
	d.group(admin(), acme, "Front desk")
	d.group(admin(), globex, "Back office")
	_, err := call(d, admin(), "getUserGroup", d.s.GetGroup, access.GroupIn{CompanyID: globex, GroupID: id})
	refused(t, "in another company", err, errs.ResourceNotFound, "")
	_, err = call(d, companyAdmin(globex), "getUserGroup", d.s.GetGroup, in)
	refused(t, "for another company", err, errs.CompanyForeign, "")
	must(d, admin(), "deleteUserGroup", d.s.DeleteGroup, in)
	_, err = call(d, admin(), "getUserGroup", d.s.GetGroup, in)
	refused(t, "after deletion", err, errs.ResourceNotFound, "")
}

func TestGroupLists(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var custom []string
	for _, name := range []string{"Zurich", "athens", "Berlin"} {
		custom = append(custom, d.group(admin(), acme, name))
		d.now = d.now.Add(time.Minute)
	}
	for body, want := range map[string]string{
		`{"pagination":{}}`:                      "7 athens,Berlin,Company Admins,Report Viewers,Travel Arrangers,User Admins,Zurich",
		`{"pagination":{"limit":2}}`:             "7 athens,Berlin",
		`{"pagination":{"offset":5,"limit":9}}`:  "7 User Admins,Zurich",
		`{"pagination":{"offset":50}}`:           "7 ",
		`{"pagination":{},"searchText":"ADMIN"}`: "2 Company Admins,User Admins",
		`{"pagination":{},"searchText":"er","sortParams":{"sortBy":"NAME","sortOrder":"DESC"}}`:    "4 User Admins,Travel Arrangers,Report Viewers,Berlin",
		`{"pagination":{"limit":3},"sortParams":{"sortBy":"CREATED_AT","sortOrder":"DESC"}}`:       "7 Berlin,athens,Zurich",
		`{"pagination":{},"filters":[{"userGroupIds":["` + custom[0] + `","` + custom[2] + `"]}]}`: "2 Berlin,Zurich",
		`{"pagination":{},"filters":[{"userGroupIds":["` + custom[1] + `"]},{"userGroupIds":[]}]}`: "7 athens,Berlin,Company Admins,Report Viewers,Travel Arrangers,User Admins,Zurich",
		`{"pagination":{},"searchText":"z","filters":[{"userGroupIds":["` + custom[1] + `"]}]}`:    "0 ",
	} {
		list := d.groups(acme, body)
		var names []string
		for _, g := range list.Groups {
			names = append(names, g.Name)
		}
		if got := fmt.Sprintf("%d %s", list.Pagination.N, strings.Join(names, ",")); got != want {
			t.Errorf("%s\n got %s\nwant %s", body, got, want)
		}
	}
}

func TestStandardGroupsCannotBeChanged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.standard(acme, "User Admins")
	in := access.GroupIn{CompanyID: acme, GroupID: id}
	update := access.UpdateGroupIn{CompanyID: acme, GroupID: id}
	update.Doc.Name = "Mine"
	_, err := call(d, admin(), "updateUserGroup", d.s.UpdateGroup, update)
	refused(t, "rename", err, errs.AccessDenied, "")
	_, err = call(d, admin(), "deleteUserGroup", d.s.DeleteGroup, in)
	refused(t, "delete", err, errs.AccessDenied, "")
	refused(t, "give a role", d.give(admin(), acme, id, d.platform("Agent"), only("COMPANY", acme)), errs.AccessDenied, "")

	if err := d.add(admin(), acme, id, ada); err != nil {
		t.Fatalf("its members can change: %v", err)
	}
	if !d.may(ada, "createUser", acme) || d.may(ada, "createUser", globex) || d.may(ada, "updateCompany", acme) {
		t.Error("a User Admin manages the people of the own company and nothing else")
	}
	if err := d.remove(admin(), acme, id, ada); err != nil {
		t.Fatal(err)
	}
	if d.may(ada, "createUser", acme) {
		t.Error("who is taken out has lost the rights at once")
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.group(admin(), acme, "Front desk")
	list := func() (out []string) {
		in := access.ListMembersIn{CompanyID: acme, GroupID: id}
		fill(d, "listUserGroupMembers", `{}`, &in.Doc)
		got := must(d, admin(), "listUserGroupMembers", d.s.ListMembers, in)
		for _, m := range got.Members {
			out = append(out, m.UserID+" "+m.AddedAt.ISO)
		}
		if got.Pagination.N != len(out) {
			t.Errorf("%d of %d", len(out), got.Pagination.N)
		}
		return out
	}
	if err := d.add(admin(), acme, id, tomas); err != nil {
		t.Fatal(err)
	}
	d.now = d.now.Add(time.Hour)
	refused(t, "somebody of another company", d.add(admin(), acme, id, ada, priya), errs.ReferenceNotFound, "/userIds/1")
	refused(t, "nobody", d.add(admin(), acme, id, nowhere), errs.ReferenceNotFound, "/userIds/0")
	if got := list(); len(got) != 1 {
		t.Errorf("all or none: %v", got)
	}
	if err := d.add(admin(), acme, id, ada, tomas); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{tomas + " 2026-03-02T09:00:00Z", ada + " 2026-03-02T10:00:00Z"}, list()); diff != "" {
		t.Errorf("in the order of joining, each once:\n%s", diff)
	}
	d.users[ada].Active = false
	refused(t, "an inactive user", d.add(admin(), acme, id, ada), errs.ReferenceNotFound, "/userIds/0")
	if err := d.remove(admin(), acme, id, tomas, priya); err != nil {
		t.Fatal(err)
	}
	if got := list(); len(got) != 1 || !strings.HasPrefix(got[0], ada) {
		t.Errorf("left: %v", got)
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	boss := companyAdmin(acme)
	id, err := d.newRole(boss, acme, "Planner", `[{"permission":"TRIP_MANAGEMENT","actions":["WRITE","READ","READ"]},{"permission":"EVENT_MANAGEMENT","actions":["READ","ALL"]}]`)
	if err != nil {
		t.Fatal(err)
	}
	in := access.RoleIn{RoleID: id}
	want := []access.Allowance{{Permission: "EVENT_MANAGEMENT", Actions: []string{"ALL"}}, {Permission: "TRIP_MANAGEMENT", Actions: []string{"READ", "WRITE"}}}
	if got := must(d, boss, "getRoleV3", d.s.GetRole, in); cmp.Diff(want, got.Permissions) != "" || got.CompanyID != acme || got.Platform {
		t.Errorf("got %+v", got)
	}
	_, err = d.newRole(boss, acme, "PLANNER", `[{"permission":"TRIP_MANAGEMENT","actions":["READ"]}]`)
	refused(t, "a name in use", err, errs.DuplicateValue, "/name")
	_, err = d.newRole(admin(), acme, "Agents", `[{"permission":"TRIP_MANAGEMENT","actions":["READ"]},{"permission":"AGENT","actions":["ALL"]}]`)
	refused(t, "what only a TMC has", err, errs.ValidationFailed, "/permissions/1/permission")
	_, err = d.newRole(boss, globex, "Spy", `[{"permission":"TRIP_MANAGEMENT","actions":["READ"]}]`)
	refused(t, "for another company", err, errs.CompanyForeign, "")
	var platform access.CreateRoleIn
	fill(d, "createRoleV3", `{"name":"Root","description":"","isPlatformRole":true,"permissions":[{"permission":"TRIP_MANAGEMENT","actions":["READ"]}]}`, &platform.Doc)
	_, err = call(d, admin(), "createRoleV3", d.s.CreateRole, platform)
	refused(t, "a role of the platform", err, errs.AccessDenied, "/isPlatformRole")
	platform.Doc.Platform = false
	_, err = call(d, admin(), "createRoleV3", d.s.CreateRole, platform)
	refused(t, "a role of nobody", err, errs.ValidationFailed, "/companyId")
	_, err = call(d, companyAdmin(globex), "getRoleV3", d.s.GetRole, in)
	refused(t, "another company's", err, errs.ResourceNotFound, "")
	_, err = call(d, admin(), "deleteRoleV3", d.s.DeleteRole, access.RoleIn{RoleID: d.platform("Agent")})
	refused(t, "one of the platform", err, errs.AccessDenied, "")

	group := d.group(boss, acme, "Planners")
	if err := d.give(boss, acme, group, id, only("COMPANY", acme)); err != nil {
		t.Fatal(err)
	}
	if err := d.add(boss, acme, group, ada); err != nil {
		t.Fatal(err)
	}
	if !d.may(ada, "updatePnrV3", acme) || d.may(ada, "createPnrV3", acme) {
		t.Error("a planner changes trips and adds none")
	}
	_, err = call(d, boss, "deleteRoleV3", d.s.DeleteRole, in)
	refused(t, "one that is held", err, errs.StillReferenced, "")
	update := access.UpdateRoleIn{RoleID: id}
	fill(d, "updateRoleV3", `{"name":"Planner","description":"","permissions":[{"permission":"TRIP_MANAGEMENT","actions":["CREATE"]}]}`, &update.Doc)
	must(d, boss, "updateRoleV3", d.s.UpdateRole, update)
	if d.may(ada, "updatePnrV3", acme) || !d.may(ada, "createPnrV3", acme) {
		t.Error("a changed role is in force at once")
	}
	take := access.UpdateGroupRolesIn{CompanyID: acme, GroupID: group}
	fill(d, "updateUserGroupRolesV3", `{"rolesToDelete":[{"roleId":"`+id+`","scope":`+only("COMPANY", globex)+`}]}`, &take.Doc)
	must(d, boss, "updateUserGroupRolesV3", d.s.UpdateGroupRoles, take)
	if !d.may(ada, "createPnrV3", acme) {
		t.Error("only the assignment with that scope goes")
	}
	take.Doc.Delete[0].Scope = nil
	must(d, boss, "updateUserGroupRolesV3", d.s.UpdateGroupRoles, take)
	if d.may(ada, "createPnrV3", acme) {
		t.Error("without a scope all of them go")
	}
	must(d, boss, "deleteRoleV3", d.s.DeleteRole, in)
	_, err = call(d, boss, "getRoleV3", d.s.GetRole, in)
	refused(t, "after deletion", err, errs.ResourceNotFound, "")
}

func TestRoleLists(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, err := d.newRole(admin(), acme, "Aardvark", `[{"permission":"TRIP_MANAGEMENT","actions":["READ"]}]`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.newRole(admin(), globex, "Abacus", `[{"permission":"TRIP_MANAGEMENT","actions":["READ"]}]`); err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string][]string{
		`{"filters":[{"roleProvidedBy":["COMPANY"]}]}`: {"Aardvark"},
		`{"searchText":"company management"}`:          {"Company Management Admin", "Company Management Admin (Read Only)"},
		`{"pagination":{"limit":2}}`:                   {"Aardvark", "Access Admin"},
		`{"filters":[{"roleProvidedBy":["PLATFORM"],"roleIds":["` + d.platform("Agent") + `"]},{"roleProvidedBy":["COMPANY"]}]}`: {"Aardvark", "Agent"},
		`{"sortParams":{"sortBy":"NAME","sortOrder":"DESC"},"pagination":{"limit":1}}`:                                           {"User Admin"},
	} {
		in := access.ListRolesIn{CompanyID: acme}
		fill(d, "listRolesV3", body, &in.Doc)
		var got []string
		for _, r := range must(d, admin(), "listRolesV3", d.s.ListRoles, in).Roles {
			got = append(got, r.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", body, got, want)
		}
	}
}

func TestScopesNameWhatExists(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	group := d.group(admin(), tmc, "Dedicated Client Agents")
	role := d.platform("Agent")
	refused(t, "no company", d.give(admin(), tmc, group, role, only("COMPANY", acme, nowhere)), errs.ReferenceNotFound,
		"/rolesToAdd/0/scope/audiences/0/predicates/0/values/1")
	refused(t, "no TMC", d.give(admin(), tmc, group, role, only("BOOKING_TMC", acme)), errs.ReferenceNotFound,
		"/rolesToAdd/0/scope/audiences/0/predicates/0/values/0")
	refused(t, "no role", d.give(admin(), tmc, group, nowhere, only("COMPANY", acme)), errs.ReferenceNotFound, "/rolesToAdd/0/roleId")
	other, err := d.newRole(admin(), acme, "Theirs", `[{"permission":"TRIP_MANAGEMENT","actions":["READ"]}]`)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "another company's role", d.give(admin(), tmc, group, other, only("COMPANY", acme)), errs.ReferenceNotFound, "/rolesToAdd/0/roleId")
}

func TestGroupsAndRolesOfAUser(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.users[ada].Roles = []string{actor.CompanyArranger}
	group := d.group(admin(), acme, "Readers")
	if err := d.give(admin(), acme, group, d.platform("Company Management Admin (Read Only)"), only("COMPANY", acme)); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{group, d.standard(acme, "Report Viewers")} {
		if err := d.add(admin(), acme, id, ada); err != nil {
			t.Fatal(err)
		}
	}
	roles := access.UserRolesIn{UserID: ada}
	fill(d, "listRolesForUser", `{}`, &roles.Doc)
	var got []string
	for _, r := range must(d, admin(), "listRolesForUser", d.s.ListUserRoles, roles).Roles {
		got = append(got, r.Source+" "+r.Name+" "+r.GroupName)
	}
	want := []string{"DIRECT Company Travel Arranger ", "USER_GROUP Company Management Admin (Read Only) Readers", "USER_GROUP Report Viewer Report Viewers"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	groups := access.UserGroupsIn{UserID: ada}
	fill(d, "listUserGroupsForUser", `{"pagination":{}}`, &groups.Doc)
	if list := must(d, admin(), "listUserGroupsForUser", d.s.ListUserGroups, groups); len(list.Groups) != 2 || list.Groups[0].Name != "Readers" {
		t.Errorf("groups: %+v", list)
	}
	_, err := call(d, companyAdmin(globex), "listUserGroupsForUser", d.s.ListUserGroups, groups)
	refused(t, "somebody else's user", err, errs.ResourceNotFound, "")

	info := must(d, admin(), "getRbacInfo", d.s.GetRbacInfo, access.UserIn{UserID: ada})
	var flat []string
	for _, p := range info.Permissions {
		flat = append(flat, p.Permission+":"+strings.Join(p.Actions, "+"))
	}
	want = []string{"COMPANY_MANAGEMENT:READ", "USER_PROFILE:CREATE+READ+WRITE+DELETE", "EVENT_MANAGEMENT:CREATE+READ+WRITE+DELETE",
		"REPORT_MANAGEMENT:READ", "TRIP_MANAGEMENT:CREATE+READ+WRITE+DELETE"}
	if diff := cmp.Diff(want, flat); diff != "" || !info.OthersTrips {
		t.Errorf("others' trips %v, %s", info.OthersTrips, diff)
	}
	if own := must(d, d.as(tomas), "getRbacInfo", d.s.GetRbacInfo, access.UserIn{UserID: tomas}); own.OthersTrips || len(own.Permissions) != 3 {
		t.Errorf("a traveler has %+v", own)
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.standard(acme, "User Admins")
	if err := d.add(admin(), acme, id, ada); err != nil {
		t.Fatal(err)
	}
	if err := d.db.Update(actor.With(t.Context(), admin()), func(ctx ctx) error { _, err := d.s.Forget(ctx, ada, false); return err }); err != nil {
		t.Fatal(err)
	}
	in := access.ListMembersIn{CompanyID: acme, GroupID: id}
	if got := must(d, admin(), "listUserGroupMembers", d.s.ListMembers, in); len(got.Members) != 0 || d.may(ada, "createUser", acme) {
		t.Errorf("still there: %+v", got)
	}
}
