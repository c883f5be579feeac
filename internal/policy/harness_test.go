// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/policy"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

var loaded = sync.OnceValues(contract.Load)

const (
	tmc   = "7d1f7a2e-0000-7000-8000-000000000001"
	acme  = "7d1f7a2e-0000-7000-8000-000000000002"
	other = "7d1f7a2e-0000-7000-8000-000000000003"
)

// thing is the id of a thing of Acme in tests.
func thing(n int) string { return fmt.Sprintf("7d1f7a2e-0000-7000-8000-0000000001%02d", n) }

// world is the policies of one TMC over a store in memory, and a directory made of maps.
type world struct {
	t        testing.TB
	api      *contract.Contract
	db       *sqlite.Store
	svc      *policy.Service
	admin    *actor.Actor
	now      time.Time
	features map[string]string
	things   map[policy.Thing][]policy.Reference
	people   map[string]policy.Person
}

func (w *world) Currency(_ context.Context, companyID string) (string, error) {
	if companyID != acme && companyID != other {
		return "", errs.Missing("company", companyID)
	}
	return "EUR", nil
}

func (w *world) Feature(_ context.Context, _, name string) (string, error) {
	return w.features[name], nil
}

func (w *world) Belongs(_ context.Context, companyID string, what policy.Thing, id string) (bool, error) {
	return companyID == acme && slices.ContainsFunc(w.things[what], func(r policy.Reference) bool { return r.ID == id }), nil
}

func (w *world) Things(_ context.Context, _ string, what policy.Thing) ([]policy.Reference, error) {
	return w.things[what], nil
}

func (w *world) Person(_ context.Context, id string) (policy.Person, error) {
	p, ok := w.people[id]
	if !ok {
		return p, errs.Missing("user", id)
	}
	return p, nil
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
	w := &world{
		t: t, api: api, db: db, now: time.Date(2026, 3, 2, 9, 30, 15, 0, time.UTC), features: map[string]string{},
		admin:  &actor.Actor{Tenant: tmc, ClientID: "client", Roles: []string{actor.TMCAdmin}},
		things: map[policy.Thing][]policy.Reference{}, people: map[string]policy.Person{},
	}
	w.svc = policy.New(clock.NewTenants(clock.Func(func() time.Time { return w.now })), w)
	w.in(func(ctx context.Context) error { return w.svc.CompanyCreated(ctx, acme) })
	return w
}

// has gives Acme things with the ids thing(n).
func (w *world) has(what policy.Thing, n ...int) {
	for _, i := range n {
		w.things[what] = append(w.things[what], policy.Reference{ID: thing(i), Name: fmt.Sprintf("%s %d", what, i)})
	}
}

func (w *world) in(fn func(ctx context.Context) error) {
	w.t.Helper()
	if err := w.db.Update(w.t.Context(), func(ctx context.Context) error { return fn(actor.With(ctx, w.admin)) }); err != nil {
		w.t.Fatal(err)
	}
}

// call runs an operation as the edge does: one transaction, answer checked against the contract.
func call[In, Out any](w *world, op string, fn func(context.Context, In) (Out, error), in In) (json.RawMessage, error) {
	w.t.Helper()
	o := w.api.Operation(op)
	var out Out
	run := func(ctx context.Context) (err error) {
		out, err = fn(actor.With(ctx, w.admin), in)
		return err
	}
	transact := w.db.Update
	if o.Effect == contract.Read {
		transact = w.db.View
	}
	if err := transact(w.t.Context(), run); err != nil {
		return nil, err
	}
	var body json.RawMessage
	media := "application/json"
	switch v := any(out).(type) {
	case struct{}:
		media = ""
	case json.RawMessage:
		body = v
	default:
		var err error
		if body, err = json.Marshal(v); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, v := range o.CheckResponse(o.SuccessStatus, media, body) {
		w.t.Errorf("%s answers what the contract does not allow: %s\n%s", op, v, body)
	}
	return body, nil
}

func must[In, Out any](w *world, op string, fn func(context.Context, In) (Out, error), in In) json.RawMessage {
	w.t.Helper()
	body, err := call(w, op, fn, in)
	if err != nil {
		w.t.Fatalf("%s: %v", op, err)
	}
	return body
}

// body checks what a test sends, so that no test sends what the edge refuses.
func (w *world) body(op, text string) json.RawMessage {
	w.t.Helper()
	raw := json.RawMessage(text)
	for _, v := range w.api.Operation(op).CheckBody("application/json", raw) {
		w.t.Fatalf("the test sends a bad body for %s: %s\n%s", op, v, raw)
	}
	return raw
}

// try creates a policy with further members and answers its id.
func (w *world) try(members string) (string, error) {
	w.t.Helper()
	raw, err := call(w, "createPolicy", w.svc.CreatePolicy, policy.CompanyBodyIn{
		CompanyID: acme, Raw: w.body("createPolicy", `{"name":"Sales","currency":{"currencyCode":"EUR"},`+members+`}`)})
	var out policy.EntityID
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	return out.ID, err
}

func (w *world) create(members string) string {
	w.t.Helper()
	id, err := w.try(members)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) read(id string) map[string]any {
	w.t.Helper()
	return decode(w.t, must(w, "readPolicy", w.svc.ReadPolicy, policy.PolicyIn{CompanyID: acme, PolicyID: id}))
}

func (w *world) put(id string, body json.RawMessage) error {
	w.t.Helper()
	_, err := call(w, "updatePolicy", w.svc.UpdatePolicy, policy.UpdatePolicyIn{CompanyID: acme, PolicyID: id, Raw: body})
	return err
}

func (w *world) remove(id string) error {
	w.t.Helper()
	_, err := call(w, "deletePolicy", w.svc.DeletePolicy, policy.PolicyIn{CompanyID: acme, PolicyID: id})
	return err
}

func (w *world) list(categories ...string) (names []string) {
	w.t.Helper()
	var out policy.ArrayOfReference
	raw := must(w, "listPolicies", w.svc.ListPolicies, policy.ListIn{CompanyID: acme, Categories: categories})
	if err := json.Unmarshal(raw, &out); err != nil || out.Length != len(out.Elements) || out.Total != len(out.Elements) {
		w.t.Fatalf("%v: %s", err, raw)
	}
	for _, e := range out.Elements {
		names = append(names, e.Name)
	}
	return names
}

// defaultID is the id of the default policy for employees.
func (w *world) defaultID() string {
	w.t.Helper()
	w.people[thing(99)] = policy.Person{ID: thing(99), CompanyID: acme, Persona: "EMPLOYEE"}
	ids := w.applicable(thing(99))
	return ids[len(ids)-1]
}

func (w *world) applicable(userID string) (ids []string) {
	w.t.Helper()
	var out policy.ApplicablePolicies
	raw := must(w, "getUserApplicablePolicies", w.svc.ApplicablePolicies, policy.UserIn{UserID: userID})
	if err := json.Unmarshal(raw, &out); err != nil {
		w.t.Fatal(err)
	}
	for _, p := range out.Policies {
		ids = append(ids, p.ID)
	}
	return ids
}

func decode(t testing.TB, raw []byte) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return out
}

func encode(t testing.TB, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
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
