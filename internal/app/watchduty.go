// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/identity"
)

// ruleFile is the operator's file of rules, as it was read last.
type ruleFile struct {
	name string
	mu   sync.Mutex
	raw  []byte
	set  *detect.Set
	err  error // of a later version of the file: the set before it stays on
}

// read reads the file for the first time.
func (f *ruleFile) read() (*detect.Set, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	set, raw, err := readRules(f.name)
	f.set, f.raw = set, raw
	return set, err
}

func (f *ruleFile) now() *detect.Set {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.set
}

func (f *ruleFile) wrong() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// reload takes up a file of rules that has changed. One with a mistake changes nothing; it is said once.
func (w *watch) reload(ctx context.Context) {
	f := &w.rules
	if f.name == "" {
		return
	}
	set, raw, err := readRules(f.name)
	f.mu.Lock()
	same := text(err) == text(f.err) && (err != nil || bytes.Equal(raw, f.raw)) // a file that cannot be read has no text to compare
	if raw != nil {
		f.raw = raw
	}
	f.err = err
	if err == nil && !same {
		f.set = set
	}
	f.mu.Unlock()
	switch {
	case same:
	case err != nil:
		w.log.ErrorContext(ctx, "the detection keeps the rules it has", slog.Any("error", err))
	default:
		w.do(ctx, func(e *detect.Engine) []detect.Change { return e.Adopt(set) })
		w.log.InfoContext(ctx, "the detection has other rules", slog.String("file", f.name))
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// minute is what is looked at once a minute.
func (w *watch) minute(ctx context.Context) {
	w.jumped(ctx)
	w.silence(ctx)
	if err := w.census(ctx); err != nil {
		w.log.WarnContext(ctx, "the credentials could not be counted", slog.Any("error", err))
	}
}

// jumped tells when the system's clock was set.
func (w *watch) jumped(ctx context.Context) {
	now := w.clock.Now()
	// Subtracting whole times uses the monotonic clock, subtracting stripped ones the wall clock.
	by := now.Round(0).Sub(w.looked.Round(0)) - now.Sub(w.looked)
	w.looked = now
	var jumps uint64
	if err := w.runner.Do(ctx, func(e *detect.Engine) { jumps = e.Stats().Jumps }); err != nil {
		return
	}
	if by.Abs() < time.Minute && jumps <= w.jumps {
		return
	}
	w.jumps = jumps
	w.found(alert.Finding{
		Rule: "clock-jump", Severity: alert.Medium, Tenant: identity.Platform, Summary: "The system's clock was set",
		Expected: "a clock that moves with time", Seen: fmt.Sprintf("it moved by %s besides", by.Round(time.Second)),
		Advice: "Look at time synchronisation. Entries of the audit trail around it have wrong times, in the right order.",
	}, false)
}

// silence lets the detection know what alerts are silent about, so that it learns what is said to be normal.
// Whether somebody is told is decided where alerts are.
func (w *watch) silence(ctx context.Context) {
	tenants, err := w.tenants(ctx)
	var list []detect.Silence
	for _, tenant := range tenants {
		err = w.store.View(actor.With(ctx, &actor.Actor{Tenant: tenant}), func(ctx context.Context) error {
			all, err := w.alert.ListSilences(ctx, struct{}{})
			for _, s := range all.Silences {
				if s.InForce {
					q := detect.Silence{ID: s.ID, Rule: s.Rule, Subject: detect.Subject{Tenant: tenant, Environment: s.Environment}, Until: w.clock.Now().Add(5 * time.Minute), Reason: s.Reason, By: s.CreatedBy}
					if s.Client != "" {
						q.Subject.Kind, q.Subject.ID = "client", s.Client
					}
					list = append(list, q)
				}
			}
			return err
		})
		if err != nil {
			break
		}
	}
	if err != nil {
		return // those that are known run out by themselves
	}
	w.do(ctx, func(e *detect.Engine) []detect.Change { return e.Silence(list) })
}

// census lets the detection see the age and the last use of each credential, once a day.
func (w *watch) census(ctx context.Context) error {
	now := w.clock.Now()
	today := day(now)
	w.mu.Lock()
	due := w.counted != today
	w.mu.Unlock()
	if !due {
		return nil
	}
	var all []identity.Credential
	err := w.store.View(ctx, func(ctx context.Context) (err error) {
		all, err = w.people.Census(ctx)
		return err
	})
	if err != nil {
		return err
	}
	events := make([]detect.Event, 0, len(all))
	w.mu.Lock()
	for _, c := range all {
		last := max(w.used[c.ClientID], day(c.CreatedAt), w.since) // before `since` nobody looked
		events = append(events, detect.Event{
			ID: fmt.Sprintf("census-%d-%s", today, c.ClientID), At: now, Kind: detect.Census, Tenant: c.Tenant, Client: c.ClientID,
			AgeDays: int(today - day(c.RotatedAt)), IdleDays: int(today - last),
		})
	}
	w.counted = today
	w.mu.Unlock()
	w.do(ctx, func(e *detect.Engine) (changes []detect.Change) {
		for i := range events {
			changes = append(changes, slices.Clone(e.Observe(&events[i]))...)
		}
		return changes
	})
	return nil
}
