// SPDX-License-Identifier: Apache-2.0

package bodylog

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
)

const (
	// MaxInput is how much of a body is looked at, in bytes.
	MaxInput = 256 << 10
	// MaxText is how much is kept of what is left of it.
	MaxText = 64 << 10

	maxWaiting      = 1024     // exchanges that wait
	maxWaitingBytes = 16 << 20 // and their bodies
	maxBatch        = 64       // exchanges in one transaction: others want to write, too

	// strangersAMinute is how many exchanges of somebody who did not show who he is are kept in a minute, for each
	// tenant: anybody can cause them.
	strangersAMinute = 60

	sweepEvery = 5 * time.Minute
	complainAt = time.Minute // at most one line about losses in this time
)

// Why bodies were dropped.
const (
	Full   = "full"   // too many wait
	Failed = "failed" // the store did not take them
	Bound  = "bound"  // too many of strangers
)

// Body is one side of an exchange: the beginning of what was sent, and how long the whole was.
type Body struct {
	MediaType string
	Text      []byte
	Bytes     int
}

// Exchange is a request with its answer. The service keeps Text for itself once it took the exchange.
type Exchange struct {
	ID, Tenant, Environment, ClientID string

	Stranger          bool // nobody showed to be who he says
	Operation         *contract.Operation
	At                time.Time
	Status            int
	Request, Response Body
}

// Options are what a Service needs.
type Options struct {
	Store    store.Store
	Clock    clock.Clock // the system's
	Contract *contract.Contract
	Keep     time.Duration // how long; 0: nothing new is kept
	Shared   string        // the tenant under which receipts of webhooks are, which belong to the installation
	Log      *slog.Logger
	// Counted is told what became of exchanges: why they were dropped, "" for kept. Nil: nobody is.
	Counted func(why string, n int)
}

// Service keeps bodies.
type Service struct {
	o Options

	mu        sync.Mutex
	waiting   []*Exchange
	bytes     int
	minute    time.Time
	strangers map[string]int
	lost      int
	said      time.Time

	wake    chan struct{}
	writing sync.Mutex // one write of what waits at a time, in its order
	stop    context.CancelFunc
	done    chan struct{}
}

// New makes a Service; Start makes it write and sweep by itself.
func New(o Options) *Service {
	return &Service{o: o, strangers: map[string]int{}, wake: make(chan struct{}, 1)}
}

// On reports whether bodies are kept.
func (s *Service) On() bool { return s.o.Keep > 0 }

// Take hands an exchange over and does not wait. It reports false when there is no place for it.
func (s *Service) Take(x *Exchange) bool {
	size := len(x.Request.Text) + len(x.Response.Text)
	now := s.o.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	why := ""
	switch {
	case len(s.waiting) >= maxWaiting || s.bytes+size > maxWaitingBytes:
		why = Full
	case x.Stranger && !s.room(x.Tenant, now):
		why = Bound
	}
	if why != "" {
		s.count(why, 1)
		if why == Full {
			s.lost++
		}
		return false
	}
	s.waiting, s.bytes = append(s.waiting, x), s.bytes+size
	select {
	case s.wake <- struct{}{}:
	default: // it is awake
	}
	return true
}

// room counts the strangers of a minute. s is locked.
func (s *Service) room(tenant string, now time.Time) bool {
	if now.Sub(s.minute) >= time.Minute || now.Before(s.minute) {
		s.minute = now
		clear(s.strangers)
	}
	s.strangers[tenant]++
	return s.strangers[tenant] <= strangersAMinute
}

func (s *Service) count(why string, n int) {
	if s.o.Counted != nil {
		s.o.Counted(why, n)
	}
}

// Start writes what comes, and deletes what has expired, until Stop.
func (s *Service) Start(ctx context.Context) {
	ctx, s.stop = context.WithCancel(ctx)
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		tick := time.NewTicker(sweepEvery)
		defer tick.Stop()
		s.complain(ctx, s.Sweep(ctx))
		for {
			select {
			case <-ctx.Done():
				return
			case <-s.wake:
				s.Flush(context.WithoutCancel(ctx)) // what is begun is ended
			case <-tick.C:
				s.complain(ctx, s.Sweep(ctx))
			}
		}
	}()
}

// Stop ends that, and writes what still waits. Stopping what was not started is harmless.
func (s *Service) Stop(ctx context.Context) {
	if s.stop != nil {
		s.stop()
		<-s.done
	}
	s.Flush(ctx)
}

// Flush writes what waits. What the store does not take is dropped: a request's body is not worth its memory.
func (s *Service) Flush(ctx context.Context) {
	s.writing.Lock()
	defer s.writing.Unlock()
	for {
		batch := s.next()
		if len(batch) == 0 {
			return
		}
		records := make([]*store.Record, 0, len(batch))
		for _, x := range batch {
			if r := s.tried(x); r != nil {
				records = append(records, r)
			}
		}
		err := s.o.Store.Update(ctx, func(ctx context.Context) error { return insert(store.From(ctx), records) })
		why := ""
		if err != nil {
			why = Failed
		}
		s.mu.Lock()
		s.count(why, len(records))
		if err != nil {
			s.lost += len(records)
		}
		if n := len(batch) - len(records); n > 0 {
			s.count(Failed, n)
			s.lost += n
		}
		s.mu.Unlock()
		s.complain(ctx, err)
	}
}

// tried is the record of an exchange; nil when making it crashes: what others wrote must not end the process.
func (s *Service) tried(x *Exchange) (r *store.Record) {
	defer func() {
		if recover() != nil { // what it says may hold what the body said
			r = nil
		}
	}()
	return s.record(x)
}

func (s *Service) next() []*Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.waiting), maxBatch)
	batch := s.waiting[:n:n]
	if s.waiting = s.waiting[n:]; len(s.waiting) == 0 {
		s.waiting = nil
	}
	for _, x := range batch {
		s.bytes -= len(x.Request.Text) + len(x.Response.Text)
	}
	return batch
}

// complain says in the log what was lost, now and then, and what went wrong.
func (s *Service) complain(ctx context.Context, err error) {
	now := s.o.Clock.Now()
	s.mu.Lock()
	lost := s.lost
	due := (lost > 0 || err != nil) && now.Sub(s.said) >= complainAt
	if due {
		s.lost, s.said = 0, now
	}
	s.mu.Unlock()
	switch {
	case !due || ctx.Err() != nil:
	case lost == 0:
		s.o.Log.WarnContext(ctx, "bodies that have expired could not be deleted; they are not shown any more", slog.Any("error", err))
	case err == nil:
		s.o.Log.WarnContext(ctx, "bodies of requests were not kept: too many wait", slog.Int("requests", lost))
	default:
		s.o.Log.WarnContext(ctx, "bodies of requests were not kept", slog.Int("requests", lost), slog.Any("error", err))
	}
}
