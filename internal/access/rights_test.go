// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/access"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/audience"
	"github.com/airside-travel/airside/internal/errs"
)

func TestCompleteActor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.users[mira].Roles = []string{actor.TMCAgent}
	if a := d.as(mira); a.Company != "" || a.Home != tmc || !a.Wide() {
		t.Errorf("an agent acts for the TMC: %+v", a)
	}
	if a := d.as(ada); a.Company != acme || a.Home != acme || a.Wide() {
		t.Errorf("a traveler acts in the company: %+v", a)
	}
	client := admin()
	if a, err := d.s.Complete(t.Context(), client); err != nil || a != client {
		t.Errorf("a client without a user is what it is: %+v %v", a, err)
	}
	bound := &actor.Actor{Tenant: tmc, ClientID: robot, UserID: mira, Bound: tmc}
	if a, err := d.s.Complete(t.Context(), bound); err != nil || a.Wide() || a.MayCompany(acme) == nil {
		t.Errorf("a client of one company stays with it, whoever the user is: %+v %v", a, err)
	}
	for _, step := range []struct {
		what   string
		change func()
	}{
		{"of another company than the client's", func() { bound.Bound = acme }},
		{"inactive", func() { bound.Bound = ""; d.users[mira].Active = false }},
		{"of a company that is gone", func() { d.users[mira].Active = true; delete(d.companies, tmc) }},
		{"gone", func() { delete(d.users, mira) }},
	} {
		if err := d.db.Update(actor.With(t.Context(), admin()), func(ctx ctx) error {
			step.change()
			d.s.UserChanged(ctx, mira)
			d.s.CompaniesChanged(ctx)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.s.Complete(t.Context(), bound); !errs.Is(err, errs.TokenInvalid) {
			t.Errorf("a user %s: %v", step.what, err)
		}
	}
}

// TestRolledBackChangesChangeNothing: a change that is not committed takes nothing away.
func TestRolledBackChangesChangeNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.add(admin(), acme, d.standard(acme, "User Admins"), ada); err != nil {
		t.Fatal(err)
	}
	if !d.may(ada, "createUser", acme) {
		t.Fatal("must hold")
	}
	in := access.MembersIn{CompanyID: acme, GroupID: d.standard(acme, "User Admins")}
	in.Doc.Users = []string{ada}
	late := errs.New(errs.StoreUnavailable, "too late")
	if err := d.db.Update(actor.With(t.Context(), admin()), func(ctx ctx) error {
		if _, err := d.s.RemoveMembers(ctx, in); err != nil {
			return err
		}
		return late
	}); !errs.Is(err, errs.StoreUnavailable) {
		t.Fatal(err)
	}
	if !d.may(ada, "createUser", acme) {
		t.Error("a change that was rolled back took a right away")
	}
}

// model is who may do what by the letter: groups with members and assignments, walked anew each time.
type model struct {
	groups map[string]*modelGroup
	roles  map[string]map[string]bool // permission/action by role
	owners map[string]audience.Owner
}

type modelGroup struct {
	company string
	members map[string]bool
	held    []heldRole
}

type heldRole struct {
	role     string
	audience [][][]string // audiences of predicates: type and values
}

func (m *model) may(user, permission, action, company string) bool {
	o := m.owners[company]
	ids := map[string]string{"COMPANY": o.Company, "BOOKING_TMC": o.BookingTMC}
	for _, g := range m.groups {
		for _, h := range g.held {
			if !g.members[user] || !m.roles[h.role][permission+"/"+action] && !m.roles[h.role][permission+"/ALL"] {
				continue
			}
			for _, predicates := range h.audience {
				passed := true
				for _, p := range predicates {
					passed = passed && slices.Contains(p[1:], ids[p[0]])
				}
				if passed {
					return true
				}
			}
		}
	}
	return false
}

