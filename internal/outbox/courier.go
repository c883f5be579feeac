// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"container/heap"
	"context"
	"errors"
	"sync"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
)

// ErrStopped is returned by Settle after Stop.
var ErrStopped = errors.New("outbox: stopped")

// batch is how many lanes are taken in by one look into the store.
const batch = 128

// desk is what the courier leaves to the service: everything that reads or writes more than heads.
type desk interface {
	// attempt sends a delivery and writes what came of it.
	attempt(sending, writing context.Context, h head) (outcome, error)
	// postpone writes when held deliveries are due again, and says how many were parked instead.
	postpone(ctx context.Context, tenant string, held []hold) (parked int, err error)
	// meet says what is known of an endpoint: its policy, and its breaker when it was not met before.
	meet(r store.Reader, tenant, id string, first bool) (policy, breaker, error)
	// note writes what an attempt did to a breaker.
	noteBreaker(ctx context.Context, tenant, id string, c change, b breaker, o outcome) error
}

// courier decides what is sent when: the due head of each lane, lanes side by side, within the bounds.
type courier struct {
	store   store.Store
	clocks  *clock.Tenants
	options Options
	desk    desk
	leases  *leases // nil: this process has the store to itself

	// sending ends when Stop loses patience, writing a little later. Neither carries a transaction.
	sending, writing    context.Context
	stopSend, stopWrite context.CancelFunc
	workers             sync.WaitGroup

	// mu is held while the store is read, so a hook of a transaction must never wait for it.
	mu      sync.Mutex
	queues  map[string]*queue
	running int                 // attempts that count as workers
	waiting int                 // those that were patient for too long
	starved map[string]struct{} // tenants that had something due and found no worker
	stopped bool
	changed chan struct{} // closed and replaced when an attempt has ended

	signal signal
	loop   loop
}

func newCourier(o Options, d desk, l *leases) *courier {
	c := &courier{store: o.Store, clocks: o.Clocks, options: o, desk: d, leases: l, queues: map[string]*queue{},
		starved: map[string]struct{}{}, changed: make(chan struct{}), signal: newSignal()}
	c.sending, c.stopSend = context.WithCancel(context.Background())
	c.writing, c.stopWrite = context.WithCancel(context.Background())
	return c
}

// queue is the tenant's; mu is held.
func (c *courier) queue(tenant string) *queue {
	q := c.queues[tenant]
	if q == nil {
		q = &queue{tenant: tenant, endpoints: map[string]*endpoint{}, taken: map[lane]int{}}
		c.queues[tenant] = q
	}
	return q
}

// dispatch starts what is due as far as there is room, and reports whether anything due is left or
// under way. all goes beyond the partitions held by this process. mu is held, so a lane cannot be let
// go of between reading the store and here: what was read of a lane that is not in hand is the present
// state.
func (c *courier) dispatch(ctx context.Context, q *queue, all bool) (more bool, err error) {
	c.signal.retire(q)
	for {
		c.start(q)
		query := store.DueQuery{Tenant: q.tenant, Now: c.clocks.Now(q.tenant)}
		if c.leases != nil && !all {
			query.Partitions = c.leases.held()
		}
		switch {
		case c.stopped:
			return false, ErrStopped
		case c.running >= c.options.Workers:
			c.starved[q.tenant] = struct{}{}
			return true, nil
		case !q.stale && !(all && q.staleAll), c.leases != nil && !all && query.Partitions == 0:
			return len(q.taken) > 0, nil
		}
		if err := c.look(ctx, q, query, all); err != nil {
			return false, err
		}
	}
}

// look takes in heads from the store; mu is held.
func (c *courier) look(ctx context.Context, q *queue, query store.DueQuery, all bool) error {
	var others int
	query.Skip, others = q.supplied(query.Now)
	query.Limit = others + batch
	var heads []head
	met := map[string]*endpoint{}
	err := c.store.View(ctx, func(ctx context.Context) error {
		r := store.Read(ctx)
		due, err := r.DueDeliveries(query)
		if err != nil {
			return err
		}
		for _, d := range due {
			h := head{Delivery: d}
			if c.leases != nil && !all {
				if h.fence = c.leases.fence(d.Partition); h.fence == 0 {
					continue // lost since
				}
			}
			heads = append(heads, h)
			if met[d.Endpoint] == nil {
				e := &endpoint{id: d.Endpoint}
				if e.policy, e.breaker, err = c.desk.meet(r, q.tenant, d.Endpoint, q.endpoints[d.Endpoint] == nil); err != nil {
					return err
				}
				met[d.Endpoint] = e
			}
		}
		q.stale = len(due) == query.Limit
		return nil
	})
	if err != nil {
		return err
	}
	if all || c.leases == nil {
		q.staleAll = q.stale
	}
	for id, e := range met {
		if old := q.endpoints[id]; old == nil {
			q.endpoints[id] = e
		} else if old.policy != e.policy {
			old.policy, old.pace = e.policy, pace{}
		}
	}
	q.add(heads)
	return nil
}

