// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

var loaded = sync.OnceValues(contract.Load)

// world is a directory with one TMC on a store in memory.
type world struct {
	t     testing.TB
	api   *contract.Contract
	db    *sqlite.Store
	dir   *directory.Service
	told  []announce.Notice
	tmc   string
	admin *actor.Actor // the TMC's
	now   time.Time
}

// Announce keeps what was told.
func (w *world) Announce(_ context.Context, n announce.Notice) error {
	w.told = append(w.told, n)
	return nil
}

func newWorld(t testing.TB) *world {
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
	w := &world{t: t, api: api, db: db, now: time.Date(2026, 3, 2, 9, 30, 15, 0, time.UTC)}
	w.dir = directory.New(clock.NewTenants(clock.Func(func() time.Time { return w.now })), w, nil)
	w.tmc, w.admin = w.newTMC("Meridian Travel")
	return w
}

func (w *world) newTMC(name string) (string, *actor.Actor) {
	w.t.Helper()
	var id string
	if err := w.db.Update(w.t.Context(), func(ctx context.Context) (err error) {
		id, err = w.dir.BootstrapTMC(ctx, name)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return id, &actor.Actor{Tenant: id, ClientID: "client", Roles: []string{actor.TMCAdmin}}
}

// call runs an operation as the edge does: body checked, one transaction, answer checked.
func call[In, Out any](w *world, a *actor.Actor, op string, fn func(context.Context, In) (Out, error), in In) (json.RawMessage, error) {
	w.t.Helper()
	o := w.api.Operation(op)
	if o == nil {
		w.t.Fatalf("no operation %s", op)
	}
	var out Out
	run := func(ctx context.Context) (err error) {
		out, err = fn(actor.With(ctx, a), in)
		return err
	}
	var err error
	if o.Effect == contract.Read {
		err = w.db.View(w.t.Context(), run)
	} else {
		kept := len(w.told)
		if err = w.db.Update(w.t.Context(), run); err != nil {
			w.told = w.told[:kept]
		}
	}
	if err != nil {
		return nil, err
	}
	var body json.RawMessage
	switch v := any(out).(type) {
	case struct{}:
	case json.RawMessage:
		body = v
	case interface{ AppendJSON(b []byte) []byte }:
		body = v.AppendJSON(nil)
	default:
		if body, err = json.Marshal(v); err != nil {
			w.t.Fatal(err)
		}
	}
	media := "application/json"
	if body == nil {
		media = ""
	}
	for _, v := range o.CheckResponse(o.SuccessStatus, media, body) {
		w.t.Errorf("%s answers what the contract does not allow: %s\n%s", op, v, body)
	}
	return body, nil
}

// must is call for acts that have to work.
func must[In, Out any](w *world, a *actor.Actor, op string, fn func(context.Context, In) (Out, error), in In) json.RawMessage {
	w.t.Helper()
	body, err := call(w, a, op, fn, in)
	if err != nil {
		w.t.Fatalf("%s: %v", op, err)
	}
	return body
}

// raw checks a body that a test sends against the contract, so that no test sends what the edge refuses.
func (w *world) raw(op, format string, args ...any) json.RawMessage {
	w.t.Helper()
	body := fmt.Appendf(nil, format, args...)
	for _, v := range w.api.Operation(op).CheckBody("application/json", body) {
		w.t.Fatalf("the test sends a bad body for %s: %s\n%s", op, v, body)
	}
	return body
}

func created(t testing.TB, body json.RawMessage) string {
	t.Helper()
	var out struct{ ID string }
	if err := json.Unmarshal(body, &out); err != nil || out.ID == "" {
		t.Fatalf("no id in %s", body)
	}
	return out.ID
}

// extra is further members of a body: `,"a":1` or nothing.
func extra(members string) string {
	if members == "" {
		return ""
	}
	return "," + members
}

func (w *world) company(name, members string) string {
	w.t.Helper()
	return created(w.t, must(w, w.admin, "createCompany", w.dir.CreateCompany, directory.CreateCompanyIn{
		Raw: w.raw("createCompany", `{"name":%q,"billingCurrency":"EUR","companyRoles":["ORG"]%s}`, name, extra(members)),
	}))
}

func (w *world) entity(company, members string) string {
	w.t.Helper()
	return created(w.t, must(w, w.admin, "createLegalEntity", w.dir.CreateLegalEntity, directory.CompanyBodyIn{
		CompanyID: company,
		Raw: w.raw("createLegalEntity", `{"name":"Acme France SAS","address":{"addressLines":["1 rue de la Paix"],"regionCode":"FR"},
			"billingCurrency":"EUR"%s}`, extra(members)),
	}))
}

func (w *world) office(company, entity, members string) string {
	w.t.Helper()
	return created(w.t, must(w, w.admin, "createOffice", w.dir.CreateOffice, directory.CreateOfficeIn{
		CompanyID: company, EntityID: entity, Raw: w.raw("createOffice", `{"name":"Lyon"%s}`, extra(members)),
	}))
}

// profile is a body for createUser; business holds further members of businessInfo.
func (w *world) profile(company, entity, business, members string) json.RawMessage {
	w.t.Helper()
	return w.raw("createUser", `{"persona":"EMPLOYEE","businessInfo":{"organizationRef":{"id":%q},"legalEntityRef":{"id":%q}%s}%s}`,
		company, entity, extra(business), extra(members))
}

func (w *world) user(company, entity, business, members string) string {
	w.t.Helper()
	return created(w.t, must(w, w.admin, "createUser", w.dir.CreateUser,
		directory.CreateUserIn{Raw: w.profile(company, entity, business, members)}))
}

func (w *world) person(company, entity, given, family string) string {
	w.t.Helper()
	return w.user(company, entity, fmt.Sprintf(`"email":"%s.%s@example.com"`, strings.ToLower(given), strings.ToLower(family)),
		fmt.Sprintf(`"personalInfo":{"name":{"given":%q,"family1":%q}}`, given, family))
}

// acme is a company with a legal entity.
func (w *world) acme() (company, entity string) {
	w.t.Helper()
	company = w.company("Acme", "")
	return company, w.entity(company, "")
}

func (w *world) get(id string) json.RawMessage {
	w.t.Helper()
	return must(w, w.admin, "getUserInfo", w.dir.GetUserInfo, directory.UserReadIn{UserID: id, Inactive: true})
}

// in runs fn as the TMC's administrator in a transaction that is thrown away unless it works.
func (w *world) in(fn func(ctx context.Context) error) error {
	w.t.Helper()
	return w.db.Update(w.t.Context(), func(ctx context.Context) error { return fn(actor.With(ctx, w.admin)) })
}

func wantCode(t testing.TB, err error, code errs.Code, pointer string) {
	t.Helper()
	e := errs.As(err)
	if e == nil {
		t.Fatalf("got %v, want %s at %q", err, code, pointer)
	}
	got := ""
	if len(e.Fields) > 0 {
		got = e.Fields[0].Pointer
	}
	if e.Code != code || got != pointer {
		t.Fatalf("got %s at %q (%v), want %s at %q", e.Code, got, err, code, pointer)
	}
}

func of(company string, roles ...string) *actor.Actor {
	return &actor.Actor{ClientID: "client", Company: company, Roles: roles}
}

// as binds an actor to the world's tenant, acting for a user if given.
func (w *world) as(a *actor.Actor, user string) *actor.Actor {
	b := *a
	b.Tenant, b.UserID = w.tmc, user
	return &b
}

type ctx = context.Context
