// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/access"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/audience"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// The cast: a TMC with two clients, one of which a partner TMC books for.
const (
	tmc     = "0190a0f0-0000-7000-8000-00000000000a"
	partner = "0190a0f0-0000-7000-8000-00000000000b"
	acme    = "0190a0f0-0000-7000-8000-00000000000c"
	globex  = "0190a0f0-0000-7000-8000-00000000000d"
	nowhere = "0190a0f0-0000-7000-8000-00000000000e"

	ada   = "0190a0f0-0000-7000-8000-000000000001" // of acme
	tomas = "0190a0f0-0000-7000-8000-000000000002" // of acme
	priya = "0190a0f0-0000-7000-8000-000000000003" // of globex
	mira  = "0190a0f0-0000-7000-8000-000000000004" // of the TMC
	robot = "0190a0f0-0000-7000-8000-000000000005" // an API user
)

var loaded = sync.OnceValues(contract.Load)

// cast is the directory of a test.
type cast struct {
	companies map[string]*access.Company
	booking   map[string]string
	users     map[string]*access.User
}

func newCast() *cast {
	c := &cast{companies: map[string]*access.Company{}, booking: map[string]string{tmc: tmc, partner: tmc, acme: tmc, globex: partner}, users: map[string]*access.User{}}
	for id := range c.booking {
		c.companies[id] = &access.Company{ID: id, IsTMC: id == tmc || id == partner, CreatedAt: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)}
	}
	for id, company := range map[string]string{ada: acme, tomas: acme, priya: globex, mira: tmc} {
		c.users[id] = &access.User{ID: id, CompanyID: company, Active: true}
	}
	return c
}

func (c *cast) Company(_ context.Context, id string) (*access.Company, error) {
	if c.companies[id] == nil {
		return nil, errs.Missing("company", id)
	}
	return c.companies[id], nil
}

func (c *cast) Owners(context.Context) (map[string]audience.Owner, error) {
	out := map[string]audience.Owner{}
	for id := range c.companies {
		out[id] = audience.Owner{Company: id, BookingTMC: c.booking[id], ContractingTMC: tmc}
	}
	return out, nil
}

func (c *cast) User(_ context.Context, id string) (*access.User, error) {
	if c.users[id] == nil {
		return nil, errs.Missing("user", id)
	}
	return c.users[id], nil
}

func (c *cast) MayReach(ctx context.Context, id string) error {
	a := actor.From(ctx)
	if u := c.users[id]; u != nil && (a.Self(id) || a.MayCompany(u.CompanyID) == nil) {
		return nil
	}
	return errs.Missing("user", id)
}

