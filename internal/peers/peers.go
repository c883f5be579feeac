// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
)

// What is followed.
const (
	Credentials  = "credentials"
	Rights       = "rights"
	Clock        = "clock"
	Seats        = "seats"
	Applications = "applications"
	Environments = "environments" // of the process, so under the platform's tenant
)

// Follower is told that a thing was changed by another process, n times in all, or that it is met for the first
// time. The context carries a transaction that shows the change. It may be told twice, and by several
// goroutines at once.
type Follower func(ctx context.Context, tenant string, n int64) error

// Peers is a store that several processes use. The zero bound compares at each call.
type Peers struct {
	store.Store
	within time.Duration
	clock  clock.Clock // real time: tenants' clocks may stand still

	exact map[string]Follower // told in write transactions too
	late  map[string]Follower // not told there: a write decides by rows

	mu      sync.Mutex
	tenants map[string]*tenant
}

// tenant is how far this process has followed one.
type tenant struct {
	asking sync.Mutex // one at a time

	mu      sync.Mutex
	known   map[string]int64
	checked time.Time // when the last comparison began
	failed  time.Time // when the last one failed
	err     error
}

// New makes Peers of a store.
func New(st store.Store, within time.Duration) *Peers {
	return &Peers{Store: st, within: within, clock: clock.System(), exact: map[string]Follower{}, late: map[string]Follower{}, tenants: map[string]*tenant{}}
}

// Register says who follows a thing, before anything is followed. The follower is told in write transactions
// too, as soon as the tenant is locked.
func (p *Peers) Register(name string, f Follower) { p.exact[name] = f }

// RegisterLate is Register for what writes do not decide by.
func (p *Peers) RegisterLate(name string, f Follower) { p.late[name] = f }

func (p *Peers) tenant(id string) *tenant {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tenants[id]
	if t == nil {
		t = &tenant{known: map[string]int64{}}
		p.tenants[id] = t
	}
	return t
}

// Follow makes sure that what is remembered of a tenant is no older than the bound; in a write transaction,
// that it is what was committed when the tenant was locked. In a View it does nothing: whoever
// opened it has followed.
func (p *Peers) Follow(ctx context.Context, id string) error {
	if p == nil || id == "" {
		return nil
	}
	switch r, _ := store.Current(ctx); r.(type) {
	case store.Tx:
		return p.inside(ctx, id)
	case store.Reader:
		return nil
	}
	return p.ask(ctx, id, p.within)
}

// Refresh is Follow that compares now, however short ago the last comparison was: for whoever meets something that is
// not remembered. What does not come to be known by it is not there.
func (p *Peers) Refresh(ctx context.Context, id string) error {
	if p == nil {
		return nil
	}
	if r, _ := store.Current(ctx); r != nil {
		if _, writes := r.(store.Tx); writes {
			return p.inside(ctx, id)
		}
	}
	return p.ask(ctx, id, 0)
}

// ask compares unless that was done within the bound.
func (p *Peers) ask(ctx context.Context, id string, within time.Duration) error {
	t, arrived := p.tenant(id), p.clock.Now()
	if t.fresh(arrived, within) {
		return nil
	}
	t.asking.Lock()
	defer t.asking.Unlock()
	t.mu.Lock()
	checked, failed, err := t.checked, t.failed, t.err
	t.mu.Unlock()
	switch {
	case checked.After(arrived) || within > 0 && t.fresh(p.clock.Now(), within):
		return nil
	case failed.After(arrived): // whoever was waited for did not get through; not everybody need try
		return err
	}
	began := p.clock.Now()
	err = p.Store.View(ctx, func(ctx context.Context) error {
		n, err := store.Read(ctx).Changes(id)
		if err != nil {
			return err
		}
		return p.tell(ctx, t, id, n, p.exact, p.late)
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err == nil:
		t.checked = began
	case ctx.Err() == nil:
		t.failed, t.err = p.clock.Now(), err
	}
	return err
}

// fresh reports whether the last comparison is recent. A clock that was set back makes it old.
func (t *tenant) fresh(now time.Time, within time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	age := now.Sub(t.checked)
	return age >= 0 && age < within
}

// unfinished stands for the number of what the running transaction has changed itself.
const unfinished = -1

// inside compares in a write transaction.
func (p *Peers) inside(ctx context.Context, id string) error {
	n, err := store.From(ctx).Changes(id)
	if err != nil {
		return err
	}
	if rec, _ := ctx.Value(recorderKey{}).(*recorder); rec != nil { // what it counted itself may be undone with it
		for of := range rec.noted {
			if of[0] == id {
				n[of[1]] = unfinished
			}
		}
	}
	return p.tell(ctx, p.tenant(id), id, n, p.exact)
}

// tell tells followers what has changed since they were told.
func (p *Peers) tell(ctx context.Context, t *tenant, id string, n map[string]int64, followers ...map[string]Follower) error {
	t.mu.Lock()
	known := maps.Clone(t.known)
	t.mu.Unlock()
	for _, some := range followers {
		for name, follow := range some {
			if k, ok := known[name]; n[name] == unfinished || ok && n[name] <= k {
				continue
			}
			if err := follow(ctx, id, n[name]); err != nil {
				return err
			}
			t.mu.Lock()
			if k, ok := t.known[name]; !ok || k < n[name] {
				t.known[name] = n[name]
			}
			t.mu.Unlock()
		}
	}
	return nil
}

// own notes a change of this process, which remembers it already. When others came between, they are found
// at the next comparison.
func (p *Peers) own(id, name string, n int64) {
	t := p.tenant(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	if k, ok := t.known[name]; ok && k == n-1 {
		t.known[name] = n
	}
}

// Update runs fn as the store does, after a comparison for the caller's tenant.
func (p *Peers) Update(ctx context.Context, fn func(ctx context.Context) error) error {
	return p.Store.Update(ctx, func(ctx context.Context) error {
		rec := &recorder{peers: p}
		ctx = context.WithValue(ctx, recorderKey{}, rec)
		if err := p.Follow(ctx, actor.Tenant(ctx)); err != nil {
			return err
		}
		if err := fn(ctx); err != nil {
			return err
		}
		return rec.err
	})
}
