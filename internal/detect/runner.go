// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/airside-travel/airside/internal/clock"
)

// ErrStopped says that the runner does not run.
var ErrStopped = errors.New("the detection does not run")

// RunnerOptions is what a runner is wired with.
type RunnerOptions struct {
	Clock clock.Clock
	Queue int // events that wait at most: 8,192
	// Tell is given what changed, on the runner's goroutine. The slice is valid until it returns. While
	// it takes its time, events wait, and those that find no place are dropped and counted.
	Tell func([]Change)
	// Restart makes the engine anew after a crash, from its last snapshot for example; nil forgets.
	Restart func() *Engine
	// Crashed is told why, with no secret in it; nil to only count.
	Crashed func(reason string)
}

// RunnerStats is how a runner keeps up.
type RunnerStats struct {
	Seen    uint64        `json:"seen"`
	Dropped uint64        `json:"dropped"` // found no place in the queue, or came right after a crash
	Crashes uint64        `json:"crashes"`
	Queued  int           `json:"queued"`
	Behind  time.Duration `json:"behindNanos"` // the age of the event that was looked at last, when more wait
	Running bool          `json:"running"`
}

// Runner looks at events beside the requests that leave them. Offer never waits.
type Runner struct {
	o      RunnerOptions
	engine *Engine // of the goroutine
	queue  chan Event
	full   chan struct{} // the queue is half full: do not wait for the next look
	do     chan func(*Engine)
	stop   chan struct{}
	done   chan struct{}
	once   sync.Once

	state                  atomic.Int32 // idle, running, stopping
	seen, dropped, crashes atomic.Uint64
	last                   atomic.Int64 // milliseconds

	skip, streak int // after a crash: events to leave out, and how many crashes came in a row
	good         int
}

const (
	idle = iota
	running
	stopping
)

// NewRunner makes a runner that does not run yet. The engine is its own from then on.
func NewRunner(e *Engine, o RunnerOptions) *Runner {
	return &Runner{
		o: o, engine: e, queue: make(chan Event, or(o.Queue, 8192)), full: make(chan struct{}, 1), do: make(chan func(*Engine)),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
}

// Start begins to look. What was offered before waits in the queue. A second call does nothing.
func (r *Runner) Start() {
	if r.state.CompareAndSwap(idle, running) {
		go r.run()
	}
}

// Offer hands an event over, and reports whether it found a place. It never waits.
func (r *Runner) Offer(ev Event) bool {
	if r.state.Load() != stopping {
		select {
		case r.queue <- ev:
			if 2*len(r.queue) >= cap(r.queue) {
				select {
				case r.full <- struct{}{}:
				default:
				}
			}
			return true
		default:
		}
	}
	r.dropped.Add(1)
	return false
}

// Do runs something on the engine once it has looked at what waits. Errors: ErrStopped, the context's, or a panic.
func (r *Runner) Do(ctx context.Context, fn func(*Engine)) error {
	var failed error
	ran := make(chan struct{})
	task := func(e *Engine) {
		defer close(ran)
		defer func() {
			if p := recover(); p != nil {
				failed = fmt.Errorf("a task of the detection failed: %v", p)
			}
		}()
		fn(e)
	}
	select {
	case r.do <- task:
		<-ran
		return failed
	case <-r.done:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stop looks at what waits, until there is no more and the goroutine has ended, or the context ends. Nothing is taken any more from the call on.
func (r *Runner) Stop(ctx context.Context) error {
	was := r.state.Swap(stopping)
	r.once.Do(func() {
		close(r.stop)
		if was == idle {
			close(r.done)
		}
	})
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		for { // what waits is dropped, so that the goroutine ends after the event it is at
			select {
			case <-r.queue:
				r.dropped.Add(1)
			default:
				return ctx.Err()
			}
		}
	}
}

// Stats says how it keeps up. It may be called at any time.
func (r *Runner) Stats() RunnerStats {
	s := RunnerStats{
		Seen: r.seen.Load(), Dropped: r.dropped.Load(), Crashes: r.crashes.Load(), Queued: len(r.queue),
		Running: r.state.Load() == running,
	}
	if at := r.last.Load(); s.Queued > 0 && at > 0 {
		s.Behind = max(r.o.Clock.Now().Sub(time.UnixMilli(at)), 0)
	}
	return s
}

func (r *Runner) run() {
	defer close(r.done)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			r.drain()
		case <-r.full:
			r.drain()
		case task := <-r.do:
			r.drain()
			task(r.engine)
		case <-tick.C:
			if len(r.queue) == 0 { // otherwise the events tell the time, and it is not as late yet
				r.guard(func() []Change { return r.engine.Tick(r.o.Clock.Now()) })
			}
		case <-r.stop:
			for {
				select {
				case ev := <-r.queue:
					r.one(&ev)
				default:
					return
				}
			}
		}
	}
}

// lookEvery is how long an event waits at most. To wake a goroutine for each one would cost a request several times
// what the rules do.
const lookEvery = 100 * time.Millisecond

// drain looks at what waits now.
func (r *Runner) drain() {
	for n := len(r.queue); n > 0; n-- {
		select {
		case ev := <-r.queue:
			r.one(&ev)
		default: // a Stop that ran out of time dropped them
			return
		}
	}
}

func (r *Runner) one(ev *Event) {
	if r.skip > 0 {
		r.skip--
		r.dropped.Add(1)
		return
	}
	r.seen.Add(1)
	r.last.Store(ev.At.UnixMilli())
	r.guard(func() []Change { return r.engine.Observe(ev) })
	if r.good++; r.good > 1000 {
		r.streak = 0
	}
}

// guard runs the engine. When it crashes the engine is made anew, and the events after it are left out:
// one at first, and twice as many each time that it crashes again, so that crashing cannot keep a
// processor busy.
func (r *Runner) guard(step func() []Change) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		r.crashes.Add(1)
		r.good = 0
		r.streak = min(r.streak+1, 12)
		r.skip = 1 << (r.streak - 1)
		r.restart()
		if r.o.Crashed != nil {
			r.o.Crashed(Clean(fmt.Sprint(p)))
		}
	}()
	if changes := step(); len(changes) > 0 && r.o.Tell != nil {
		r.o.Tell(changes)
	}
}

func (r *Runner) restart() {
	defer func() {
		if recover() != nil { // the snapshot is the reason: go on without
			r.engine.Reset()
		}
	}()
	if r.o.Restart != nil {
		if e := r.o.Restart(); e != nil {
			r.engine = e
			return
		}
	}
	r.engine.Reset()
}