// desk is the service on a store in memory.
type desk struct {
	*cast
	t   testing.TB
	api *contract.Contract
	db  *sqlite.Store
	s   *access.Service
	now time.Time
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	api, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{cast: newCast(), t: t, api: api, db: db, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	d.s = access.New(clock.NewTenants(clock.Func(func() time.Time { return d.now })), db, d.cast)
	return d
}

// admin administers the TMC.
func admin() *actor.Actor {
	return &actor.Actor{Tenant: tmc, ClientID: robot, Roles: []string{actor.TMCAdmin}}
}

// companyAdmin administers one company, by a client of that company.
func companyAdmin(company string) *actor.Actor {
	return &actor.Actor{Tenant: tmc, ClientID: robot, Company: company, Bound: company, Roles: []string{actor.CompanyAdmin}}
}

// as is a user with what he may do now.
func (d *desk) as(userID string) *actor.Actor {
	d.t.Helper()
	a, err := d.s.Complete(d.t.Context(), &actor.Actor{Tenant: tmc, ClientID: robot, UserID: userID})
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

// call runs an operation as the edge does: body checked, rights narrowed to the operation, one
// transaction, answer checked. It decodes the body that is given as JSON into the input's Doc by fill.
func call[In, Out any](d *desk, a *actor.Actor, op string, fn func(context.Context, In) (Out, error), in In) (Out, error) {
	d.t.Helper()
	o := d.api.Operation(op)
	if o == nil {
		d.t.Fatalf("no operation %s", op)
	}
	var out Out
	a = a.Within(actor.Need{Roles: o.Roles, Permission: o.Permission.Name, Action: o.Permission.Action, TMC: o.Permission.Over == contract.OverTMC})
	if a == nil {
		return out, errs.New(errs.AccessDenied, "not for this caller")
	}
	run := func(ctx context.Context) (err error) {
		out, err = fn(actor.With(ctx, a), in)
		return err
	}
	var err error
	if o.Effect == contract.Read {
		err = d.db.View(d.t.Context(), run)
	} else {
		err = d.db.Update(d.t.Context(), run)
	}
	if err != nil {
		return out, err
	}
	media, body := "application/json", []byte(nil)
	if _, empty := any(out).(struct{}); empty {
		media = ""
	} else if body, err = json.Marshal(out); err != nil {
		d.t.Fatal(err)
	}
	for _, v := range o.CheckResponse(o.SuccessStatus, media, body) {
		d.t.Errorf("%s answers what the contract does not allow: %s\n%s", op, v, body)
	}
	return out, nil
}

// must is call for acts that have to work.
func must[In, Out any](d *desk, a *actor.Actor, op string, fn func(context.Context, In) (Out, error), in In) Out {
	d.t.Helper()
	out, err := call(d, a, op, fn, in)
	if err != nil {
		d.t.Fatalf("%s: %v", op, err)
	}
	return out
}

// fill decodes a body, checked against the contract, into an input.
func fill[Doc any](d *desk, op, body string, doc *Doc) {
	d.t.Helper()
	for _, v := range d.api.Operation(op).CheckBody("application/json", []byte(body)) {
		d.t.Fatalf("the test sends a bad body for %s: %s\n%s", op, v, body)
	}
	if err := json.Unmarshal([]byte(body), doc); err != nil {
		d.t.Fatal(err)
	}
}

func refused(t testing.TB, what string, err error, code errs.Code, pointer string) {
	t.Helper()
	e := errs.As(err)
	got := ""
	if e != nil && len(e.Fields) > 0 {
		got = e.Fields[0].Pointer
	}
	if e == nil || e.Code != code || got != pointer {
		t.Errorf("%s: got %v at %q, want %s at %q", what, err, got, code, pointer)
	}
}

// only is the JSON of the scope of one id.
func only(kind string, ids ...string) string {
	values, _ := json.Marshal(ids) // strings always encode
	return `{"audiences":[{"predicates":[{"type":"` + kind + `","values":` + string(values) + `}]}]}`
}

func (d *desk) group(a *actor.Actor, company, name string) string {
	d.t.Helper()
	in := access.CreateGroupIn{CompanyID: company}
	fill(d, "createUserGroup", `{"name":"`+name+`","description":""}`, &in.Doc)
	return must(d, a, "createUserGroup", d.s.CreateGroup, in).ID
}

func (d *desk) give(a *actor.Actor, company, group, role, scope string) error {
	d.t.Helper()
	in := access.UpdateGroupRolesIn{CompanyID: company, GroupID: group}
	fill(d, "updateUserGroupRolesV3", `{"rolesToAdd":[{"roleId":"`+role+`","scope":`+scope+`}]}`, &in.Doc)
	_, err := call(d, a, "updateUserGroupRolesV3", d.s.UpdateGroupRoles, in)
	return err
}

func (d *desk) add(a *actor.Actor, company, group string, users ...string) error {
	d.t.Helper()
	in := access.MembersIn{CompanyID: company, GroupID: group}
	in.Doc.Users = users
	_, err := call(d, a, "addUserGroupMembers", d.s.AddMembers, in)
	return err
}

func (d *desk) remove(a *actor.Actor, company, group string, users ...string) error {
	d.t.Helper()
	in := access.MembersIn{CompanyID: company, GroupID: group}
	in.Doc.Users = users
	_, err := call(d, a, "removeUserGroupMembers", d.s.RemoveMembers, in)
	return err
}

func (d *desk) newRole(a *actor.Actor, company, name, permissions string) (string, error) {
	d.t.Helper()
	var in access.CreateRoleIn
	fill(d, "createRoleV3", `{"name":"`+name+`","description":"","isPlatformRole":false,"companyId":"`+company+`","permissions":`+permissions+`}`, &in.Doc)
	out, err := call(d, a, "createRoleV3", d.s.CreateRole, in)
	return out.ID, err
}

// platform finds a platform role by name, standard a standard group of a company.
func (d *desk) platform(name string) string {
	d.t.Helper()
	var in access.ListRolesIn
	in.CompanyID = tmc
	for _, r := range must(d, admin(), "listRolesV3", d.s.ListRoles, in).Roles {
		if r.Name == name && r.Platform {
			return r.ID
		}
	}
	d.t.Fatalf("no platform role %q", name)
	return ""
}

func (d *desk) standard(company, name string) string {
	d.t.Helper()
	for _, g := range d.groups(company, `{"pagination":{}}`).Groups {
		if g.Name == name && g.Unmodifiable {
			return g.ID
		}
	}
	d.t.Fatalf("no standard group %q", name)
	return ""
}

func (d *desk) groups(company, body string) access.GroupList {
	d.t.Helper()
	in := access.ListGroupsIn{CompanyID: company}
	fill(d, "listUserGroupsForCompany", body, &in.Doc)
	return must(d, admin(), "listUserGroupsForCompany", d.s.ListGroups, in)
}

// may reports whether a user passes an operation for a company.
func (d *desk) may(userID, op, company string) bool {
	d.t.Helper()
	o := d.api.Operation(op)
	a := d.as(userID).Within(actor.Need{Roles: o.Roles, Permission: o.Permission.Name, Action: o.Permission.Action})
	return a != nil && a.MayCompany(company) == nil
}

type ctx = context.Context
