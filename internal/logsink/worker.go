// SPDX-License-Identifier: Apache-2.0

package logsink

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/airside-travel/airside/internal/telemetry"
)

// batchMax is how many events are sent at once; the first of them waits so long for others. A goroutine that
// is woken for every event, and a write for each, would cost more than the events.
const (
	batchMax = 256
	linger   = 5 * time.Millisecond
)

// worker carries the events of one sink.
type worker struct {
	name  string
	o     *Options
	to    destination
	queue chan *telemetry.Event
	stop  chan struct{}
	rest  *time.Timer
	full  atomic.Int64 // dropped since the last line that said so

	ill time.Time // when the process was last told that the sink does not work
}

// offer never waits.
func (w *worker) offer(e *telemetry.Event) {
	select {
	case w.queue <- e:
	default:
		w.full.Add(1)
		w.lost("full", 1)
	}
}

func (w *worker) lost(why string, n int) {
	if w.o.Dropped != nil && n > 0 {
		w.o.Dropped(w.name, why, n)
	}
}

func (w *worker) run() {
	beat := time.NewTicker(time.Second)
	defer beat.Stop()
	w.rest = time.NewTimer(linger)
	defer w.rest.Stop()
	for {
		select {
		case e := <-w.queue:
			w.batch(e)
		case <-beat.C:
			w.report(w.to.tick())
		case <-w.stop:
			for {
				select {
				case e := <-w.queue:
					w.batch(e)
					continue
				default:
				}
				break
			}
			w.report(w.to.close())
			return
		}
	}
}

// batch sends an event and those that wait behind it. What a sink does not take is said with the next batch
// that it does take.
func (w *worker) batch(first *telemetry.Event) {
	entries := make([]entry, 0, 16)
	if n := w.full.Swap(0); n > 0 {
		entries = append(entries, entry{dropped: n})
	}
	entries = append(entries, entry{event: first})
	if len(w.queue) < batchMax {
		w.rest.Reset(linger)
		select {
		case <-w.rest.C:
		case <-w.stop:
		}
	}
more:
	for len(entries) < batchMax {
		select {
		case e := <-w.queue:
			entries = append(entries, entry{event: e})
		default:
			break more
		}
	}
	if err := w.to.send(entries); err != nil {
		w.report(err)
		events, untold := 0, int64(0)
		for _, e := range entries {
			if e.event != nil {
				events++
			}
			untold += e.dropped
		}
		w.full.Add(untold + int64(events))
		w.lost("failed", events)
	}
}

// report tells the process, at most once a minute.
func (w *worker) report(err error) {
	if err == nil {
		return
	}
	now := w.o.Clock.Now()
	if !w.ill.IsZero() && now.Sub(w.ill) < time.Minute {
		return
	}
	w.ill = now
	w.o.Log.Error("a log sink does not work; its events are dropped and counted", slog.String("sink", w.name), slog.Any("error", err))
}
