// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/alert/sink"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

// RuleSinkDown is the rule of the alert about a sink that does not take alerts.
const RuleSinkDown = "alert-sink-down"

// downAfter is how many failures in a row make a sink count as down.
const downAfter = 3

// health is how a sink has answered of late.
type health struct {
	Failures  int       `json:"failures"` // in a row
	Since     time.Time `json:"since,omitzero"`
	LastError string    `json:"lastError,omitempty"`
	LastAt    time.Time `json:"lastAt,omitzero"`
	ProbeAt   time.Time `json:"probeAt,omitzero"` // nothing is tried before, once it is down
}

const kindHealth = "alert.health"

func getHealth(r store.Reader, tenant, sinkID string) (h health, err error) {
	rec, err := r.Get(tenant, kindHealth, sinkID)
	if errors.Is(err, store.ErrNotFound) {
		return h, nil
	} else if err != nil {
		return h, err
	}
	return h, json.Unmarshal(rec.Doc, &h)
}

func putHealth(tx store.Tx, tenant, sinkID string, h health, now time.Time) error {
	doc, err := json.Marshal(h)
	if err != nil {
		return err
	}
	r := &store.Record{Tenant: tenant, Kind: kindHealth, ID: sinkID, CreatedAt: now, UpdatedAt: now, Doc: doc}
	if err := tx.Update(r, 0); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return tx.Insert(r)
}

