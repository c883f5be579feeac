// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/store"
)

// However many endpoints hang, those that answer find workers: all hanging attempts are still under way when
// everything has arrived elsewhere.
func TestHangingEndpointsKeepNoWorkers(t *testing.T) {
	t.Parallel()
	const hanging, events = 6, 20
	hang, arrived, hung := make(chan struct{}), make(chan struct{}, events), make(chan struct{}, 2*hanging*events)
	r := newRig(t, outbox.Options{Workers: 4, PerEndpoint: 2, Patience: time.Millisecond, Timeout: 10 * time.Minute})
	var stuck []*receiver
	for range hanging {
		rec := newReceiver(t, func(int, got, http.ResponseWriter) { hung <- struct{}{}; <-hang })
		r.subscribe(t, rec.URL)
		stuck = append(stuck, rec)
	}
	t.Cleanup(sync.OnceFunc(func() { close(hang) })) // before the servers are closed, which wait
	r.Start(t.Context())
	r.tellMany(t, events, 1, 1)
	for range 2 * hanging { // three times as many as there are workers
		<-hung
	}
	fine := newReceiver(t, func(int, got, http.ResponseWriter) { arrived <- struct{}{} })
	r.subscribe(t, fine.URL)
	r.tellMany(t, events, 2, 2)
	for range events {
		<-arrived
	}
	for _, rec := range stuck {
		if n := len(rec.received()); n != 2 {
			t.Errorf("%d requests at once to one endpoint", n)
		}
	}
	for _, d := range r.deliveries(t, outbox.ListDeliveriesIn{Limit: 1000}) {
		if d.State == "PENDING" && d.Attempts > 0 {
			t.Errorf("an attempt ended: %+v", d)
		}
	}
}

// How many may wait is bounded: beyond that they count as workers again.
func TestWaitingIsBounded(t *testing.T) {
	t.Parallel()
	hang, hung := make(chan struct{}), make(chan struct{}, 64)
	r := newRig(t, outbox.Options{Workers: 2, PerEndpoint: 2, Waiting: 3, Patience: time.Millisecond})
	for range 4 {
		r.subscribe(t, newReceiver(t, func(int, got, http.ResponseWriter) { hung <- struct{}{}; <-hang }).URL)
	}
	r.Start(t.Context())
	r.tellMany(t, 2, 1, 1)
	for range 5 {
		<-hung
	}
	if n := r.UnderWay(); n != 5 {
		t.Errorf("%d attempts are under way", n)
	}
	close(hang)
	r.settle(t)
	for _, d := range r.deliveries(t, outbox.ListDeliveriesIn{}) {
		if d.State != "DELIVERED" {
			t.Errorf("%+v", d)
		}
	}
}

// counted counts what the outbox does to the store on behalf of one endpoint.
type counted struct {
	store.Store
	mu                  sync.Mutex
	endpoint            string
	mine                map[string]bool // ids of its deliveries
	looks, reads, write int
}

func (c *counted) View(ctx context.Context, fn func(context.Context) error) error {
	return c.Store.View(ctx, func(ctx context.Context) error { return fn(store.WithTx(ctx, countedReader{store.Read(ctx), c})) })
}

func (c *counted) Update(ctx context.Context, fn func(context.Context) error) error {
	return c.Store.Update(ctx, func(ctx context.Context) error { return fn(store.WithTx(ctx, countedTx{store.From(ctx), c})) })
}

// count adds to a counter. It never holds the lock over a call of the store, whose own would wait for it.
func (c *counted) count(n *int, hit func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if hit() {
		*n++
	}
}

type countedReader struct {
	store.Reader
	c *counted
}

func (r countedReader) DueDeliveries(q store.DueQuery) ([]*store.Delivery, error) {
	due, err := r.Reader.DueDeliveries(q)
	r.c.count(&r.c.looks, func() bool {
		return slices.ContainsFunc(due, func(d *store.Delivery) bool { return d.Endpoint == r.c.endpoint })
	})
	return due, err
}

