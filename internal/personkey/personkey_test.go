// SPDX-License-Identifier: Apache-2.0

package personkey_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/personkey"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/store/storetest"
)

const (
	tenant = "7d1f7a2e-0000-7000-8000-000000000001"
	ada    = "7d1f7a2e-0000-7000-8000-00000000000a"
	tomas  = "7d1f7a2e-0000-7000-8000-00000000000b"
	office = "7d1f7a2e-0000-7000-8000-00000000000c"
)

var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func engine(t testing.TB) *sqlite.Store {
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
	storetest.Run(t, func(t *testing.T) store.Store { return personkey.Wrap(engine(t)) })
}

type world struct {
	t  *testing.T
	db *sqlite.Store
	st *personkey.Store
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := engine(t)
	w := &world{t, db, personkey.Wrap(db)}
	w.update(func(tx store.Tx) error { return errors.Join(tx.Insert(user(ada)), tx.Insert(user(tomas))) })
	return w
}

func user(id string) *store.Record {
	return &store.Record{Tenant: tenant, Kind: "user", ID: id, CreatedAt: at, UpdatedAt: at, Doc: []byte(`{}`)}
}

func (w *world) update(fn func(store.Tx) error) {
	w.t.Helper()
	if err := w.st.Update(w.t.Context(), func(ctx context.Context) error { return fn(store.From(ctx)) }); err != nil {
		w.t.Fatal(err)
	}
}

