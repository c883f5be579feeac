// SPDX-License-Identifier: Apache-2.0

package companykey_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/companykey"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/store/storetest"
)

const (
	tenant = "7d1f7a2e-0000-7000-8000-000000000001"
	acme   = "7d1f7a2e-0000-7000-8000-000000000002"
	other  = "7d1f7a2e-0000-7000-8000-000000000003"
)

func master(fill byte) []byte { return bytes.Repeat([]byte{fill}, 32) }

func engine(t *testing.T) *sqlite.Store {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true, Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	})
	return db
}

// The layer is a store like any other.
func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store { return companykey.Wrap(engine(t), master(1)) })
}

type companies struct{}

func (companies) Company(_ context.Context, id string) error {
	if id != acme && id != other {
		return errs.Missing("company", id)
	}
	return nil
}

// below says that what lies in a trip is the trip's company's.
func below(r *store.Record) (kind, id string) {
	if r.Kind == "pnr" {
		return "trip", r.Parent
	}
	return "", ""
}

type world struct {
	t   *testing.T
	db  *sqlite.Store
	st  *companykey.Store
	svc *companykey.Service
	now time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: engine(t), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	w.st = companykey.Wrap(w.db, master(1))
	w.svc = companykey.New(master(1), clock.NewTenants(clock.Func(func() time.Time { return w.now })), companies{}, below)
	return w
}

func (w *world) rotate(company string) (companykey.Provisioned, error) {
	w.t.Helper()
	var out companykey.Provisioned
	err := w.st.Update(w.t.Context(), func(ctx context.Context) (err error) {
		out, err = w.svc.ProvisionOrRotate(actor.With(ctx, &actor.Actor{Tenant: tenant, Roles: []string{actor.TMCAdmin}}), companykey.CompanyIn{CompanyID: company})
		return err
	})
	return out, err
}

