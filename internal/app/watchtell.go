// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/store"
)

// note is something that waits for the store: what the detection found, or another part of Airside.
type note struct {
	changes []detect.Change
	finding *alert.Finding
	over    bool // the cause of the finding is gone
	done    chan struct{}
}

// tell takes what changed, on the goroutine of the detection. While the store is away events wait, and then are
// dropped and counted.
func (w *watch) tell(changes []detect.Change) { w.notes <- note{changes: slices.Clone(changes)} }

// found takes a finding of another part of Airside. It never waits.
func (w *watch) found(f alert.Finding, over bool) {
	if w == nil {
		return
	}
	select {
	case w.notes <- note{finding: &f, over: over}:
	default:
		w.unsaid.Add(1)
	}
}

// teller turns notes into alerts until the context ends; what waits then was told by settle.
func (w *watch) teller(ctx context.Context) {
	joined := map[string]string{} // of alerts about a network that are part of one about a client
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-w.notes:
			for i := range n.changes {
				w.change(ctx, &n.changes[i], joined)
			}
			if n.finding != nil {
				w.raise(ctx, *n.finding, n.over)
			}
			if n.done != nil {
				close(n.done)
			}
		}
	}
}

// change tells what happened to one alert of the detection.
func (w *watch) change(ctx context.Context, c *detect.Change, joined map[string]string) {
	f := findingOf(&c.Alert)
	if c.What == detect.Closed {
		if joined[c.Alert.Key] != "" {
			delete(joined, c.Alert.Key)
			return
		}
		// What is bad waits for a person, also when it is over.
		if c.Alert.Severity < detect.High && c.Alert.Verdict == "" {
			w.raise(ctx, f, true)
		}
		return
	}
	if c.Alert.Subject.Kind == "network" && strings.HasPrefix(c.Alert.Rule, "auth-failure") {
		if one := w.about(c.Alert.Events); one != "" { // the same burst, seen from its other end
			f.Tenant, f.Client, f.Environment = w.people.TenantOf(one), one, ""
			f.Group = "auth-failure-burst/client/" + f.Tenant + "/" + w.environment(c.Alert.Events) + "/" + one
			joined[c.Alert.Key] = f.Group
		}
	}
	if id := w.raise(ctx, f, false); id != "" {
		w.mu.Lock()
		if len(w.keys) > 4096 {
			clear(w.keys)
		}
		w.keys[id] = c.Alert.Key
		w.mu.Unlock()
	}
}

// about is the client of all these requests, if it is one.
func (w *watch) about(events []string) (client string) {
	for _, id := range events {
		e := w.ring.Get(id)
		if e == nil || e.ClientID == "" || client != "" && e.ClientID != client {
			return ""
		}
		client = e.ClientID
	}
	if w.people.TenantOf(client) == "" {
		return ""
	}
	return client
}

func (w *watch) environment(events []string) string {
	for _, id := range events {
		if e := w.ring.Get(id); e != nil {
			return e.Environment
		}
	}
	return ""
}

// findingOf is an alert of the detection in the words of alerts.
func findingOf(a *detect.Alert) alert.Finding {
	f := alert.Finding{
		Rule: a.Rule, Severity: strings.ToUpper(a.Severity.String()), Tenant: a.Subject.Tenant, Environment: a.Subject.Environment,
		Group: a.Key, Summary: a.Title + ": " + a.Subject.Name(), Expected: a.Expected, Seen: a.Seen, Advice: a.Advice,
		Events: a.Events, Total: a.Count, Started: a.Opened, Last: a.Last,
	}
	switch a.Subject.Kind {
	case "client":
		f.Client = a.Subject.ID
	case "tenant":
		f.Tenant = a.Subject.ID
	case "environment":
		f.Environment = a.Subject.ID
	}
	return f
}

// attempts is how often a finding is tried to be told, with a second more between each.
const attempts = 6

// raise makes the alert, or resolves it. It answers the alert's id.
func (w *watch) raise(ctx context.Context, f alert.Finding, over bool) (id string) {
	for n := range attempts {
		var err error
		if f.Tenant, err = w.owner(ctx, f.Tenant); err == nil {
			if over {
				err = w.alert.Clear(ctx, f, "it has not gone on, says the detection")
			} else {
				var ids []string
				if ids, err = w.alert.Raise(ctx, f); err == nil && len(ids) == 1 {
					id = ids[0]
				}
			}
		}
		if err == nil {
			return id
		}
		if n == attempts-1 || ctx.Err() != nil {
			w.log.ErrorContext(ctx, "a finding could not be told", slog.String("rule", f.Rule), slog.Any("error", err))
			return ""
		}
		wait := time.NewTimer(time.Duration(n+1) * time.Second)
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
		wait.Stop()
	}
	return ""
}

// owner is whose an alert is. What belongs to no TMC is the operator's; with one TMC in the store, that is the
// same people.
func (w *watch) owner(ctx context.Context, tenant string) (string, error) {
	if tenant != "" && tenant != identity.Platform {
		return tenant, nil
	}
	all, err := w.tenants(ctx)
	return onlyOf(all), err
}

func (w *watch) tenants(ctx context.Context) (all []string, err error) {
	err = w.store.View(ctx, func(ctx context.Context) error {
		if all, err = store.Read(ctx).Tenants(); err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(t string) bool { return t == identity.Platform })
		return nil
	})
	return all, err
}

// judged hears of every change of every alert. One that a person resolved is over for the detection, too, once that is
// durable.
func (w *watch) judged(ctx context.Context, c alert.Change) error {
	if c.Alert.State == alert.Resolved && c.Alert.ResolvedBy != "" && c.Alert.ResolvedBy != "airside" {
		store.From(ctx).AfterCommit(func() { w.resolved(c.Alert.ID) })
	}
	return nil
}

// resolved ends an alert for the detection.
func (w *watch) resolved(id string) {
	w.mu.Lock()
	key := w.keys[id]
	delete(w.keys, id)
	w.mu.Unlock()
	if key == "" || w.stop == nil {
		return
	}
	w.tasks.Go(func() { // commits must not wait for the detection, which may wait for the store
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		w.do(ctx, func(e *detect.Engine) []detect.Change {
			changes, _ := e.Resolve(key, "")
			return changes
		})
	})
}

// do runs something on the engine and tells what it changed.
func (w *watch) do(ctx context.Context, fn func(*detect.Engine) []detect.Change) {
	var changes []detect.Change
	err := w.runner.Do(ctx, func(e *detect.Engine) { changes = slices.Clone(fn(e)) })
	if err != nil {
		w.log.WarnContext(ctx, "the detection", slog.Any("error", err))
	}
	if len(changes) > 0 {
		select {
		case w.notes <- note{changes: changes}:
		case <-ctx.Done():
		}
	}
}
