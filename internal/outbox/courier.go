// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
)

// ErrStopped is returned by Settle after Stop.
var ErrStopped = errors.New("outbox: stopped")

// batch is how many lanes are taken in by one look into the store.
const batch = 128

// courier decides what is sent when: the due head of each lane, lanes side by side, within the bounds.
type courier struct {
	store   store.Store
	clocks  *clock.Tenants
	options Options
	attempt func(sending, writing context.Context, tenant, id string) (outcome, error)

	// sending ends when Stop loses patience, writing a little later. Neither carries a transaction.
	sending, writing    context.Context
	stopSend, stopWrite context.CancelFunc
	workers             sync.WaitGroup

	// mu is held while the store is read, so a hook of a transaction must never wait for it.
	mu      sync.Mutex
	queues  map[string]*queue
	running int
	starved map[string]struct{} // tenants that had something due and found no worker
	stopped bool
	changed chan struct{} // closed and replaced when an attempt has ended

	signal signal
	loop   loop
}

func newCourier(o Options, attempt func(sending, writing context.Context, tenant, id string) (outcome, error)) *courier {
	c := &courier{store: o.Store, clocks: o.Clocks, options: o, attempt: attempt, queues: map[string]*queue{}, starved: map[string]struct{}{},
		changed: make(chan struct{}), signal: signal{ping: make(chan struct{}, 1), dirty: map[string]map[string]struct{}{}}}
	c.sending, c.stopSend = context.WithCancel(context.Background())
	c.writing, c.stopWrite = context.WithCancel(context.Background())
	return c
}

// queue is the tenant's; mu is held.
func (c *courier) queue(tenant string) *queue {
	q := c.queues[tenant]
	if q == nil {
		q = &queue{tenant: tenant, endpoints: map[string]*endpoint{}, taken: map[lane]struct{}{}}
		c.queues[tenant] = q
	}
	return q
}

// dispatch starts what is due at the time as far as there is room, and reports whether anything due is
// left or under way. mu is held, so a lane cannot be let go of between reading the store and here:
// what was read of a lane that is not in hand is the present state.
func (c *courier) dispatch(ctx context.Context, q *queue, now time.Time) (more bool, err error) {
	for {
		c.start(q)
		switch {
		case c.stopped:
			return false, ErrStopped
		case c.running >= c.options.Workers:
			c.starved[q.tenant] = struct{}{}
			return true, nil
		case !q.stale:
			return len(q.taken) > 0, nil
		}
		limit := len(q.taken) + batch
		var heads []*store.Delivery
		err := c.store.View(ctx, func(ctx context.Context) (err error) {
			heads, err = store.Read(ctx).DueDeliveries(store.DueQuery{Tenant: q.tenant, Now: now, Limit: limit})
			return err
		})
		if err != nil {
			return false, err
		}
		q.add(heads)
		q.stale = len(heads) == limit
	}
}

// start gives waiting lanes to workers, endpoints in turn; mu is held.
func (c *courier) start(q *queue) {
	for begun := true; begun && !c.stopped; {
		begun = false
		for _, e := range q.endpoints {
			if len(e.ready) == 0 {
				continue
			}
			if c.running >= c.options.Workers {
				return
			}
			if !e.room(c.options.PerEndpoint) {
				continue
			}
			d := e.ready[0]
			e.ready[0], e.ready = nil, e.ready[1:]
			e.running++
			q.running++
			c.running++
			begun = true
			c.workers.Go(func() { c.work(q, d) })
		}
	}
}

// work makes one attempt and then keeps the lanes moving.
func (c *courier) work(q *queue, d *store.Delivery) {
	o, err := c.attempt(c.sending, c.writing, d.Tenant, d.ID)
	c.mu.Lock()
	q.finish(d, o, err)
	c.running--
	var hungry map[string]struct{}
	if len(c.starved) > 0 { // others waited for this worker: let the loop share it out
		hungry, c.starved = c.starved, map[string]struct{}{}
	} else {
		c.start(q)
	}
	close(c.changed)
	c.changed = make(chan struct{})
	idle := len(q.endpoints[d.Endpoint].ready) == 0
	q.stale = q.stale || idle // the lane may have a next, and its endpoint has nothing else to do
	c.mu.Unlock()
	for tenant := range hungry {
		c.wake(tenant)
	}
	switch {
	case err != nil:
		c.report(c.writing, err)
		c.signal.mark(d.Tenant, anyEndpoint) // and not at once: the store is in trouble
	case idle || len(hungry) > 0:
		c.wake(d.Tenant)
	}
}

// settle sends everything that is due for the tenant at this moment, and returns how many attempts
// were made when nothing due is left. What fails is due later and not waited for.
func (c *courier) settle(ctx context.Context, tenant string) (int, error) {
	now := c.clocks.Now(tenant)
	c.mu.Lock()
	defer c.mu.Unlock()
	q := c.queue(tenant)
	before := q.performed
	q.stale, q.err = true, nil
	for {
		more, err := c.dispatch(ctx, q, now)
		if !more || err != nil {
			return q.performed - before, err
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		c.mu.Lock()
		if err := errors.Join(ctx.Err(), q.err); err != nil {
			return q.performed - before, err
		}
	}
}