func (w *world) must(company string) companykey.Provisioned {
	w.t.Helper()
	out, err := w.rotate(company)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func user(id, company string) *store.Record {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	return &store.Record{Tenant: tenant, Kind: "user", ID: id, Parent: company, CreatedAt: at, UpdatedAt: at,
		Doc: fmt.Appendf(nil, `{"name":"Ada Moreau %s"}`, id), Index: []store.Entry{{Field: "user.mail", Value: id}}}
}

func (w *world) insert(list ...*store.Record) {
	w.t.Helper()
	if err := w.st.Update(w.t.Context(), func(ctx context.Context) error {
		for _, r := range list {
			if err := store.From(ctx).Insert(r); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

// docs reads the documents of all users through a store: sealed ones as "sealed".
func docs(t *testing.T, s store.Store) (out []string, err error) {
	t.Helper()
	err = s.View(t.Context(), func(ctx context.Context) error {
		for r, err := range store.Read(ctx).List(store.Query{Tenant: tenant, Kind: "user"}) {
			if err != nil {
				return err
			}
			if json.Valid(r.Doc) {
				out = append(out, string(r.Doc))
			} else {
				out = append(out, "sealed")
			}
		}
		return nil
	})
	return out, err
}

func (w *world) want(s store.Store, want ...string) {
	w.t.Helper()
	got, err := docs(w.t, s)
	if d := cmp.Diff(want, got); d != "" || err != nil {
		w.t.Errorf("%v %s", err, d)
	}
}

func TestDocumentsOfACompanyAreSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const one, two, three, four = `{"name":"Ada Moreau 1"}`, `{"name":"Ada Moreau 2"}`, `{"name":"Ada Moreau 3"}`, `{"name":"Ada Moreau 4"}`
	w.insert(user("1", acme))
	if out := w.must(acme); !out.Created || out.ConfigID == "" {
		t.Fatalf("first call: %+v", out)
	}
	w.insert(user("2", acme), user("3", other), user("4", acme))
	w.want(w.db, one, "sealed", three, "sealed")
	w.want(w.st, one, two, three, four)
	// A process that never saw the key before finds it, in the middle of a list, too.
	w.want(companykey.Wrap(w.db, master(1)), one, two, three, four)
	// What was written before is sealed at its next write.
	if err := w.st.Update(t.Context(), func(ctx context.Context) error {
		r, err := store.From(ctx).Get(tenant, "user", "1")
		if err != nil {
			return err
		}
		err = store.From(ctx).Update(r, 1)
		if r.Version != 2 {
			t.Errorf("version %d after an update", r.Version)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	w.want(w.db, "sealed", "sealed", three, "sealed")
	w.want(w.st, one, two, three, four)
	if err := w.st.View(t.Context(), func(ctx context.Context) error {
		r, err := store.Read(ctx).Find(tenant, "user", "user.mail", "2")
		if err == nil && string(r.Doc) != two {
			t.Errorf("found %s", r.Doc)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// A document that belongs to the company through its parent, such as a booking in a trip, names the company.
func TestDocumentsBelowATrip(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(acme)
	booking := user("9199471293", "1234567890")
	booking.Company = acme
	w.insert(booking)
	w.want(w.db, "sealed")
	if err := w.st.Update(t.Context(), func(ctx context.Context) error {
		r, err := store.From(ctx).Get(tenant, "user", booking.ID)
		if err != nil {
			return err
		}
		return store.From(ctx).Update(r, r.Version) // who writes what was read need not know
	}); err != nil {
		t.Fatal(err)
	}
	w.want(w.db, "sealed")
	w.want(companykey.Wrap(w.db, master(1)), `{"name":"Ada Moreau 9199471293"}`)
}

func TestRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.must(acme)
	w.insert(user("1", acme))
	stored := func() (doc []byte) {
		if err := w.db.View(t.Context(), func(ctx context.Context) error {
			r, err := store.Read(ctx).Get(tenant, "company_key", acme)
			if err == nil {
				doc = r.Doc
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return doc
	}
	before := stored()
	w.now = w.now.Add(time.Hour - time.Second)
	if _, err := w.rotate(acme); !errs.Is(err, errs.TooManyRequests) {
		t.Fatalf("within the hour: %v", err)
	}
	if !bytes.Equal(before, stored()) {
		t.Error("a refused call changed the key")
	}
	if out := w.must(other); !out.Created {
		t.Errorf("another company: %+v", out)
	}
	w.now = w.now.Add(time.Second)
	if out := w.must(acme); out.Created || out.ConfigID != first.ConfigID {
		t.Errorf("rotation: %+v after %+v", out, first)
	}
	type key struct {
		Version       int
		Salt, Wrapped []byte
	}
	var old, now key
	if err := errors.Join(json.Unmarshal(before, &old), json.Unmarshal(stored(), &now)); err != nil {
		t.Fatal(err)
	}
	if now.Version != 2 || bytes.Equal(old.Salt, now.Salt) || bytes.Equal(old.Wrapped, now.Wrapped) {
		t.Errorf("the wrapping did not change: %+v, %+v", old, now)
	}
	w.insert(user("2", acme))
	w.want(w.db, "sealed", "sealed")
	w.want(companykey.Wrap(w.db, master(1)), `{"name":"Ada Moreau 1"}`, `{"name":"Ada Moreau 2"}`)
	if _, err := docs(t, companykey.Wrap(w.db, master(2))); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("with another master key: %v", err)
	}
}

// A key that was never committed must not seal anything.
func TestUndoneProvision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	undo := errors.New("undo")
	err := w.st.Update(t.Context(), func(ctx context.Context) error {
		actx := actor.With(ctx, &actor.Actor{Tenant: tenant, Roles: []string{actor.TMCAdmin}})
		if _, err := w.svc.ProvisionOrRotate(actx, companykey.CompanyIn{CompanyID: acme}); err != nil {
			return err
		}
		if err := store.From(ctx).Insert(user("1", acme)); err != nil {
			return err
		}
		r, err := store.From(ctx).Get(tenant, "user", "1")
		if err != nil || !json.Valid(r.Doc) {
			t.Errorf("inside: %v, %v", r, err)
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	w.insert(user("2", acme))
	w.want(w.db, `{"name":"Ada Moreau 2"}`)
	w.must(acme)
	w.insert(user("3", acme))
	w.want(companykey.Wrap(w.db, master(1)), `{"name":"Ada Moreau 2"}`, `{"name":"Ada Moreau 3"}`)
}

// A sealed document opens only as the record it was written for, and not without its key.
func TestMovedDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(acme)
	w.insert(user("1", acme), user("2", acme))
	if err := w.db.Update(t.Context(), func(ctx context.Context) error {
		r, err := store.From(ctx).Get(tenant, "user", "1")
		if err != nil {
			return err
		}
		r.ID = "2"
		return store.From(ctx).Update(r, 0)
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := docs(t, w.st); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("a document of another record: %v", err)
	}
	if err := w.db.Update(t.Context(), func(ctx context.Context) error { return store.From(ctx).Remove(tenant, "company_key", acme) }); err != nil {
		t.Fatal(err)
	}
	if _, err := docs(t, companykey.Wrap(w.db, master(1))); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("without its key: %v", err)
	}
}

func TestWhoMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.rotate("7d1f7a2e-0000-7000-8000-000000000009"); !errs.Is(err, errs.ResourceNotFound) {
		t.Errorf("no such company: %v", err)
	}
	err := w.st.Update(t.Context(), func(ctx context.Context) error {
		_, err := w.svc.ProvisionOrRotate(actor.With(ctx, &actor.Actor{Tenant: tenant, Company: other, Roles: []string{actor.CompanyAdmin}}),
			companykey.CompanyIn{CompanyID: acme})
		return err
	})
	if !errs.Is(err, errs.CompanyForeign) {
		t.Errorf("another company's administrator: %v", err)
	}
	api, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(w.must(acme))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range api.Operation("provisionOrRotateTenantKey").CheckResponse(200, "application/json", raw) {
		t.Errorf("outside the contract: %s\n%s", v, raw)
	}
}
