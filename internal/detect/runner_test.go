// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/detect"
)

// TestRunnerTells feeds a burst and hears of it, and of its end while nothing happens.
func TestRunnerTells(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []detect.Change
		r := detect.NewRunner(detect.New(detect.Builtin(), detect.Options{}), detect.RunnerOptions{
			Clock: clock.System(), Tell: func(c []detect.Change) { told = append(told, c...) },
		})
		r.Start()
		r.Start() // does nothing
		start := clock.System().Now()
		for n := range 12 {
			ev := wrongSecret(n, "app-1")
			ev.At = start.Add(time.Duration(n) * time.Second)
			if !r.Offer(ev) {
				t.Error("an event found no place")
			}
		}
		<-time.After(time.Second) // more than it waits between two looks
		synctest.Wait()
		if got := only(told, detect.Opened, "auth-failure-burst"); len(got) != 1 {
			t.Errorf("told: %+v", told)
		}
		var open int
		if err := r.Do(t.Context(), func(e *detect.Engine) { open = len(e.Alerts()) }); err != nil || open != 1 {
			t.Errorf("%d open, %v", open, err)
		}
		<-time.After(time.Hour)
		synctest.Wait()
		if got := only(told, detect.Closed, "auth-failure-burst"); len(got) != 1 {
			t.Errorf("an hour later: %+v", told)
		}
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if err := r.Do(t.Context(), func(*detect.Engine) {}); !errors.Is(err, detect.ErrStopped) {
			t.Errorf("after the stop: %v", err)
		}
		if r.Offer(wrongSecret(1, "x")) {
			t.Error("after the stop an event found a place")
		}
	})
}

// TestRunnerNeverWaits blocks the far end: offers return, what has no place is counted, and a stop ends.
func TestRunnerNeverWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		r := detect.NewRunner(detect.New(detect.Builtin(), detect.Options{}), detect.RunnerOptions{
			Clock: clock.System(), Queue: 16, Tell: func([]detect.Change) { <-block },
		})
		r.Start()
		now := clock.System().Now()
		for n := range 1000 {
			ev := wrongSecret(n, "app-1")
			ev.At = now
			r.Offer(ev)
			if n == 9 {
				<-time.After(time.Second) // it looks at ten, and hangs telling of them
			}
		}
		<-time.After(time.Minute)
		s := r.Stats()
		if s.Seen != 10 || s.Queued != 16 || s.Dropped != 1000-26 || s.Behind != time.Minute+time.Second {
			t.Errorf("%+v", s)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("stop: %v", err)
		}
		close(block)
		synctest.Wait() // the goroutine ends; the bubble would complain otherwise
		if s := r.Stats(); s.Dropped != 1000-10 || s.Queued != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestRunnerSurvivesCrashes lets telling panic: the engine starts anew from its snapshot, the crash is
// counted, and the next burst is found.
func TestRunnerSurvivesCrashes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		set := detect.Builtin()
		crash, restarts := true, 0
		var reasons []string
		var told []detect.Change
		r := detect.NewRunner(detect.New(set, detect.Options{}), detect.RunnerOptions{
			Clock: clock.System(),
			Tell: func(c []detect.Change) {
				if crash {
					crash = false
					panic("a bug\nwith a line break")
				}
				told = append(told, c...)
			},
			Restart: func() *detect.Engine { restarts++; return detect.New(set, detect.Options{}) },
			Crashed: func(reason string) { reasons = append(reasons, reason) },
		})
		r.Start()
		for n := range 40 {
			ev := wrongSecret(n, fmt.Sprintf("app-%d", n/20))
			ev.At = clock.System().Now()
			r.Offer(ev)
		}
		if err := r.Do(t.Context(), func(*detect.Engine) { panic("in a task") }); err == nil {
			t.Error("a task that panicked did not fail")
		}
		if err := r.Stop(t.Context()); err != nil { // looks at what waits first
			t.Error(err)
		}
		s := r.Stats()
		if s.Crashes != 1 || restarts != 1 || s.Dropped != 1 || s.Seen != 39 || fmt.Sprint(reasons) != `[a bug\u{a}with a line break]` {
			t.Errorf("%+v, %d restarts, %q", s, restarts, reasons)
		}
		if got := only(told, detect.Opened, "auth-failure-burst"); len(got) == 0 {
			t.Errorf("told: %+v", told)
		}
	})
}

// TestRunnerStopsUnstarted must not hang.
func TestRunnerStopsUnstarted(t *testing.T) {
	t.Parallel()
	r := detect.NewRunner(detect.New(detect.Builtin(), detect.Options{}), detect.RunnerOptions{Clock: clock.System()})
	if err := r.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := r.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