func (r countedReader) Delivery(tenant, id string) (*store.Delivery, error) {
	r.c.count(&r.c.reads, func() bool { return r.c.mine[id] })
	return r.Reader.Delivery(tenant, id)
}

type countedTx struct {
	store.Tx
	c *counted
}

func (x countedTx) PutDelivery(d *store.Delivery) error {
	x.c.count(&x.c.write, func() bool {
		if d.Endpoint != x.c.endpoint {
			return false
		}
		x.c.mine[d.ID] = true
		return true
	})
	return x.Tx.PutDelivery(d)
}

// While an endpoint hangs, its lanes cost one look that takes them in hand and the row that each event has
// anyway: they are not read, nor put off, nor looked for again with each delivery elsewhere.
func TestABlockedLaneCostsNothingWhileItWaits(t *testing.T) {
	t.Parallel()
	const events = 30
	c := &counted{Store: memory(t), mine: map[string]bool{}}
	hang, hung, arrived := make(chan struct{}), make(chan struct{}, 1), make(chan struct{}, events)
	r := newRigOn(t, c, outbox.Options{PerEndpoint: 1})
	stuck := newReceiver(t, func(n int, _ got, _ http.ResponseWriter) {
		if n == 1 {
			hung <- struct{}{}
			<-hang
		}
	})
	fine := newReceiver(t, func(int, got, http.ResponseWriter) { arrived <- struct{}{} })
	blocked := r.subscribe(t, stuck.URL).ID
	r.Start(t.Context())
	r.tell(t, "2000000000", 1)
	<-hung
	r.subscribe(t, fine.URL)
	c.mu.Lock()
	c.endpoint = blocked
	c.mu.Unlock()
	for i := range events {
		r.tell(t, fmt.Sprint(1_000_000_000+i), 1)
		<-arrived // one after the other, so that each has a look of its own
	}
	c.mu.Lock()
	looks, reads, write := c.looks, c.reads, c.write
	c.mu.Unlock()
	if looks > 1 || reads > 0 || write != events {
		t.Errorf("%d looks, %d reads, %d writes for the endpoint that hangs; want 1, 0, %d", looks, reads, write, events)
	}
	close(hang)
	r.settle(t)
	if n := len(stuck.received()); n != events+1 {
		t.Errorf("%d of %d arrived in the end", n, events+1)
	}
}

// While an endpoint is down, what waits for it is not looked for with each delivery elsewhere, however much it is; when
// it is back, it gets everything.
func TestAnEndpointThatIsDownCostsNothing(t *testing.T) {
	t.Parallel()
	const events, down = 30, 12
	c := &counted{Store: memory(t), mine: map[string]bool{}}
	r := newRigOn(t, c, outbox.Options{})
	rec, failing := switchable(t)
	failing.Store(true)
	arrived := make(chan struct{}, events)
	fine := newReceiver(t, func(int, got, http.ResponseWriter) { arrived <- struct{}{} })
	sub := r.subscribe(t, rec.URL)
	r.tellMany(t, down, 1, 1)
	r.settle(t)
	if e := r.endpoint(t, sub.ID); e.Breaker != "OPEN" {
		t.Fatalf("after %d failures the breaker is %s", down, e.Breaker)
	}
	r.subscribe(t, fine.URL)
	c.mu.Lock()
	c.endpoint, c.reads, c.write = sub.ID, 0, 0
	c.mu.Unlock()
	r.Start(t.Context())
	for i := range events {
		r.tell(t, fmt.Sprint(2_000_000_000+i), 1)
		<-arrived // one after the other, so that each has a look of its own
	}
	c.mu.Lock()
	looks, reads, write := c.looks, c.reads, c.write
	c.mu.Unlock()
	if looks > 0 || reads > 0 || write != events {
		t.Errorf("%d looks, %d reads, %d writes for the endpoint that is down; want 0, 0, %d", looks, reads, write, events)
	}
	failing.Store(false)
	r.advance(t, time.Hour)
	if e := r.endpoint(t, sub.ID); e.Breaker != "CLOSED" || e.Pending != 0 {
		t.Errorf("back again, and %+v", e)
	}
}
