// SPDX-License-Identifier: Apache-2.0

package logsink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/telemetry"
)

// Options are what sinks need of their surroundings.
type Options struct {
	Log            *slog.Logger // of the process: told of sinks that do not work
	Process        slog.Handler // of the same log, for the sink stderr when ProcessFormat is empty
	ProcessFormat  string       // json or text: how the log of the process looks, which goes to Stderr
	Level          slog.Level   // what is below is not sent
	Stdout, Stderr io.Writer
	Clock          clock.Clock
	Version        string
	Host           string // this machine's name in syslog and OTLP
	// Dropped is told of events that did not get through: "full" for a queue that was, "failed" for a sink that
	// could not take them. May be nil.
	Dropped func(sink, why string, n int)
}

// Sinks are all sinks of a process.
type Sinks struct {
	level   slog.Level
	workers []*worker
	done    sync.WaitGroup
}

// destination takes what a worker encoded. Only its worker uses it.
type destination interface {
	// send delivers a batch, or says that it did not.
	send(batch []entry) error
	// tick is called about once a second.
	tick() error
	close() error
}

// entry is one event, or a count of those that were dropped.
type entry struct {
	event   *telemetry.Event
	dropped int64
}

// Open makes the sinks; Start sends. A sink whose other side is not there yet is no error.
func Open(ctx context.Context, settings []Setting, o Options) (*Sinks, error) {
	s := &Sinks{level: o.Level}
	var problems []error
	for i := range settings {
		set := &settings[i]
		w := &worker{name: set.Name(), o: &o, queue: make(chan *telemetry.Event, set.Queue), stop: make(chan struct{})}
		var err error
		switch e := (encoder{ctx, set.Format, &o}); set.Kind {
		case "stdout":
			w.to = newStream(o.Stdout, e)
		case "stderr":
			switch {
			case set.Format == "ocsf":
			case o.ProcessFormat == "":
				w.to = &process{o.Process, e}
			default:
				e.format = o.ProcessFormat
			}
			if w.to == nil {
				w.to = newStream(o.Stderr, e)
			}
		case "file":
			w.to, err = openFile(set, e)
		case "syslog":
			w.to, err = newSyslog(set, e)
		case "otlp":
			w.to, err = newOTLP(set, e)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("log sink %s: %w", w.name, err))
			continue
		}
		s.workers = append(s.workers, w)
	}
	if len(problems) > 0 {
		for _, w := range s.workers {
			problems = append(problems, w.to.close())
		}
		return nil, errors.Join(problems...)
	}
	return s, nil
}

// Start begins to send.
func (s *Sinks) Start() {
	for _, w := range s.workers {
		s.done.Go(w.run)
	}
}

// Emit puts an event into every queue that has room. The event must not change any more.
func (s *Sinks) Emit(e *telemetry.Event) {
	if e.Level() < s.level {
		return
	}
	for _, w := range s.workers {
		w.offer(e)
	}
}

// Stop sends what is queued and closes the sinks; when ctx ends first, the rest is lost and counted. Nothing
// may be emitted afterwards.
func (s *Sinks) Stop(ctx context.Context) error {
	for _, w := range s.workers {
		close(w.stop)
	}
	all := make(chan struct{})
	go func() {
		s.done.Wait()
		close(all)
	}()
	select {
	case <-all:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("logs were not sent in time: %w", ctx.Err())
	}
}
