// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/airside-travel/airside/internal/store"
)

var errMine = errors.New("mine")

func rollbackLeavesNothing(t *testing.T, s store.Store) {
	everything := func(tx store.Tx) error {
		return errors.Join(
			tx.Insert(user("u1", "ada@example.com")),
			tx.AppendEvent(event("e1", "PNR/1")),
			tx.PutDelivery(&store.Delivery{Tenant: tenant, ID: "d1", Endpoint: "x", Resource: "PNR/1", State: store.Pending}),
			tx.AppendAttempt(&store.Attempt{Tenant: tenant, DeliveryID: "d1", N: 1}),
			tx.AppendAudit(&store.AuditEntry{Tenant: tenant, Seq: 1}),
			tx.PutIdempotent(&store.Idempotency{Tenant: tenant, Client: "c", Key: "k"}),
			tx.PutJob(&store.Job{Tenant: tenant, Kind: "hold", Key: "1", Due: start}),
		)
	}
	nothing := func() {
		t.Helper()
		read(t, s, func(r store.Reader) error {
			_, err := r.Get(tenant, "user", "u1")
			is(t, "Get", err, store.ErrNotFound)
			_, err = r.Find(tenant, "user", "user.email", "ada@example.com")
			is(t, "Find", err, store.ErrNotFound)
			_, err = r.Event(tenant, "e1")
			is(t, "Event", err, store.ErrNotFound)
			_, err = r.Delivery(tenant, "d1")
			is(t, "Delivery", err, store.ErrNotFound)
			_, err = r.Idempotent(tenant, "c", "k")
			is(t, "Idempotent", err, store.ErrNotFound)
			attempts, err1 := r.Attempts(tenant, "d1")
			jobs, err2 := r.DueJobs(tenant, minute(1), 0)
			last, err3 := r.LastAudit(tenant)
			if len(attempts) > 0 || len(jobs) > 0 || last != nil {
				t.Errorf("left over: attempts %v, jobs %v, audit %v", attempts, jobs, last)
			}
			return errors.Join(err1, err2, err3)
		})
	}
	for range 2 { // the second time the tenant exists
		err := try(t, s, func(tx store.Tx) error { return errors.Join(everything(tx), errMine) })
		if err == nil || err.Error() != errMine.Error() {
			t.Errorf("Update: error %v, want %v and nothing else", err, errMine)
		}
		nothing()
		insert(t, s, &store.Record{Tenant: tenant, Kind: "company", ID: "acme"})
		write(t, s, func(tx store.Tx) error { return tx.Remove(tenant, "company", "acme") })
	}
	write(t, s, everything)
	if get(t, s, tenant, "user", "u1") == nil {
		t.Error("the record is missing after a good transaction")
	}
}

func panicIsAnError(t *testing.T, s store.Store) {
	insert(t, s, user("u0", "zero@example.com"))
	for name, fn := range map[string]func(tx store.Tx){
		"plain": func(tx store.Tx) { panic("boom") },
		"after a write": func(tx store.Tx) {
			if err := tx.Insert(user("u1", "ada@example.com")); err != nil {
				t.Error(err)
			}
			panic("boom")
		},
		"in a loop": func(tx store.Tx) {
			for range tx.List(store.Query{Tenant: tenant, Kind: "user"}) {
				panic("boom")
			}
		},
	} {
		err := try(t, s, func(tx store.Tx) error { fn(tx); return nil })
		if err == nil || !strings.Contains(err.Error(), "boom") || !strings.Contains(err.Error(), "storetest") {
			t.Errorf("%s: error %v, want one with the panic and its stack", name, err)
		}
	}
	same(t, "list", list(t, s, store.Query{Tenant: tenant, Kind: "user"}), []string{"u0"})
	insert(t, s, user("u1", "ada@example.com"))
}

func hooks(t *testing.T, s store.Store) {
	var log []string
	register := func(tx store.Tx) {
		tx.AfterCommit(func() { log = append(log, "committed") })
		tx.AfterCommit(func() { log = append(log, "committed too") })
		tx.AfterRollback(func() { log = append(log, "rolled back") })
	}
	write(t, s, func(tx store.Tx) error { register(tx); return tx.Insert(user("u1", "ada@example.com")) })
	same(t, "after a commit", log, []string{"committed", "committed too"})
	log = nil
	write(t, s, func(tx store.Tx) error { register(tx); return nil })
	same(t, "after reading only", log, []string{"committed", "committed too"})
	log = nil
	is(t, "Update", try(t, s, func(tx store.Tx) error {
		register(tx)
		return errors.Join(tx.Insert(user("u2", "tomas@example.com")), errMine)
	}), errMine)
	same(t, "after a rollback", log, []string{"rolled back"})
	log = nil
	if err := try(t, s, func(tx store.Tx) error { register(tx); panic("boom") }); err == nil {
		t.Error("a panic was not reported")
	}
	same(t, "after a panic", log, []string{"rolled back"})
}