// read reads events, in their order, through a store.
func (w *world) read(s store.Store, heads bool) (out []*store.Event) {
	w.t.Helper()
	if err := s.View(w.t.Context(), func(ctx context.Context) error {
		for e, err := range store.Read(ctx).Events(store.EventQuery{Tenant: tenant, Heads: heads}) {
			if err != nil {
				return err
			}
			out = append(out, e)
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func event(id, resource, body string) *store.Event {
	return &store.Event{Tenant: tenant, ID: id, Resource: resource, Type: "PNR_V3", Operation: "X", At: at, Body: []byte(body)}
}

func purge(tx store.Tx, id string) error {
	return errors.Join(tx.Remove(tenant, "user", id), personkey.Destroy(tx, tenant, id))
}

// What is about somebody is gone with the first of the people in it; everything else stays.
func TestEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bodies := []string{`{"of":"` + office + `"}`, `{"name":"Ada"}`, `{"who":"` + ada + `","and":"` + tomas + `"}`, `{"who":"` + tomas + `"}`}
	w.update(func(tx store.Tx) error {
		return errors.Join(tx.AppendEvent(event("e0", "TRIP/1", bodies[0])), tx.AppendEvent(event("e1", "USER/"+ada, bodies[1])),
			tx.AppendEvent(event("e2", "PNR/1", bodies[2])), tx.AppendEvent(event("e3", "PNR/2", bodies[3])))
	})
	for i, e := range w.read(w.db, false) {
		if sealed := !bytes.Equal(e.Body, []byte(bodies[i])); sealed != (i > 0) || bytes.Contains(e.Body, []byte("who")) {
			t.Errorf("event %d below the layer: %q", i, e.Body)
		}
	}
	for _, s := range []store.Store{w.st, personkey.Wrap(w.db)} { // another process finds the keys, too
		for i, e := range w.read(s, false) {
			if string(e.Body) != bodies[i] || e.Purged || e.Seq != int64(i+1) {
				t.Errorf("event %d: %q, purged %t", i, e.Body, e.Purged)
			}
		}
	}
	w.update(func(tx store.Tx) error { return purge(tx, ada) })
	for _, s := range []store.Store{w.st, personkey.Wrap(w.db)} {
		for i, e := range w.read(s, false) {
			if gone := i == 1 || i == 2; e.Purged != gone || gone && e.Body != nil || !gone && string(e.Body) != bodies[i] {
				t.Errorf("event %d after the purge: %q, purged %t", i, e.Body, e.Purged)
			}
		}
		if err := s.View(t.Context(), func(ctx context.Context) error {
			e, err := store.Read(ctx).Event(tenant, "e1")
			if err == nil && (!e.Purged || e.Body != nil) {
				t.Errorf("one event after the purge: %q", e.Body)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	// Who is gone gets no key again.
	w.update(func(tx store.Tx) error { return tx.AppendEvent(event("e4", "USER/"+ada, `{"id":"`+ada+`"}`)) })
	if last := w.read(w.st, false)[4]; last.Purged || len(last.Body) == 0 {
		t.Errorf("an event that tells of the purge: %+v", last)
	}
	for _, e := range w.read(w.st, true) {
		if e.Body != nil || e.Purged {
			t.Errorf("head with a body: %+v", e)
		}
	}
}

// A key that was undone with its transaction must not seal what comes later, and a stranger may turn out to be
// somebody who was made in a transaction that was undone first.
func TestUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	undo := errors.New("undo")
	const late = "7d1f7a2e-0000-7000-8000-00000000000d"
	for _, id := range []string{ada, late} {
		err := w.st.Update(t.Context(), func(ctx context.Context) error {
			tx := store.From(ctx)
			return errors.Join(tx.AppendEvent(event("x", "USER/"+id, `{}`)), undo)
		})
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
	}
	w.update(func(tx store.Tx) error {
		return errors.Join(tx.Insert(user(late)), tx.AppendEvent(event("y", "USER/"+late, `{"b":1}`)), tx.AppendEvent(event("z", "USER/"+ada, `{"b":2}`)))
	})
	if got := w.read(w.st, false); string(got[0].Body) != `{"b":1}` || string(got[1].Body) != `{"b":2}` {
		t.Errorf("%q, %q", got[0].Body, got[1].Body)
	}
	w.update(func(tx store.Tx) error { return errors.Join(purge(tx, ada), purge(tx, late)) })
	for _, e := range w.read(w.st, false) {
		if !e.Purged {
			t.Errorf("%s is there: %s", e.ID, e.Body)
		}
	}
}

func TestAnswersAndTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answer := &store.Idempotency{Tenant: tenant, Client: "c", Key: "k", Status: 201, Body: []byte(`{"id":"` + ada + `"}`), At: at}
	var text []byte
	w.update(func(tx store.Tx) (err error) {
		if err := tx.PutIdempotent(answer); err != nil {
			return err
		}
		text, err = personkey.Seal(tx, tenant, "r1", "client for user "+ada, []byte("203.0.113.7"))
		return err
	})
	if string(answer.Body) != `{"id":"`+ada+`"}` || bytes.Contains(text, []byte("203")) {
		t.Errorf("the caller's answer became %q, the text %q", answer.Body, text)
	}
	check := func(wantGone bool) {
		t.Helper()
		if err := w.st.View(t.Context(), func(ctx context.Context) error {
			r := store.Read(ctx)
			got, err := r.Idempotent(tenant, "c", "k")
			if err != nil {
				return err
			}
			plain, gone, err := personkey.Open(r, tenant, "r1", text)
			if err != nil {
				return err
			}
			if got.Purged != wantGone || gone != wantGone || got.Status != 201 {
				t.Errorf("purged %t and %t, want %t", got.Purged, gone, wantGone)
			}
			if !gone && (string(plain) != "203.0.113.7" || !bytes.Equal(got.Body, answer.Body)) {
				t.Errorf("opened as %q and %q", plain, got.Body)
			}
			if !gone {
				if _, _, err := personkey.Open(r, tenant, "r2", text); !errors.Is(err, store.ErrCorrupt) {
					t.Errorf("a text that was moved: %v", err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	check(false)
	w.update(func(tx store.Tx) error { return purge(tx, ada) })
	check(true)
}

// A call inside a call joins the transaction, keys that it made included.
func TestJoined(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.st.Update(t.Context(), func(ctx context.Context) error {
		if err := store.From(ctx).AppendEvent(event("e", "USER/"+ada, `{"b":1}`)); err != nil {
			return err
		}
		return w.st.View(ctx, func(ctx context.Context) error {
			e, err := store.Read(ctx).Event(tenant, "e")
			if err == nil && string(e.Body) != `{"b":1}` {
				err = fmt.Errorf("read %q", e.Body)
			}
			return err
		})
	}); err != nil {
		t.Error(err)
	}
}

// BenchmarkAppendEvent prints what the sealing adds to the event of a profile.
func BenchmarkAppendEvent(b *testing.B) {
	body := `{"id":"` + ada + `","businessInfo":{"officeRef":{"id":"` + office + `"},"organizationRef":{"id":"` + tenant + `"}},"x":"` +
		string(bytes.Repeat([]byte("profile "), 400)) + `"}`
	for _, sealed := range []bool{false, true} {
		b.Run(fmt.Sprintf("sealed=%t", sealed), func(b *testing.B) {
			var s store.Store = engine(b)
			if sealed {
				s = personkey.Wrap(s)
			}
			write := func(fn func(store.Tx) error) {
				if err := s.Update(b.Context(), func(ctx context.Context) error { return fn(store.From(ctx)) }); err != nil {
					b.Fatal(err)
				}
			}
			write(func(tx store.Tx) error { return tx.Insert(user(ada)) })
			for i := 0; b.Loop(); i++ {
				write(func(tx store.Tx) error { return tx.AppendEvent(event(fmt.Sprint(i), "USER/"+ada, body)) })
			}
		})
	}
}