// attempt tells one sink of one alert and writes what came of it.
func (s *Service) attempt(ctx context.Context, t task) error {
	var n *notice
	var m *sink.Message
	var to *sink.Config
	var h health
	now := s.now(t.tenant)
	err := s.o.Store.View(ctx, func(ctx context.Context) (err error) {
		r := store.Read(ctx)
		n, m, to = nil, nil, nil
		if n, err = getNotice(r, t.tenant, t.key); err != nil || n == nil {
			return err
		}
		a, err := load(r, t.tenant, n.Alert)
		if err != nil {
			return ignoreMissing(err)
		}
		sinks, err := s.sinks(r, t.tenant)
		for i := range sinks {
			if sinks[i].ID == n.Sink && sinks[i].Enabled {
				to = &sinks[i]
			}
		}
		m = s.message(a, n, now)
		if err == nil {
			h, err = getHealth(r, t.tenant, n.Sink)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case n == nil || to == nil || m == nil:
		return s.o.Store.Update(ctx, func(ctx context.Context) error { return s.forget(ctx, t) })
	case n.State == Told && to.Kind == sink.Alertmanager && m.State != Resolved && !n.NextAt.After(now): // a reminder
	case n.State != Pending:
		return s.o.Store.Update(ctx, func(ctx context.Context) error { return store.From(ctx).RemoveJob(t.tenant, t.kind, t.key) })
	case n.NextAt.After(now):
		return s.o.Store.Update(ctx, func(ctx context.Context) error { // brought back too early, by a clock that was set back
			return store.From(ctx).PutJob(&store.Job{Tenant: t.tenant, Kind: t.kind, Key: t.key, Due: n.NextAt})
		})
	case h.Failures >= downAfter && h.ProbeAt.After(now): // somebody else has just found it down
		return s.o.Store.Update(ctx, func(ctx context.Context) error { return s.postpone(ctx, t, h.ProbeAt) })
	}
	sending, cancel := context.WithTimeout(ctx, s.o.Timeout)
	problem := s.o.Sender.Send(sending, *to, m)
	cancel()
	if problem != nil && ctx.Err() != nil {
		return nil // the process stops; as if it had not been tried
	}
	return s.o.Store.Update(ctx, func(ctx context.Context) error { return s.noteAttempt(ctx, t, to, m, problem) })
}

func (s *Service) forget(ctx context.Context, t task) error {
	tx := store.From(ctx)
	err := tx.Remove(t.tenant, kindNotice, t.key)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return errors.Join(err, tx.RemoveJob(t.tenant, t.kind, t.key))
}

func (s *Service) postpone(ctx context.Context, t task, until time.Time) error {
	tx := store.From(ctx)
	n, err := getNotice(tx, t.tenant, t.key)
	if err != nil || n == nil {
		return err
	}
	n.NextAt, n.Waits, n.Lease = until, true, time.Time{}
	if err := putNotice(tx, t.tenant, n, s.now(t.tenant)); err != nil {
		return err
	}
	return tx.PutJob(&store.Job{Tenant: t.tenant, Kind: t.kind, Key: t.key, Due: until})
}

// noteAttempt writes the outcome, and looks after the sink.
func (s *Service) noteAttempt(ctx context.Context, t task, to *sink.Config, m *sink.Message, problem error) error {
	tx, now := store.From(ctx), s.now(t.tenant)
	n, err := getNotice(tx, t.tenant, t.key)
	if err != nil || n == nil {
		return err
	}
	a, err := load(tx, t.tenant, n.Alert)
	if err != nil {
		return err
	}
	h, err := getHealth(tx, t.tenant, n.Sink)
	if err != nil {
		return err
	}
	n.Attempts++
	n.Lease = time.Time{}
	if problem != nil {
		return s.noteFailure(ctx, t, to, n, a, h, problem, now)
	}
	n.Told, n.ToldAt, n.Failures, n.LastError, n.Waits = m.Rev, now, 0, "", false
	if n.Rev == m.Rev {
		n.State, n.NextAt = Told, time.Time{}
		job := &store.Job{Tenant: t.tenant, Kind: t.kind, Key: t.key, Due: now.Add(refresh)}
		if to.Kind == sink.Alertmanager && a.State != Resolved {
			n.NextAt, err = job.Due, tx.PutJob(job)
		} else {
			err = tx.RemoveJob(t.tenant, t.kind, t.key)
		}
		if err == nil {
			err = putNotice(tx, t.tenant, n, now)
		}
	} else {
		err = s.queue(tx, t.tenant, n, now, now) // it changed meanwhile
	}
	if err != nil {
		return err
	}
	a.note(now, "TOLD", "", to.Name+": "+m.State)
	if err := a.save(tx); err != nil {
		return err
	}
	if h.Failures == 0 {
		return nil
	}
	if err := putHealth(tx, t.tenant, n.Sink, health{LastAt: now}, now); err != nil || h.Failures < downAfter {
		return err
	}
	if err := s.clearIn(ctx, sinkDown(t.tenant, to, h), "the sink takes alerts again"); err != nil {
		return err
	}
	return s.release(tx, t.tenant, n.Sink, now)
}

// release brings forward what waits for a sink that is back.
func (s *Service) release(tx store.Tx, tenant, sinkID string, now time.Time) error {
	var waiting []*notice
	for rec, err := range tx.List(store.Query{Tenant: tenant, Kind: kindNotice, Field: bySink, Value: sinkID, Limit: 1000}) {
		if err != nil {
			return err
		}
		n, err := readNotice(rec)
		if err != nil {
			return err
		}
		if n.Waits {
			waiting = append(waiting, n)
		}
	}
	for _, n := range waiting {
		if err := s.queue(tx, tenant, n, now, now); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) noteFailure(ctx context.Context, t task, to *sink.Config, n *notice, a *stored, h health, problem error, now time.Time) error {
	tx := store.From(ctx)
	n.Failures++
	n.Waits = true
	n.LastError = redact.Text(problem.Error(), lineMax)
	n.NextAt = now.Add(wait(n.Failures))
	var err error
	if n.NextAt.After(n.Since.Add(giveUp)) {
		n.State, n.NextAt = Parked, time.Time{}
		err = tx.RemoveJob(t.tenant, t.kind, t.key)
	} else {
		err = tx.PutJob(&store.Job{Tenant: t.tenant, Kind: t.kind, Key: t.key, Due: n.NextAt})
	}
	if err == nil {
		err = putNotice(tx, t.tenant, n, now)
	}
	if err != nil {
		return err
	}
	if h.Failures == 0 {
		h.Since = now
	}
	h.Failures++
	h.LastError, h.LastAt, h.ProbeAt = n.LastError, now, now.Add(wait(h.Failures))
	if err := putHealth(tx, t.tenant, n.Sink, h, now); err != nil {
		return err
	}
	if h.Failures < downAfter {
		return nil
	}
	if h.Failures == downAfter {
		if _, err := s.RaiseIn(ctx, sinkDown(t.tenant, to, h)); err != nil {
			return err
		}
	}
	if n.Failures >= downAfter && n.Told == 0 && a.State == Open && a.SilencedBy == "" {
		// Nobody may have heard of it: the next step does not wait for its time.
		return s.nextStepOnce(ctx, a, to)
	}
	return nil
}

// nextStepOnce passes an alert on when the sinks of its step do not take it.
func (s *Service) nextStepOnce(ctx context.Context, a *stored, to *sink.Config) error {
	if to.Step != a.Step {
		return nil // it was passed on already
	}
	return s.nextStep(ctx, a, to.Name+" does not take alerts")
}

func sinkDown(tenant string, to *sink.Config, h health) Finding {
	return Finding{
		Rule: RuleSinkDown, Severity: High, Tenant: tenant, Group: RuleSinkDown + "|" + to.ID, Client: "",
		Summary:  fmt.Sprintf("The alert sink %s does not take alerts", to.Name),
		Expected: "every alert is taken at the first attempt", Seen: fmt.Sprintf("%d failures in a row; the last: %s", h.Failures, h.LastError),
		Started: h.Since, Last: h.LastAt, Silence: "airside api updateAlertSink: disable it while it is repaired", exceptSink: to.ID,
	}
}