// TestRightsFollowEveryChange changes groups, roles and members at random and compares each decision
// with the model: also what was cached before a change must be right after it.
func TestRightsFollowEveryChange(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk(outer)
		owners, _ := d.Owners(t.Context())
		m := &model{groups: map[string]*modelGroup{}, roles: map[string]map[string]bool{}, owners: owners}
		companies, users := []string{tmc, acme, globex, partner}, map[string][]string{acme: {ada, tomas}, globex: {priya}, tmc: {mira}}
		some := func(label string, of map[string]*modelGroup) string {
			return rapid.SampledFrom(sorted(of)).Draw(t, label)
		}
		allowances := func() (string, map[string]bool) {
			var text []string
			set := map[string]bool{}
			for _, p := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"TRIP_MANAGEMENT", "USER_MANAGEMENT"}), 1, 2, rapid.ID).Draw(t, "permissions") {
				actions := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"ALL", "READ", "WRITE"}), 1, 2, rapid.ID).Draw(t, "actions")
				for _, a := range actions {
					set[p+"/"+a] = true
				}
				text = append(text, fmt.Sprintf(`{"permission":%q,"actions":["%s"]}`, p, strings.Join(actions, `","`)))
			}
			return "[" + strings.Join(text, ",") + "]", set
		}
		scope := func() (string, [][][]string) {
			var audiences []string
			var plain [][][]string
			for range rapid.IntRange(1, 2).Draw(t, "audiences") {
				var predicates []string
				var one [][]string
				for range rapid.IntRange(1, 2).Draw(t, "predicates") {
					kind, from := "COMPANY", companies
					if rapid.Bool().Draw(t, "booking") {
						kind, from = "BOOKING_TMC", []string{tmc, partner}
					}
					values := rapid.SliceOfNDistinct(rapid.SampledFrom(from), 1, 2, rapid.ID).Draw(t, "values")
					predicates = append(predicates, fmt.Sprintf(`{"type":%q,"values":["%s"]}`, kind, strings.Join(values, `","`)))
					one = append(one, append([]string{kind}, values...))
				}
				audiences = append(audiences, `{"predicates":[`+strings.Join(predicates, ",")+`]}`)
				plain = append(plain, one)
			}
			return `{"audiences":[` + strings.Join(audiences, ",") + `]}`, plain
		}
		n := 0
		ofCompany := map[string]string{} // role to company
		addGroup := func() {
			n++
			company := rapid.SampledFrom([]string{acme, globex, tmc}).Draw(t, "company")
			m.groups[d.group(admin(), company, fmt.Sprintf("Group %d", n))] = &modelGroup{company: company, members: map[string]bool{}}
		}
		addGroup()
		t.Repeat(map[string]func(*rapid.T){
			"group": func(*rapid.T) { addGroup() },
			"role": func(t *rapid.T) {
				n++
				company := rapid.SampledFrom([]string{acme, globex, tmc}).Draw(t, "company")
				text, set := allowances()
				id, err := d.newRole(admin(), company, fmt.Sprintf("Role %d", n), text)
				if err != nil {
					t.Fatal(err)
				}
				m.roles[id], ofCompany[id] = set, company
			},
			"change role": func(t *rapid.T) {
				if len(m.roles) == 0 {
					t.Skip("there is none")
				}
				id := rapid.SampledFrom(sorted(m.roles)).Draw(t, "role")
				text, set := allowances()
				n++
				in := access.UpdateRoleIn{RoleID: id}
				fill(d, "updateRoleV3", fmt.Sprintf(`{"name":"Role %d","description":"","permissions":%s}`, n, text), &in.Doc)
				must(d, admin(), "updateRoleV3", d.s.UpdateRole, in)
				m.roles[id] = set
			},
			"assign": func(t *rapid.T) {
				g := some("group", m.groups)
				for _, id := range sorted(m.roles) {
					if ofCompany[id] == m.groups[g].company {
						text, plain := scope()
						if err := d.give(admin(), m.groups[g].company, g, id, text); err != nil {
							t.Fatal(err)
						}
						m.groups[g].held = append(m.groups[g].held, heldRole{id, plain})
						break
					}
				}
			},
			"unassign": func(t *rapid.T) {
				id := some("group", m.groups)
				g := m.groups[id]
				if len(g.held) == 0 {
					t.Skip("it has none")
				}
				role := g.held[0].role
				in := access.UpdateGroupRolesIn{CompanyID: g.company, GroupID: id}
				fill(d, "updateUserGroupRolesV3", `{"rolesToDelete":[{"roleId":"`+role+`"}]}`, &in.Doc)
				must(d, admin(), "updateUserGroupRolesV3", d.s.UpdateGroupRoles, in)
				g.held = slices.DeleteFunc(g.held, func(h heldRole) bool { return h.role == role })
			},
			"join": func(t *rapid.T) {
				id := some("group", m.groups)
				g := m.groups[id]
				user := rapid.SampledFrom(users[g.company]).Draw(t, "user")
				if err := d.add(admin(), g.company, id, user); err != nil {
					t.Fatal(err)
				}
				g.members[user] = true
			},
			"leave": func(t *rapid.T) {
				id := some("group", m.groups)
				g := m.groups[id]
				user := rapid.SampledFrom(users[g.company]).Draw(t, "user")
				if err := d.remove(admin(), g.company, id, user); err != nil {
					t.Fatal(err)
				}
				delete(g.members, user)
			},
			"delete group": func(t *rapid.T) {
				if len(m.groups) < 2 {
					t.Skip("the last one stays")
				}
				id := some("group", m.groups)
				must(d, admin(), "deleteUserGroup", d.s.DeleteGroup, access.GroupIn{CompanyID: m.groups[id].company, GroupID: id})
				delete(m.groups, id)
			},
			"": func(t *rapid.T) {
				for _, user := range []string{ada, tomas, priya, mira} {
					whole := d.as(user)
					for _, need := range []actor.Need{
						{Permission: "TRIP_MANAGEMENT", Action: "READ"}, {Permission: "TRIP_MANAGEMENT", Action: "WRITE"}, {Permission: "USER_MANAGEMENT", Action: "READ"},
					} {
						a := whole.Within(need)
						for _, company := range companies {
							got := a != nil && a.MayCompany(company) == nil
							if want := m.may(user, need.Permission, need.Action, company); got != want {
								t.Fatalf("%s %s %s for %s: %v, want %v", user, need.Permission, need.Action, company, got, want)
							}
						}
					}
				}
			},
		})
	})
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// TestDelegationIsSound: whoever may give a role for a scope holds it himself for everything in the scope.
func TestDelegationIsSound(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owners, _ := d.Owners(t.Context())
	role, err := d.newRole(admin(), tmc, "Trips", `[{"permission":"TRIP_MANAGEMENT","actions":["READ"]}]`)
	if err != nil {
		t.Fatal(err)
	}
	target := d.group(admin(), tmc, "Target")
	kinds := map[string][]string{"COMPANY": {acme, globex, tmc}, "BOOKING_TMC": {tmc, partner}}
	draw := rapid.Custom(func(t *rapid.T) audience.Scope {
		var s audience.Scope
		for range rapid.IntRange(1, 2).Draw(t, "audiences") {
			var a audience.Audience
			for range rapid.IntRange(1, 2).Draw(t, "predicates") {
				kind := rapid.SampledFrom([]string{"COMPANY", "BOOKING_TMC"}).Draw(t, "kind")
				a.Predicates = append(a.Predicates, audience.Predicate{Type: kind,
					Values: rapid.SliceOfNDistinct(rapid.SampledFrom(kinds[kind]), 1, 3, rapid.ID).Filter(func(v []string) bool { return len(v) <= len(kinds[kind]) }).Draw(t, "values")})
			}
			s.Audiences = append(s.Audiences, a)
		}
		return s
	})
	manage := actor.Grant{Permission: "ACCESS_MANAGEMENT", Actions: []string{"ALL"}, Scope: audience.Only("COMPANY", tmc)}
	rapid.Check(t, func(t *rapid.T) {
		giver := &actor.Actor{Tenant: tmc, ClientID: robot, UserID: mira, Home: tmc, Company: tmc, Grants: []actor.Grant{manage},
			Owner: func(id string) audience.Owner { return owners[id] }}
		for range rapid.IntRange(1, 2).Draw(t, "grants") {
			giver.Grants = append(giver.Grants, actor.Grant{Permission: "TRIP_MANAGEMENT", Actions: []string{"READ"}, Scope: draw.Draw(t, "held")})
		}
		in := access.UpdateGroupRolesIn{CompanyID: tmc, GroupID: target}
		in.Doc.Add = []access.Assignment{{RoleID: role, Scope: draw.Draw(t, "given")}}
		_, err := call(d, giver, "updateUserGroupRolesV3", d.s.UpdateGroupRoles, in)
		if err != nil && !errs.Is(err, errs.AccessDenied) {
			t.Fatal(err)
		}
		for id, o := range owners {
			holds := slices.ContainsFunc(giver.Grants[1:], func(g actor.Grant) bool { return g.Scope.Covers(o) })
			if err == nil && in.Doc.Add[0].Scope.Covers(o) && !holds {
				t.Fatalf("given for %s, which the giver does not reach", id)
			}
		}
		// One's own scope can always be passed on.
		in.Doc.Add[0].Scope = giver.Grants[1].Scope
		if _, err := call(d, giver, "updateUserGroupRolesV3", d.s.UpdateGroupRoles, in); err != nil {
			t.Fatalf("what one has can be given: %v", err)
		}
	})
}
