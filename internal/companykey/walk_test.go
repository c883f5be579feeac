// SPDX-License-Identifier: Apache-2.0

package companykey_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/companykey"
	"github.com/airside-travel/airside/internal/personkey"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// step does the next due piece, if there is one, in a transaction under another layer, as in the program.
func (w *world) step() (done bool) {
	w.t.Helper()
	if err := personkey.Wrap(w.st).Update(w.t.Context(), func(ctx context.Context) error {
		tx := store.From(ctx)
		due, err := tx.DueJobs(tenant, w.now, 1)
		if done = len(due) == 0; done || err != nil {
			return err
		}
		return errors.Join(tx.RemoveJob(tenant, due[0].Kind, due[0].Key), w.svc.Reseal(ctx, due[0]))
	}); err != nil {
		w.t.Fatal(err)
	}
	return done
}

func (w *world) walk() {
	w.t.Helper()
	for !w.step() {
	}
}

func (w *world) state(company string) (out companykey.State) {
	w.t.Helper()
	if err := w.st.View(w.t.Context(), func(ctx context.Context) (err error) {
		out, err = w.svc.State(actor.With(ctx, &actor.Actor{Tenant: tenant, Roles: []string{actor.TMCAdmin}}), companykey.CompanyIn{CompanyID: company})
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// all reads every record of the tenant that is not a key, in the order of kind and id.
func all(t *testing.T, s store.Store) (out []*store.Record) {
	t.Helper()
	if err := s.View(t.Context(), func(ctx context.Context) error {
		for r, err := range store.Read(ctx).Walk(tenant, "", "", 0) {
			if err != nil {
				return err
			}
			if len(r.Kind) < 11 || r.Kind[:11] != "company_key" {
				r.Company = "" // what the layer says about the key
				out = append(out, r)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// keys counts by company and number with which keys documents are sealed, and lists the keys that are stored.
func (w *world) keys() (sealed map[string]int, stored []string) {
	w.t.Helper()
	sealed = map[string]int{}
	if err := w.db.View(w.t.Context(), func(ctx context.Context) error {
		for r, err := range store.Read(ctx).Walk(tenant, "", "", 0) {
			switch {
			case err != nil:
				return err
			case bytes.HasPrefix(r.Doc, []byte("\x00ck1")):
				sealed[string(r.Doc[4:40])+" 0"]++
			case bytes.HasPrefix(r.Doc, []byte("\x00ck2")):
				sealed[fmt.Sprint(string(r.Doc[4:40]), " ", r.Doc[47])]++
			case r.Kind == "company_key" || r.Kind == "company_key_former":
				stored = append(stored, r.ID)
			}
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return sealed, stored
}

func (w *world) wantKeys(sealed map[string]int, stored ...string) {
	w.t.Helper()
	got, list := w.keys()
	if d := cmp.Diff(sealed, got) + cmp.Diff(stored, list); d != "" {
		w.t.Errorf("keys (-want +got):\n%s", d)
	}
}

func (w *world) write(id string, fn func(r *store.Record)) {
	w.t.Helper()
	if err := w.st.Update(w.t.Context(), func(ctx context.Context) error {
		r, err := store.From(ctx).Get(tenant, "user", id)
		if err != nil {
			return err
		}
		fn(r)
		return store.From(ctx).Update(r, r.Version)
	}); err != nil {
		w.t.Fatal(err)
	}
}

// populate stores people of two companies, a trip with bookings and a person who was deleted.
func (w *world) populate(people int) {
	w.t.Helper()
	var list []*store.Record
	for i := range people {
		list = append(list, user(fmt.Sprintf("a%04d", i), acme))
	}
	for i := range 3 {
		list = append(list, user(fmt.Sprintf("z%04d", i), other))
	}
	gone := user("gone", acme)
	gone.Deleted = true
	of := func(kind, id, parent string) *store.Record {
		r := user(id, parent)
		r.Kind = kind
		return r
	}
	w.insert(append(list, gone, of("company", acme, ""), of("company", other, ""), of("trip", "1234567890", acme), of("trip", "1234567891", other),
		of("pnr", "9000000001", "1234567890"), of("pnr", "9000000002", "1234567890"), of("pnr", "9000000003", "1234567891"), of("pnr", "9000000004", "nowhere"))...)
}

func TestWalk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const people = 450
	const ofAcme = people + 5 // the deleted one, the company, the trip and its two bookings
	w.populate(people)
	before := all(t, w.st)
	w.must(acme)
	w.wantKeys(map[string]int{}, acme)
	if s := w.state(acme); s.State != companykey.Running || s.Number != 1 {
		t.Errorf("before the walk: %+v", s)
	}
	w.walk()
	w.wantKeys(map[string]int{acme + " 1": ofAcme}, acme)
	if d := cmp.Diff(before, all(t, w.st)); d != "" {
		t.Errorf("records changed: %s", d)
	}
	if s := w.state(acme); s.State != companykey.Done || s.Sealed != ofAcme || s.Examined < len(before) || s.FinishedAt == nil {
		t.Errorf("after the walk: %+v", s)
	}

	w.now = w.now.Add(time.Hour)
	w.must(other)
	w.must(acme)
	w.step()
	w.step()
	got, stored := w.keys()
	if got[acme+" 1"] == 0 || got[acme+" 2"] == 0 || len(stored) != 3 {
		t.Errorf("in the middle: %v, %v", got, stored)
	}
	if s := w.state(acme); s.State != companykey.Running || s.FormerKeys != 1 {
		t.Errorf("in the middle: %+v", s)
	}
	for _, s := range []store.Store{w.st, companykey.Wrap(w.db, master(1))} {
		if d := cmp.Diff(before, all(t, s)); d != "" {
			t.Errorf("in the middle: %s", d)
		}
	}
	w.walk()
	w.wantKeys(map[string]int{acme + " 2": ofAcme, other + " 1": 6}, acme, other)
	for _, s := range []store.Store{w.st, companykey.Wrap(w.db, master(1))} {
		if d := cmp.Diff(before, all(t, s)); d != "" {
			t.Errorf("at the end: %s", d)
		}
	}
}

// A walk that is overtaken by the next rotation ends both former keys; one that is done again changes nothing.
// TestDestroyedKeysAreForgotten: once a walk has destroyed a former key, no process opens anything with it that it still
// has in memory: not the one that walked, and another not after its next write for the company.
func TestDestroyedKeysAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(acme)
	w.insert(user("1", acme))
	another := companykey.Wrap(w.db, master(1))
	for _, st := range []store.Store{w.st, another} {
		if _, err := docs(t, st); err != nil {
			t.Fatal(err)
		}
	}
	var aside []byte // a copy that somebody kept
	raw := func(fn func(r *store.Record)) {
		t.Helper()
		if err := w.db.Update(t.Context(), func(ctx context.Context) error {
			r, err := store.From(ctx).Get(tenant, "user", "1")
			if err != nil {
				return err
			}
			fn(r)
			return store.From(ctx).Update(r, 0)
		}); err != nil {
			t.Fatal(err)
		}
	}
	raw(func(r *store.Record) { aside = bytes.Clone(r.Doc) })
	w.now = w.now.Add(time.Hour)
	w.must(acme)
	w.walk()
	if _, err := docs(t, w.st); err != nil {
		t.Fatalf("after the walk: %v", err)
	}
	raw(func(r *store.Record) { r.Doc = aside })
	if _, err := docs(t, w.st); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("who walked opens a copy with the destroyed key: %v", err)
	}
	if err := another.Update(t.Context(), func(ctx context.Context) error { return store.From(ctx).Insert(user("2", acme)) }); err != nil {
		t.Fatal(err)
	}
	if _, err := docs(t, another); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("another process opens a copy with the destroyed key: %v", err)
	}
}

func TestOvertakenWalk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate(450)
	before := all(t, w.st)
	for range 3 {
		w.must(acme)
		w.step()
		w.step()
		w.now = w.now.Add(time.Hour)
	}
	if _, stored := w.keys(); len(stored) != 3 {
		t.Errorf("keys that are needed: %v", stored)
	}
	w.walk()
	w.wantKeys(map[string]int{acme + " 3": 455}, acme)
	if err := w.st.Update(t.Context(), func(ctx context.Context) error {
		return w.svc.Reseal(ctx, &store.Job{Tenant: tenant, Kind: companykey.JobReseal, Key: acme})
	}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, all(t, w.st)); d != "" {
		t.Error(d)
	}
}

// Another process that knows the former key from before writes with the new one, and forgets the former one.
func TestRotationByAnotherProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(acme)
	w.insert(user("1", acme))
	far := &world{t: t, db: w.db, st: companykey.Wrap(w.db, master(1)), svc: w.svc, now: w.now}
	far.want(far.st, `{"name":"Ada Moreau 1"}`) // now it knows the key
	w.now = w.now.Add(time.Hour)
	w.must(acme)
	w.walk()
	far.insert(user("2", acme))
	w.wantKeys(map[string]int{acme + " 2": 2}, acme)
	for _, s := range []store.Store{far.st, w.st, companykey.Wrap(w.db, master(1))} {
		w.want(s, `{"name":"Ada Moreau 1"}`, `{"name":"Ada Moreau 2"}`)
	}
}

// Writes between the pieces and at the same time as them are kept, whichever part of the records they are in.
func TestWritesDuringWalk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate(450)
	w.must(acme)
	stop := make(chan struct{})
	const writers, rounds = 4, 60
	var wg sync.WaitGroup
	for n := range writers {
		wg.Go(func() {
			for i := range rounds {
				w.write(fmt.Sprintf("a%04d", (n+i*writers)%450), func(r *store.Record) { r.Doc = append(r.Doc, '.') })
			}
		})
	}
	go func() { wg.Wait(); close(stop) }()
	for busy := true; busy; {
		select {
		case <-stop:
			busy = false
		default:
		}
		if w.step() && busy {
			w.now = w.now.Add(time.Hour)
			w.must(acme)
		}
	}
	w.walk()
	dots := 0
	for _, r := range all(t, w.st) {
		written := bytes.Count(r.Doc, []byte("."))
		dots += written
		if r.Version != int64(1+written) {
			t.Errorf("%s was written %d times and has version %d", r.ID, written, r.Version)
		}
	}
	if dots != writers*rounds {
		t.Errorf("%d of %d writes are there", dots, writers*rounds)
	}
	sealed, stored := w.keys()
	if len(sealed) != 1 || len(stored) != 1 {
		t.Errorf("sealed with %v, stored are %v", sealed, stored)
	}
}

// A process that ended in the middle of a walk leaves it where the next one goes on, and the file that is left holds no
// former key.
func TestWalkGoesOnAfterRestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "airside.db")
	w := newWorld(t)
	open := func() {
		db, err := sqlite.Open(t.Context(), sqlite.Options{Path: file, MasterKey: master(1)})
		if err != nil {
			t.Fatal(err)
		}
		w.db, w.st = db, companykey.Wrap(db, master(1))
		w.svc = companykey.New(master(1), clock.NewTenants(clock.Func(func() time.Time { return w.now })), companies{}, below)
	}
	restart := func() {
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
		open()
	}
	open()
	defer func() {
		if err := w.db.Close(); err != nil {
			t.Error(err)
		}
	}()
	w.populate(450)
	before := all(t, w.st)
	for number := range 2 {
		w.must(acme)
		pieces := 0
		for !w.step() {
			restart()
			pieces++
		}
		if s := w.state(acme); s.State != companykey.Done || s.Sealed != 455 || s.Number != int64(number+1) || pieces != s.Examined/200+1 {
			t.Errorf("walk %d in %d pieces: %+v", number+1, pieces, s)
		}
		w.now = w.now.Add(time.Hour)
	}
	w.wantKeys(map[string]int{acme + " 2": 455}, acme)
	if d := cmp.Diff(before, all(t, w.st)); d != "" {
		t.Error(d)
	}
}

// A key from before keys had numbers opens what it sealed, and is replaced by the next rotation.
func TestKeyWithoutNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(acme)
	if err := w.db.Update(t.Context(), func(ctx context.Context) error {
		tx := store.From(ctx)
		r, err := tx.Get(tenant, "company_key", acme)
		if err != nil {
			return err
		}
		r.Doc = bytes.Replace(r.Doc, []byte(`"number":1,`), nil, 1)
		return errors.Join(tx.Update(r, 0), tx.Remove(tenant, "company_key_walk", acme), tx.RemoveJob(tenant, companykey.JobReseal, acme))
	}); err != nil {
		t.Fatal(err)
	}
	w.insert(user("1", acme))
	w.wantKeys(map[string]int{acme + " 0": 1}, acme)
	w.want(companykey.Wrap(w.db, master(1)), `{"name":"Ada Moreau 1"}`)
	if s := w.state(acme); s.State != companykey.NotStarted {
		t.Errorf("state %+v", s)
	}
	w.now = w.now.Add(time.Hour)
	w.must(acme)
	w.insert(user("2", acme))
	w.want(companykey.Wrap(w.db, master(1)), `{"name":"Ada Moreau 1"}`, `{"name":"Ada Moreau 2"}`)
	w.walk()
	w.wantKeys(map[string]int{acme + " 1": 2}, acme)
	w.want(companykey.Wrap(w.db, master(1)), `{"name":"Ada Moreau 1"}`, `{"name":"Ada Moreau 2"}`)
}
