// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"context"
	"log/slog"
	"sync"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// workers bounds what is told or done at once, perSink what one sink is told at once.
const (
	workers = 8
	perSink = 2
)

// task is something to be done outside a transaction: a notice to tell or a response to make. Its job
// brings it back when it is not done in time, so it may be forgotten here at any moment.
type task struct{ tenant, kind, key string }

// courier does the tasks.
type courier struct {
	s *Service

	mu      sync.Mutex
	todo    []task
	known   map[task]bool // waiting or in hand
	again   map[task]bool // added while in hand
	sinks   map[string]int
	hands   int
	tenants map[string]int // tasks of a tenant, waiting or in hand
	done    int
	idle    chan struct{} // closed and replaced whenever a task ends
	stopped bool
	running bool

	ctx  context.Context //nolint:containedctx // the life of the courier; carries no transaction
	stop context.CancelFunc
	wg   sync.WaitGroup
}

func newCourier(s *Service) *courier {
	c := &courier{s: s, known: map[task]bool{}, again: map[task]bool{}, sinks: map[string]int{}, tenants: map[string]int{}, idle: make(chan struct{})}
	c.ctx, c.stop = context.WithCancel(context.Background())
	return c
}

// Start makes alerts be told by themselves, until Stop.
func (s *Service) Start() {
	c := s.courier
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = true
	c.next()
}

// Stop gives up what is under way; it is done after the next start. Stopping twice is harmless.
func (s *Service) Stop() {
	c := s.courier
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	c.stop()
	c.wg.Wait()
}

// Settle does everything that is due for the tenant, and says how many tasks that were. It works whether or not
// the service was started.
func (s *Service) Settle(ctx context.Context, tenant string) (int, error) {
	c := s.courier
	c.mu.Lock()
	defer c.mu.Unlock()
	was, before := c.running, c.done
	c.running = true
	defer func() { c.running = was }()
	c.next()
	for c.tenants[tenant] > 0 && !c.stopped {
		idle := c.idle
		c.mu.Unlock()
		select {
		case <-idle:
		case <-ctx.Done():
		}
		c.mu.Lock()
		if err := ctx.Err(); err != nil {
			return c.done - before, err
		}
	}
	return c.done - before, nil
}

// Wake is for the schedule; the jobs bring back what is due.
func (s *Service) Wake(string) {}

// bringBack is the job of a task: it takes it into hand, and comes again unless it is done by then.
func (s *Service) bringBack(ctx context.Context, j *store.Job) error {
	tx, t, now := store.From(ctx), task{j.Tenant, j.Kind, j.Key}, s.now(j.Tenant)
	again := *j
	again.Due = now.Add(lease)
	if j.Kind == JobNotice {
		n, err := getNotice(tx, j.Tenant, j.Key)
		if err != nil || n == nil {
			return err
		}
		if n.Lease.After(now) { // another process on this store has just taken it
			again.Due = n.Lease
			return tx.PutJob(&again)
		}
		n.Lease = again.Due
		if err := putNotice(tx, j.Tenant, n, now); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() { s.courier.add(t) })
	return tx.PutJob(&again)
}

func (c *courier) add(t task) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.stopped:
		return
	case c.known[t]:
		c.again[t] = true
		return
	}
	c.known[t] = true
	c.tenants[t.tenant]++
	c.todo = append(c.todo, t)
	c.next()
}

// next starts waiting tasks as far as there are hands; mu is held.
func (c *courier) next() {
	for i := 0; c.running && !c.stopped && c.hands < workers && i < len(c.todo); {
		t := c.todo[i]
		if c.sinks[t.sink()] >= perSink {
			i++
			continue
		}
		c.todo = append(c.todo[:i], c.todo[i+1:]...)
		c.hands++
		c.sinks[t.sink()]++
		c.wg.Go(func() { c.work(t) })
	}
}

// sink is what is bounded by itself: the part of a notice's id behind its alert.
func (t task) sink() string {
	if t.kind != JobNotice {
		return t.kind
	}
	for i := range t.key {
		if t.key[i] == '/' {
			return t.tenant + t.key[i:]
		}
	}
	return t.key
}

func (c *courier) work(t task) {
	err := c.do(t)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hands--
	if c.sinks[t.sink()]--; c.sinks[t.sink()] == 0 {
		delete(c.sinks, t.sink())
	}
	c.done++
	if c.again[t] && !c.stopped && err == nil {
		c.todo = append(c.todo, t)
	} else {
		delete(c.known, t)
		if c.tenants[t.tenant]--; c.tenants[t.tenant] == 0 {
			delete(c.tenants, t.tenant)
		}
	}
	delete(c.again, t)
	close(c.idle)
	c.idle = make(chan struct{})
	c.next()
}

func (c *courier) do(t task) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errs.New(errs.InternalError, "panic: %v", p)
		}
		if err != nil && c.ctx.Err() == nil { // its job comes again
			c.s.o.Log.ErrorContext(c.ctx, "alert", slog.String("task", t.kind), slog.String("key", t.key), slog.Any("error", err))
		}
	}()
	ctx := as(c.ctx, t.tenant)
	if t.kind == JobRespond {
		return c.s.act(ctx, t)
	}
	return c.s.attempt(ctx, t)
}

func ignoreMissing(err error) error {
	if errs.Is(err, errs.ResourceNotFound) {
		return nil
	}
	return err
}
