// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// Handler does one job in its own transaction; the context carries it and an actor that stands for
// the tenant itself.
type Handler func(ctx context.Context, j *store.Job) error

// Settler sends what is due and returns how many deliveries it attempted.
type Settler interface {
	Settle(ctx context.Context, tenant string) (int, error)
	// Wake makes it look for what is due, because a clock was set or runs again.
	Wake(tenant string)
}

// Follower makes sure that what is remembered of a tenant is not out of date (package peers).
type Follower interface {
	Follow(ctx context.Context, tenant string) error
	// Refresh is Follow that allows no delay; outside transactions.
	Refresh(ctx context.Context, tenant string) error
}

// Share makes the schedule one of several on the same store. Call it before Start, and not Load.
func (s *Schedule) Share(f Follower) { s.peers = f }

// Refresh shows the clock as it is now, whichever process set it.
func (s *Schedule) Refresh(ctx context.Context, tenant string) error {
	if s.peers == nil {
		return nil
	}
	return s.peers.Refresh(ctx, tenant)
}

func (s *Schedule) follow(ctx context.Context, tenant string) error {
	if s.peers == nil {
		return nil
	}
	return s.peers.Follow(ctx, tenant)
}

// retryAfter is when a failed job is tried again.
const retryAfter = time.Minute

// pollEvery bounds how late a job can be in real time.
const pollEvery = time.Second

// batch is how many due jobs are read at once.
const batch = 64

// Schedule runs the jobs of all tenants.
type Schedule struct {
	store    store.Store
	clocks   *clock.Tenants
	outbox   Settler
	log      *slog.Logger
	handlers map[string]Handler
	locks    sync.Map // tenant → *sync.Mutex: one mover of a tenant's time at once

	peers   Follower // nil: no other process uses the store
	shownMu sync.Mutex
	shown   map[string]int64 // number of the change that a tenant's clock shows

	stop context.CancelFunc
	done chan struct{}
}

// New makes a schedule; Register its kinds before Start.
func New(st store.Store, clocks *clock.Tenants, outbox Settler, log *slog.Logger) *Schedule {
	return &Schedule{store: st, clocks: clocks, outbox: outbox, log: log, handlers: map[string]Handler{}, shown: map[string]int64{}}
}

// Register says who does jobs of a kind.
func (s *Schedule) Register(kind string, h Handler) { s.handlers[kind] = h }

// Start begins to perform jobs as real time passes, and to delete what is out of date.
func (s *Schedule) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.stop, s.done = cancel, make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() { every(ctx, pollEvery, s.pass) })
	running.Go(func() {
		s.pruneAll(ctx)
		every(ctx, pruneEvery, s.pruneAll)
	})
	go func() {
		running.Wait()
		close(s.done)
	}()
}

// every calls fn at the interval, in real time, until ctx ends.
func every(ctx context.Context, interval time.Duration, fn func(context.Context)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			fn(ctx)
		}
	}
}

// Stop waits for the running pass; stopping twice or before Start is harmless.
func (s *Schedule) Stop() {
	if s.stop != nil {
		s.stop()
		<-s.done
	}
}

// pass performs what has become due for each tenant.
func (s *Schedule) pass(ctx context.Context) {
	var tenants []string
	err := s.store.View(ctx, func(ctx context.Context) (err error) {
		tenants, err = store.Read(ctx).Tenants()
		return err
	})
	for _, t := range tenants {
		if ferr := s.follow(ctx, t); ferr != nil {
			err = errors.Join(err, ferr)
			continue
		}
		if s.clocks.State(t).Frozen {
			continue // what was due when it froze has been done
		}
		mu := s.lock(t)
		if !mu.TryLock() {
			continue // somebody is moving this clock and performs what is due
		}
		_, perr := s.jobs(ctx, t)
		mu.Unlock()
		if perr != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "schedule", slog.String("tenant", t), slog.Any("error", perr))
		}
	}
	if err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "schedule", slog.Any("error", err))
	}
}

// MoveTo moves the tenant's clock to a later time, performing on the way what falls due, each at its
// time, and returns how much that was. The clock keeps running or standing as it did.
func (s *Schedule) MoveTo(ctx context.Context, tenant string, to time.Time) (performed int, err error) {
	defer errs.Wrap(&err, "schedule: move clock")
	mu := s.lock(tenant)
	mu.Lock()
	defer mu.Unlock()
	for {
		n, err := s.perform(ctx, tenant)
		performed += n
		if err != nil {
			return performed, err
		}
		next, err := s.next(ctx, tenant)
		if err != nil {
			return performed, err
		}
		if next.IsZero() || next.After(to) {
			break
		}
		if err := s.show(ctx, tenant, next); err != nil {
			return performed, err
		}
	}
	if err := s.show(ctx, tenant, to); err != nil {
		return performed, err
	}
	n, err := s.perform(ctx, tenant)
	return performed + n, err
}

