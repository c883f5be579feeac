// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/telemetry"
)

// watch feeds the detection with what happens and turns what it finds into alerts. A nil *watch does nothing:
// the detection is off.
type watch struct {
	store  store.Store
	clock  clock.Clock
	log    *slog.Logger
	alert  *alert.Service
	people *identity.Service
	ring   *telemetry.Ring
	node   string // host and address, whose state it is: processes on one database watch their own requests

	mapper *mapper
	key    [16]byte
	runner *detect.Runner
	rules  ruleFile

	notes  chan note
	stop   context.CancelFunc
	tasks  sync.WaitGroup
	lost   atomic.Uint64 // events that could not be mapped
	unsaid atomic.Uint64 // findings of other parts that found no place

	mu      sync.Mutex
	used    map[string]int64 // client -> the day of its last success, for the census
	since   int64            // the day from which on `used` is complete
	counted int64            // the day of the last census
	keys    map[string]string

	jumps  uint64
	looked time.Time
	saved  uint64
	swept  int64 // the day on which what nobody needs was last removed
	saving sync.Mutex
}

// queued is how many lists of findings wait for the store at most.
const queued = 256

// openWatch makes the detection, without its memory.
func (a *App) openWatch(s *services, ring *telemetry.Ring, master []byte) (*watch, error) {
	if !a.cfg.Detects() {
		return nil, nil //nolint:nilnil // off is no failure
	}
	w := &watch{
		store: a.store, clock: a.o.Clock, log: a.o.Log, alert: s.alert, people: s.identity, ring: ring, node: stateOf(a.cfg.Listen),
		mapper: newMapper(a.contract, s.identity.TenantOf), notes: make(chan note, queued),
		used: map[string]int64{}, keys: map[string]string{}, rules: ruleFile{name: a.cfg.DetectRules},
	}
	key, err := hkdf.Key(sha256.New, master, nil, "airside detection", len(w.key))
	if err != nil {
		return nil, err
	}
	copy(w.key[:], key)
	set, err := w.rules.read()
	if err != nil {
		return nil, err
	}
	w.since = day(w.clock.Now())
	w.runner = detect.NewRunner(detect.New(set, detect.Options{Key: w.key}), detect.RunnerOptions{
		Clock: w.clock, Tell: w.tell, Restart: w.again,
		Crashed: func(reason string) { w.log.Error("the detection crashed and goes on", slog.String("reason", reason)) },
	})
	s.alert.Observe(w.judged)
	return w, nil
}

// request takes what a request left behind. It never waits and never fails: the request is answered, and its
// connection waits for the next one.
func (w *watch) request(e *telemetry.Event) {
	if w == nil {
		return
	}
	defer func() {
		if recover() != nil {
			w.lost.Add(1)
		}
	}()
	w.mapper.each(e, func(ev detect.Event) { w.runner.Offer(ev) })
	if e.Status < 400 && e.ClientID != "" {
		w.use(e.ClientID, day(e.At))
	}
}

// usedMax bounds the clients whose last use is remembered.
const usedMax = 50_000

func (w *watch) use(client string, today int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if last, ok := w.used[client]; ok && last == today || !ok && len(w.used) >= usedMax {
		return
	}
	w.used[client] = today
}

func day(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }

// start reads what was remembered and begins to look.
func (w *watch) start(ctx context.Context) {
	if w == nil {
		return
	}
	ctx, w.stop = context.WithCancel(context.WithoutCancel(ctx))
	w.looked = w.clock.Now()
	w.runner.Start()
	if err := w.restore(ctx); err != nil {
		w.log.WarnContext(ctx, "the detection begins without its memory", slog.Any("error", err))
	}
	w.tasks.Go(func() { w.teller(ctx) })
	w.tasks.Go(func() { w.every(ctx, time.Minute, w.minute) })
	w.tasks.Go(func() { w.every(ctx, 5*time.Minute, w.keep) })
	w.tasks.Go(func() { w.every(ctx, 10*time.Second, w.reload) })
}

func (w *watch) every(ctx context.Context, interval time.Duration, fn func(context.Context)) {
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

// settle waits until everything that was offered has been looked at and told.
func (w *watch) settle(ctx context.Context) error {
	if w == nil {
		return nil
	}
	for more := true; more; more = w.runner.Stats().Queued > 0 {
		if err := w.runner.Do(ctx, func(*detect.Engine) {}); err != nil {
			return err
		}
	}
	done := make(chan struct{})
	select {
	case w.notes <- note{done: done}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close looks at what waits, tells it, and keeps what is remembered.
func (w *watch) close(ctx context.Context) error {
	if w == nil || w.stop == nil {
		return nil
	}
	err := w.settle(ctx)
	w.keep(ctx)
	w.stop()
	w.tasks.Wait()
	if failed := w.runner.Stop(ctx); failed != nil {
		err = failed
	}
	return err
}

// ReloadRules looks at the file of rules now; a server does so every ten seconds.
func (a *App) ReloadRules(ctx context.Context) {
	if a.watch != nil {
		a.watch.reload(ctx)
	}
}

// Settled writes the refusals that were only counted to the audit trail and waits until the detection has looked at
// everything that happened before, for tests in process.
func (a *App) Settled(ctx context.Context) error {
	return errors.Join(a.mux.FlushRefusals(ctx), a.watch.settle(ctx))
}
