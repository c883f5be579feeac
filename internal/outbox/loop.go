// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

// sweepEvery is how often all tenants are looked at, whatever was signalled: retries of an earlier
// process, clocks that were moved, signals lost with a failing store.
const sweepEvery = 10 * time.Second

// With other processes on the same store nothing signals what those commit, so it is looked for: soon
// after there was something, more rarely when there is nothing.
const (
	pollSoon = 50 * time.Millisecond // doubling
	pollLate = time.Second
)

// loop is the courier's own goroutine, once it runs.
type loop struct {
	stop  context.CancelFunc
	ended chan struct{}
}

// Start makes the outbox send by itself, until Stop or until ctx ends. Starting again is harmless.
func (s *Service) Start(ctx context.Context) {
	c := s.courier
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped || c.loop.ended != nil {
		return
	}
	ctx, c.loop.stop = context.WithCancel(ctx)
	c.loop.ended = make(chan struct{})
	go func() {
		defer close(c.loop.ended)
		c.run(ctx)
	}()
	if c.leases != nil {
		c.workers.Go(func() { c.renew(ctx) })
	}
}

// Stop begins no more attempts, waits for those under way as long as Options.Drain says, and then
// gives them up; they are made again after the next start. Stopping twice or before Start is harmless.
func (s *Service) Stop() {
	c := s.courier
	c.mu.Lock()
	c.stopped = true
	stop, ended := c.loop.stop, c.loop.ended
	c.mu.Unlock()
	if stop != nil {
		stop()
		<-ended
	}
	impatient := time.AfterFunc(c.options.Drain, c.stopSend)
	hopeless := time.AfterFunc(2*c.options.Drain, c.stopWrite)
	c.workers.Wait()
	impatient.Stop()
	hopeless.Stop()
	c.stopSend()
	if c.leases != nil && stop != nil {
		giving, cancel := context.WithTimeout(c.writing, c.options.Drain)
		c.report(giving, c.leases.release(giving))
		cancel()
	}
	c.stopWrite()
	s.sender.transport.CloseIdleConnections()
}

// Settle sends everything that is due for the tenant now and returns when nothing is, with the number
// of attempts made meanwhile. It works whether or not the outbox was started. ErrStopped after Stop;
// otherwise errors are the store's or the context's.
func (s *Service) Settle(ctx context.Context, tenant string) (int, error) {
	return s.courier.settle(ctx, tenant, true)
}

// Wake makes the outbox look for what is due, for instance because a clock was moved.
func (s *Service) Wake(tenant string) { s.courier.wake(tenant, anyEndpoint) }

func (c *courier) run(ctx context.Context) {
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	c.sweep(ctx)
	poll, found := pollLate, 0
	for {
		next := c.pass(ctx)
		if c.leases != nil {
			next = min(next, poll)
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-c.signal.ping:
		case <-timer.C:
			if c.leases == nil {
				break
			}
			poll = min(2*poll, pollLate)
			if n := c.attempts(); n != found {
				poll, found = pollSoon, n
			}
			c.sweep(ctx)
		case <-sweep.C:
			c.sweep(ctx)
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// attempts is how many were made, for all tenants.
func (c *courier) attempts() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range c.queues {
		n += q.performed
	}
	return n
}

// renew keeps this process's leases, trying again soon when the store is in trouble.
func (c *courier) renew(ctx context.Context) {
	for {
		gained, err := c.leases.balance(ctx, c.busy())
		wait := c.options.Lease / 3
		if err != nil {
			c.report(ctx, err)
			wait /= 10
		}
		if gained {
			c.sweep(ctx)
		}
		pause := time.NewTimer(wait)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
}

// sweep marks every tenant.
func (c *courier) sweep(ctx context.Context) {
	err := c.store.View(ctx, func(ctx context.Context) error {
		tenants, err := store.Read(ctx).Tenants()
		for _, t := range tenants {
			c.wake(t, anyEndpoint)
		}
		return err
	})
	c.report(ctx, err)
}

// pass dispatches for every tenant that was signalled or whose retries are due, and says how long
// until the next retry.
func (c *courier) pass(ctx context.Context) time.Duration {
	marked := c.signal.take()
	c.mu.Lock()
	defer c.mu.Unlock()
	for tenant := range marked {
		c.queue(tenant)
	}
	next := sweepEvery
	for tenant, q := range c.queues {
		now := c.clocks.Now(tenant)
		news, signalled := marked[tenant]
		if q.due(now) || q.hasUse(news, now) {
			signalled = true
			q.spoil()
		}
		if signalled {
			if _, err := c.dispatch(ctx, q, false); err != nil {
				c.report(ctx, err)
				c.signal.mark(tenant, anyEndpoint)
				next = min(next, time.Second)
			}
		}
		if len(q.wakes) > 0 && !c.clocks.State(tenant).Frozen {
			next = min(next, max(q.wakes[0].Sub(now), time.Millisecond))
		}
	}
	return next
}

func (c *courier) report(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		c.options.Log.ErrorContext(ctx, "outbox", slog.Any("error", err))
	}
}