// Apply stores a new state of the tenant's clock and shows it. Time may jump backwards here, and
// nothing is performed.
func (s *Schedule) Apply(ctx context.Context, tenant string, st clock.State) error {
	mu := s.lock(tenant)
	mu.Lock()
	defer mu.Unlock()
	if err := s.keep(ctx, tenant, func(clock.State) clock.State { return st }); err != nil {
		return err
	}
	s.outbox.Wake(tenant)
	return nil
}

// show makes the clock read t, unless it is later already, and keeps whether it is frozen.
func (s *Schedule) show(ctx context.Context, tenant string, t time.Time) error {
	return s.keep(ctx, tenant, func(st clock.State) clock.State {
		now := s.clocks.Base().Now()
		switch {
		case st.Now(now).After(t): // another process moves it too
		case st.Frozen:
			st.At = t
		default:
			st.Offset = t.Sub(now)
		}
		return st
	})
}

// perform does everything due at the tenant's present time, including what that makes due.
func (s *Schedule) perform(ctx context.Context, tenant string) (total int, err error) {
	for {
		n, err := s.jobs(ctx, tenant)
		if err != nil {
			return total + n, err
		}
		m, err := s.outbox.Settle(ctx, tenant)
		total += n + m
		if err != nil || n+m == 0 {
			return total, err
		}
	}
}

// jobs does the due jobs, earliest first.
func (s *Schedule) jobs(ctx context.Context, tenant string) (n int, err error) {
	for {
		var due []*store.Job
		err := s.store.View(ctx, func(ctx context.Context) (err error) {
			due, err = store.Read(ctx).DueJobs(tenant, s.clocks.Now(tenant), batch)
			return err
		})
		if err != nil || len(due) == 0 {
			return n, err
		}
		for _, j := range due {
			if err := s.do(ctx, j); err != nil {
				return n, err
			}
			n++
		}
	}
}

// do runs one job and removes it in the same transaction; a failure moves it a minute away.
func (s *Schedule) do(ctx context.Context, j *store.Job) error {
	h := s.handlers[j.Kind]
	ctx = actor.With(ctx, &actor.Actor{Tenant: j.Tenant, ClientID: "schedule", Roles: []string{actor.TMCAdmin}})
	jobErr := s.store.Update(ctx, func(ctx context.Context) error {
		done, err := taken(ctx, j)
		if done || err != nil {
			return err
		}
		if h == nil {
			return errs.New(errs.InternalError, "nobody does jobs of kind %q", j.Kind)
		}
		return h(ctx, j)
	})
	if jobErr == nil {
		return nil
	}
	s.log.ErrorContext(ctx, "job failed", slog.String("kind", j.Kind), slog.String("key", j.Key), slog.Any("error", jobErr))
	return s.store.Update(ctx, func(ctx context.Context) error {
		if done, err := taken(ctx, j); done || err != nil {
			return err
		}
		again := *j
		again.Due = s.clocks.Now(j.Tenant).Add(retryAfter)
		return store.From(ctx).PutJob(&again)
	})
}

// taken removes a job that is about to be done; done says that there is nothing left to do, because another
// process did it, or it was put off.
func taken(ctx context.Context, j *store.Job) (done bool, err error) {
	tx := store.From(ctx)
	present, err := tx.Job(j.Tenant, j.Kind, j.Key)
	if errors.Is(err, store.ErrNotFound) || err == nil && !present.Due.Equal(j.Due) {
		return true, nil
	} else if err != nil {
		return false, err
	}
	return false, tx.RemoveJob(j.Tenant, j.Kind, j.Key)
}

func (s *Schedule) next(ctx context.Context, tenant string) (t time.Time, err error) {
	err = s.store.View(ctx, func(ctx context.Context) (err error) {
		t, err = store.Read(ctx).NextDue(tenant, s.clocks.Now(tenant))
		return err
	})
	return t, err
}

func (s *Schedule) lock(tenant string) *sync.Mutex {
	mu, _ := s.locks.LoadOrStore(tenant, new(sync.Mutex))
	return mu.(*sync.Mutex) //nolint:forcetypeassert // only *sync.Mutex is stored
}
