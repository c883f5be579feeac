// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/airside-travel/airside/internal/store"
)

// failureBesideOthers lets good, failing and panicking calls wait together, so that an engine that
// commits groups has them in one.
func failureBesideOthers(t *testing.T, s store.Store) {
	const n = 60
	for round := range 3 {
		hold, running := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := try(t, s, func(store.Tx) error { close(running); <-hold; return nil }); err != nil {
				t.Error(err)
			}
		})
		<-running
		var queued sync.WaitGroup
		for i := range n {
			queued.Add(1)
			wg.Go(func() {
				queued.Done()
				err := try(t, s, func(tx store.Tx) error {
					id := fmt.Sprintf("%d-%d", round, i)
					if err := tx.Insert(user(id, id)); err != nil {
						return err
					}
					if err := tx.AppendEvent(event(id, "PNR/1")); err != nil {
						return err
					}
					switch i % 4 {
					case 1:
						return errMine
					case 2:
						panic("boom")
					case 3:
						return tx.Insert(user(id+"x", id)) // the e-mail address is taken
					}
					return nil
				})
				if good := i%4 == 0; good != (err == nil) {
					t.Errorf("call %d: error %v", i, err)
				}
			})
		}
		queued.Wait()
		close(hold)
		wg.Wait()
		if got, want := len(list(t, s, store.Query{Tenant: tenant, Kind: "user"})), (round+1)*n/4; got != want {
			t.Errorf("%d records, want %d", got, want)
		}
		seqs := []int64{}
		read(t, s, func(r store.Reader) error {
			for e, err := range r.Events(store.EventQuery{Tenant: tenant}) {
				if err != nil {
					return err
				}
				seqs = append(seqs, e.Seq)
			}
			return nil
		})
		if got, want := len(seqs), (round+1)*n/4; got != want {
			t.Errorf("%d events, want %d", got, want)
		}
	}
}

// sixtyFourWriters move units between accounts, with readers checking that the sum holds at any time.
func sixtyFourWriters(t *testing.T, s store.Store) {
	const accounts, writers, moves = 8, 64, 8
	account := func(i, units int) *store.Record {
		return &store.Record{Tenant: tenant, Kind: "account", ID: strconv.Itoa(i), CreatedAt: start, Doc: []byte(strconv.Itoa(units))}
	}
	for i := range accounts {
		insert(t, s, account(i, 100))
	}
	units := func(r store.Reader, i int) (int, int64, error) {
		rec, err := r.Get(tenant, "account", strconv.Itoa(i))
		if err != nil {
			return 0, 0, err
		}
		n, err := strconv.Atoi(string(rec.Doc))
		return n, rec.Version, err
	}
	var writing sync.WaitGroup
	var done atomic.Bool
	for w := range writers {
		writing.Go(func() {
			for m := range moves {
				from, to := (w+m)%accounts, (w*3+m*5+1)%accounts
				if from == to {
					continue
				}
				err := try(t, s, func(tx store.Tx) error {
					a, va, err := units(tx, from)
					if err != nil {
						return err
					}
					b, vb, err := units(tx, to)
					if err != nil {
						return err
					}
					return errors.Join(tx.Update(account(from, a-1), va), tx.Update(account(to, b+1), vb))
				})
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	var reading sync.WaitGroup
	for range 6 {
		reading.Go(func() {
			for last := false; !last; {
				last = done.Load()
				sum := 0
				read(t, s, func(r store.Reader) error {
					for i := range accounts {
						n, _, err := units(r, i)
						if err != nil {
							return err
						}
						sum += n
					}
					return nil
				})
				if sum != accounts*100 {
					t.Errorf("the sum is %d, want %d", sum, accounts*100)
					return
				}
			}
		})
	}
	writing.Wait()
	done.Store(true)
	reading.Wait()
}

func snapshot(t *testing.T, s store.Store) {
	insert(t, s, user("u1", "ada@example.com"))
	wrote := make(chan error, 1)
	read(t, s, func(r store.Reader) error {
		before, err := r.Get(tenant, "user", "u1")
		if err != nil {
			return err
		}
		go func() {
			wrote <- try(t, s, func(tx store.Tx) error {
				return errors.Join(tx.Update(user("u1", "b@example.com"), 0), tx.Insert(user("u2", "c@example.com")))
			})
		}()
		for range 100 {
			again, err := r.Get(tenant, "user", "u1")
			if err != nil {
				return err
			}
			same(t, "a second read", again, before)
			n, err := r.Count(store.Query{Tenant: tenant, Kind: "user"})
			if err != nil || n != 1 {
				t.Errorf("Count = %d, %v, want 1", n, err)
			}
		}
		return nil
	})
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, tenant, "user", "u1").Version; got != 2 {
		t.Errorf("version %d afterwards, want 2", got)
	}
}

func closeWhileBusy(t *testing.T, s store.Store) {
	var wg sync.WaitGroup
	var written atomic.Int64
	begun := make(chan struct{})
	var once sync.Once
	for w := range 16 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", w, i)
				err := try(t, s, func(tx store.Tx) error { return tx.Insert(user(id, id)) })
				if err != nil {
					is(t, "Update", err, store.ErrClosed)
					return
				}
				if written.Add(1) > 50 {
					once.Do(func() { close(begun) })
				}
				err = s.View(t.Context(), func(ctx context.Context) error {
					_, err := store.Read(ctx).Get(tenant, "user", id)
					return err
				})
				if err != nil {
					is(t, "View", err, store.ErrClosed)
					return
				}
			}
		})
	}
	<-begun
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	wg.Wait()
	noop := func(context.Context) error { return nil }
	is(t, "Update", s.Update(t.Context(), noop), store.ErrClosed)
	is(t, "View", s.View(t.Context(), noop), store.ErrClosed)
	if err := s.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
}

// everybodyFails has calls that share a transaction fail, each after it wrote and read: the store goes on as if nothing
// had been there.
func everybodyFails(t *testing.T, s store.Store) {
	insert(t, s, user("there", "there@example.com"))
	refused := errors.New("refused")
	var wg sync.WaitGroup
	for c := range 32 {
		wg.Go(func() {
			for i := range 10 {
				id := fmt.Sprint(c, "-", i)
				err := s.Update(t.Context(), func(ctx context.Context) error {
					tx := store.From(ctx)
					err := tx.Insert(user(id, id+"@example.com"))
					if err == nil {
						_, err = tx.Get(tenant, "user", "there") // sends what was written
					}
					return errors.Join(err, refused)
				})
				is(t, "a call that fails", err, refused)
			}
		})
	}
	wg.Wait()
	insert(t, s, user("after", "after@example.com"))
	same(t, "who is there", list(t, s, store.Query{Tenant: tenant, Kind: "user"}), []string{"there", "after"})
}
