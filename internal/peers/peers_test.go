// SPDX-License-Identifier: Apache-2.0

package peers_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/peers"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

const tenant = "tenant-a"

// process remembers a number that is stored.
type process struct {
	*peers.Peers
	t *testing.T

	mu         sync.Mutex
	remembered int
	newest     int64
	told, late atomic.Int64
}

func memory(t *testing.T) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

func newProcess(t *testing.T, st store.Store, within time.Duration) *process {
	t.Helper()
	p := &process{t: t, Peers: peers.New(st, within)}
	p.Register(peers.Clock, func(ctx context.Context, tenant string, n int64) error {
		p.told.Add(1)
		r, err := store.Read(ctx).Get(tenant, "number", "1")
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		v, err := strconv.Atoi(string(r.Doc))
		p.remember(v, n)
		return err
	})
	p.RegisterLate(peers.Seats, func(context.Context, string, int64) error { p.late.Add(1); return nil })
	return p
}

func (p *process) remember(v int, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n >= p.newest {
		p.remembered, p.newest = v, n
	}
}

func (p *process) value() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.remembered
}

func (p *process) ctx() context.Context {
	return actor.With(p.t.Context(), &actor.Actor{Tenant: tenant})
}

// add adds to the number by what is remembered of it, which a write may do.
func (p *process) add(n int, err error) error {
	return p.Update(p.ctx(), func(ctx context.Context) error {
		tx := store.From(ctx)
		next := p.value() + n
		rec := func() *store.Record {
			return &store.Record{Tenant: tenant, Kind: "number", ID: "1", Doc: []byte(strconv.Itoa(next))}
		}
		werr := tx.Update(rec(), 0)
		if errors.Is(werr, store.ErrNotFound) {
			werr = tx.Insert(rec())
		}
		peers.Note(ctx, tenant, peers.Clock, func(n int64) { p.remember(next, n) })
		return errors.Join(werr, err)
	})
}

func (p *process) follow() {
	p.t.Helper()
	if err := p.Follow(p.ctx(), tenant); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) shows(what string, want int) {
	p.t.Helper()
	if got := p.value(); got != want {
		p.t.Errorf("%s: %d is remembered, want %d", what, got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What one process changes the other one knows when it follows, and nobody is told what it did itself.
func TestFollow(t *testing.T) {
	t.Parallel()
	st := memory(t)
	a, b := newProcess(t, st, 0), newProcess(t, st, 0)
	a.follow()
	b.follow()
	if a.told.Load() != 1 || b.told.Load() != 1 || b.late.Load() != 1 {
		t.Errorf("at the first meeting: told %d, %d and %d times", a.told.Load(), b.told.Load(), b.late.Load())
	}
	must(t, a.add(3, nil))
	a.shows("who changed it", 3)
	b.shows("before it follows", 0)
	b.follow()
	b.follow()
	b.shows("after it followed", 3)
	a.follow()
	if a.told.Load() != 1 || b.told.Load() != 2 {
		t.Errorf("told %d times of its own change, %d times of the other's", a.told.Load()-1, b.told.Load()-1)
	}
	refused := errors.New("refused")
	if err := a.add(5, refused); !errors.Is(err, refused) {
		t.Fatal(err)
	}
	b.follow()
	a.shows("after a rollback", 3)
	b.shows("after a rollback elsewhere", 3)
	if err := b.Follow(b.ctx(), "tenant-b"); err != nil {
		t.Error(err)
	}
	b.shows("after another tenant was met", 3)
}

// Within the bound what is remembered is believed, but not by a write.
func TestBound(t *testing.T) {
	t.Parallel()
	st := memory(t)
	a, b := newProcess(t, st, time.Hour), newProcess(t, st, time.Hour)
	a.follow()
	b.follow()
	must(t, a.add(3, nil))
	b.follow()
	b.shows("within the bound", 0)
	late := b.late.Load()
	must(t, b.add(4, nil))
	b.shows("after a write", 7)
	if b.late.Load() != late {
		t.Error("what writes do not decide by was read in a write")
	}
	a.follow()
	a.shows("within the bound", 3)
	must(t, a.Refresh(a.ctx(), tenant))
	a.shows("when it asks", 7)
}

// broken is a store that cannot be read.
type broken struct {
	store.Store
	down atomic.Bool
}

var errDown = errors.New("down")

func (b *broken) View(ctx context.Context, fn func(context.Context) error) error {
	if b.down.Load() {
		return errDown
	}
	return b.Store.View(ctx, fn)
}

// What cannot be compared is not believed.
func TestStoreDown(t *testing.T) {
	t.Parallel()
	st := &broken{Store: memory(t)}
	a := newProcess(t, st, 0)
	a.follow()
	st.down.Store(true)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := a.Follow(a.ctx(), tenant); !errors.Is(err, errDown) {
				t.Errorf("without a store: %v", err)
			}
		})
	}
	wg.Wait()
	st.down.Store(false)
	a.follow()
}