// A hook belongs to its caller, so that is where its panic goes; the transaction stands.
func hookPanics(t *testing.T, s store.Store) {
	func() {
		defer func() {
			if p := recover(); p != "boom" {
				t.Errorf("recovered %v, want boom", p)
			}
		}()
		write(t, s, func(tx store.Tx) error {
			tx.AfterCommit(func() { panic("boom") })
			return tx.Insert(user("u1", "ada@example.com"))
		})
	}()
	same(t, "list", list(t, s, store.Query{Tenant: tenant, Kind: "user"}), []string{"u1"})
	insert(t, s, user("u2", "tomas@example.com"))
}

// watched is a context that tells when somebody waits for its end.
type watched struct {
	context.Context
	once  sync.Once
	waits chan struct{}
}

func (w *watched) Done() <-chan struct{} {
	w.once.Do(func() { close(w.waits) })
	return w.Context.Done()
}

func canceledBeforeStart(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	queued := &watched{Context: ctx, waits: make(chan struct{})}
	hold, running, answers := make(chan struct{}), make(chan struct{}), make(chan error, 2)
	go func() {
		answers <- try(t, s, func(tx store.Tx) error { close(running); <-hold; return nil })
	}()
	<-running // the writer is busy, so the next call waits
	go func() {
		answers <- s.Update(queued, func(context.Context) error { t.Error("a canceled call was run"); return nil })
	}()
	<-queued.waits
	cancel()
	is(t, "waiting call", <-answers, context.Canceled)
	close(hold)
	if err := <-answers; err != nil {
		t.Errorf("running call: %v", err)
	}
	is(t, "call after the end of its context", s.Update(ctx, func(context.Context) error { return nil }), context.Canceled)
	// Once started, a call completes.
	ctx, cancel = context.WithCancel(t.Context())
	if err := s.Update(ctx, func(ctx context.Context) error {
		cancel()
		return store.From(ctx).Insert(user("u1", "ada@example.com"))
	}); err != nil {
		t.Errorf("call canceled while running: %v", err)
	}
	same(t, "list", list(t, s, store.Query{Tenant: tenant, Kind: "user"}), []string{"u1"})
}

func nestedCalls(t *testing.T, s store.Store) {
	noop := func(context.Context) error { return nil }
	for name, outer := range map[string]func(context.Context, func(context.Context) error) error{"Update": s.Update, "View": s.View} {
		err := outer(t.Context(), func(ctx context.Context) error {
			if err := s.Update(ctx, noop); err == nil {
				t.Errorf("Update inside %s was accepted", name)
			}
			tx := store.Read(ctx)
			return s.View(ctx, func(ctx context.Context) error {
				if store.Read(ctx) != tx {
					t.Errorf("View inside %s has a transaction of its own", name)
				}
				return nil
			})
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func endedTransaction(t *testing.T, s store.Store) {
	insert(t, s, user("u1", "ada@example.com"))
	var tx store.Tx
	var r store.Reader
	write(t, s, func(now store.Tx) error { tx = now; return nil })
	read(t, s, func(now store.Reader) error { r = now; _, err := r.Get(tenant, "user", "u1"); return err })
	if _, err := tx.Get(tenant, "user", "u1"); err == nil {
		t.Error("an ended Update still reads")
	}
	if err := tx.Insert(user("u2", "tomas@example.com")); err == nil {
		t.Error("an ended Update still writes")
	}
	if _, err := r.Get(tenant, "user", "u1"); err == nil {
		t.Error("an ended View still reads")
	}
}

func readsItsOwnWrites(t *testing.T, s store.Store) {
	write(t, s, func(tx store.Tx) error {
		if err := tx.Insert(user("u1", "ada@example.com")); err != nil {
			return err
		}
		rec, err := tx.Find(tenant, "user", "user.email", "ada@example.com")
		if err != nil {
			return err
		}
		if err := tx.Update(user("u1", "b@example.com"), rec.Version); err != nil {
			return err
		}
		_, err = tx.Find(tenant, "user", "user.email", "ada@example.com")
		is(t, "Find", err, store.ErrNotFound)
		n, err := tx.Count(store.Query{Tenant: tenant, Kind: "user"})
		if n != 1 {
			t.Errorf("Count = %d, want 1", n)
		}
		tenants, err2 := tx.Tenants()
		if !slices.Contains(tenants, tenant) {
			t.Errorf("Tenants = %v, want %s in it", tenants, tenant)
		}
		return errors.Join(err, err2)
	})
}