// start gives waiting lanes to workers, endpoints in turn, and puts off what must wait; mu is held.
func (c *courier) start(q *queue) {
	c.signal.forgive(q)
	now := c.clocks.Now(q.tenant)
	var held []hold
	for begun := true; begun && !c.stopped && c.running < c.options.Workers; {
		begun = false
		for _, e := range q.endpoints {
			switch {
			case len(e.ready) == 0 || c.running >= c.options.Workers:
			case e.breaker.open(now) || e.pace.free(now, e.policy.rate).After(now):
				held = append(held, e.holdAll(now)...)
			case e.room(c.options.PerEndpoint):
				h := e.ready[0]
				e.ready[0], e.ready = head{}, e.ready[1:]
				e.pace.spend(now, e.policy.rate)
				e.running++
				c.running++
				begun = true
				s := c.seat(q)
				c.workers.Go(func() { c.work(q, h, s) })
			}
		}
	}
	if len(held) > 0 {
		c.workers.Go(func() { c.putOff(q, held) })
	}
}

// work makes one attempt and then keeps the lanes moving.
func (c *courier) work(q *queue, h head, s *seat) {
	o, err := c.desk.attempt(c.sending, c.writing, h)
	s.timer.Stop()
	c.mu.Lock()
	s.left = true
	turn, b := q.judge(h.Delivery, o, c.clocks.Now(q.tenant))
	if turn != unchanged { // written before the lane is let go of, so that whoever settles sees what that makes due
		c.mu.Unlock()
		c.report(c.writing, c.desk.noteBreaker(c.writing, q.tenant, h.Endpoint, turn, b, o))
		c.mu.Lock()
	}
	q.finish(h.Delivery, o, err)
	if s.waiting {
		c.waiting--
	} else {
		c.running--
	}
	hungry := c.refill(q)
	c.tell()
	more := q.follow(h.Endpoint, o, turn)
	if more {
		q.spoil()
	}
	c.mu.Unlock()
	for tenant := range hungry {
		c.wake(tenant)
	}
	switch {
	case err != nil:
		c.report(c.writing, err)
		c.signal.mark(h.Tenant, anyEndpoint) // and not at once: the store is in trouble
	case more || len(hungry) > 0 || !o.nextAt.IsZero(): // the last sets the loop's timer
		c.wake(h.Tenant)
	}
}

// putOff writes that heads must wait, and lets go of their lanes.
func (c *courier) putOff(q *queue, held []hold) {
	parked, err := c.desk.postpone(c.writing, q.tenant, held)
	c.mu.Lock()
	for _, h := range held {
		delete(q.taken, lane{h.Endpoint, h.Resource})
		heap.Push(&q.wakes, h.until)
	}
	if err != nil {
		q.err = err
	}
	if err != nil || parked > 0 { // what is behind a parked one may be due
		q.spoil()
	}
	c.tell()
	c.mu.Unlock()
	if err != nil {
		c.report(c.writing, err)
		c.signal.mark(q.tenant, anyEndpoint)
		return
	}
	c.wake(q.tenant)
}

// tell lets those who wait in settle look again; mu is held.
func (c *courier) tell() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// settle sends everything that is due for the tenant at this moment, with all whichever process works on
// it otherwise, and returns how many attempts were made when nothing due is left. What fails is due later
// and not waited for.
func (c *courier) settle(ctx context.Context, tenant string, all bool) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := c.queue(tenant)
	q.settling++
	defer func() { q.settling-- }()
	before := q.performed
	q.err = nil
	q.spoil()
	for {
		more, err := c.dispatch(ctx, q, all)
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

// busy are the partitions of which lanes are in hand, as bits.
func (c *courier) busy() (mask uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range c.queues {
		for _, part := range q.taken {
			mask |= 1 << part
		}
	}
	return mask
}