// A process that has the store to itself follows nobody, and remembers at once.
func TestAlone(t *testing.T) {
	t.Parallel()
	var nobody *peers.Peers
	must(t, errors.Join(nobody.Follow(t.Context(), tenant), nobody.Refresh(t.Context(), tenant)))
	st, got := memory(t), int64(-1)
	must(t, st.Update(t.Context(), func(ctx context.Context) error {
		peers.Note(ctx, tenant, peers.Clock, func(n int64) { got = n })
		return nil
	}))
	if got != 0 {
		t.Errorf("number %d", got)
	}
}

// Many write by what they remember, at two processes at once, while others follow: every addition counts.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	st := memory(t)
	nodes := []*process{newProcess(t, st, 0), newProcess(t, st, time.Millisecond)}
	var wg sync.WaitGroup
	const callers, each = 6, 30
	for c := range callers {
		p := nodes[c%2]
		var turn sync.Mutex
		wg.Go(func() {
			for range each {
				turn.Lock()
				if err := p.Update(p.ctx(), func(ctx context.Context) error {
					_, err := store.From(ctx).Change(tenant, peers.Rights)
					return err
				}); err != nil {
					t.Error(err)
				}
				turn.Unlock()
				p.follow()
			}
		})
	}
	wg.Wait()
	must(t, nodes[0].add(1, nil))
	must(t, nodes[1].add(1, nil))
	for _, p := range nodes {
		must(t, p.Refresh(p.ctx(), tenant))
		p.shows("in the end", 2)
	}
}

// A transaction that compares after it changed something itself does not take for committed what is undone with it.
func TestComparedInsideAndUndone(t *testing.T) {
	t.Parallel()
	st := memory(t)
	a, b := newProcess(t, st, 0), newProcess(t, st, 0)
	a.follow()
	b.follow()
	undone := errors.New("undone")
	if err := a.Update(a.ctx(), func(ctx context.Context) error {
		peers.Note(ctx, tenant, peers.Clock, func(int64) {})
		must(t, a.Follow(ctx, tenant))
		must(t, a.Refresh(ctx, tenant))
		return undone
	}); !errors.Is(err, undone) {
		t.Fatal(err)
	}
	must(t, b.add(3, nil))
	a.follow()
	a.shows("the change of the other one, which has the number of what was undone", 3)
}

// What is read first and arrives last changes nothing.
func TestOrder(t *testing.T) {
	t.Parallel()
	var o peers.Order
	for i, step := range []struct {
		is, want bool
	}{
		{o.Own("t", "a", 0), true}, // whoever has the store to itself gives no numbers
		{o.Follows("t", 5), true},
		{o.Follows("t", 4), false},
		{o.Follows("t", 5), true},
		{o.Own("t", "a", 4), false},
		{o.Own("t", "a", 5), true},
		{o.Keeps("t", "a"), false},
		{o.Own("t", "a", 7), true},
		{o.Own("t", "a", 6), false},
		{o.Own("t", "b", 6), true},
		{o.Keeps("t", "a") && o.Keeps("t", "b"), true},
		{o.Follows("t", 6), true},
		{o.Keeps("t", "a"), true},
		{o.Keeps("t", "b"), false},
		{o.Follows("t", 7), true},
		{o.Keeps("t", "a"), false},
		{o.Follows("other", 1), true},
	} {
		if step.is != step.want {
			t.Errorf("step %d: %v", i, step.is)
		}
	}
}
