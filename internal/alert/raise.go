// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// reopenFor is how long after its end an alert is taken up again by what belongs to its group.
const reopenFor = 15 * time.Minute

// openMax is how many open alerts one rule may have. What comes on top shares one alert: who can make up
// client ids must not be able to hide one alert among thousands, nor to fill the store.
const openMax = 50

// Raise takes findings in, in one transaction, and answers the alerts they belong to, one for each.
func (s *Service) Raise(ctx context.Context, findings ...Finding) (alerts []string, err error) {
	defer errs.Wrap(&err, "raise alert")
	if len(findings) > 0 && actor.Tenant(ctx) == "" {
		ctx = as(ctx, findings[0].Tenant)
	}
	err = s.o.Store.Update(ctx, func(ctx context.Context) error {
		alerts = alerts[:0] // it may run more than once
		for _, f := range findings {
			id, err := s.RaiseIn(ctx, f)
			if err != nil {
				return err
			}
			alerts = append(alerts, id)
		}
		return nil
	})
	return alerts, err
}

// RaiseIn is Raise for one finding inside the running transaction.
func (s *Service) RaiseIn(ctx context.Context, f Finding) (id string, err error) {
	tx, now := store.From(ctx), s.now(f.Tenant)
	f = f.clean(now)
	a, err := find(tx, f.Tenant, f.Group)
	if err != nil {
		return "", err
	}
	if a != nil && a.State == Resolved && now.Sub(a.ResolvedAt) > reopenFor {
		if err := a.retire(tx); err != nil {
			return "", err
		}
		a = nil
	}
	if a == nil {
		open, err := tx.Count(store.Query{Tenant: f.Tenant, Kind: kindAlert, Field: byOpen, Value: f.Rule})
		if err != nil {
			return "", err
		}
		if all := f.Rule + "|*"; open >= openMax && f.Group != all {
			f.Group, f.Client = all, ""
			f.Summary = f.Rule + ": more clients than are shown one by one"
			return s.RaiseIn(ctx, f)
		}
	}
	silence, err := s.silence(tx, f, now)
	if err != nil {
		return "", err
	}
	if a == nil {
		return s.open(ctx, f, silence, now)
	}
	return a.ID, s.merge(ctx, a, f, silence, now)
}

// find is the newest alert of a group; nil when there is none.
func find(r store.Reader, tenant, group string) (*stored, error) {
	rec, err := r.Find(tenant, kindAlert, byGroup, group)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil //nolint:nilnil // nothing there is no failure here
	} else if err != nil {
		return nil, err
	}
	return decode(rec)
}

func (s *Service) open(ctx context.Context, f Finding, silence string, now time.Time) (string, error) {
	a := &stored{tenant: f.Tenant, Group: f.Group, Rev: 1, Except: f.exceptSink, Alert: Alert{
		ID: ids.UUID(), Rule: f.Rule, Severity: f.Severity, State: Open, Client: f.Client, Environment: f.Environment,
		Summary: f.Summary, Expected: f.Expected, Seen: f.Seen, Advice: f.Advice, Count: f.Count, Events: append([]string{}, f.Events...),
		StartedAt: f.Started, LastAt: f.Last, CreatedAt: now, SilenceHint: f.Silence, SilencedBy: silence, Drill: f.Drill,
		Responses: []Response{},
	}}
	if f.Dedupe != "" {
		a.Seen64 = []string{f.Dedupe}
	}
	a.note(now, "OPENED", "", f.Summary)
	if err := a.insert(store.From(ctx)); err != nil {
		return "", err
	}
	if err := s.audit(ctx, Act{f.Tenant, "alert.open", "alert=" + a.ID, "ALLOWED",
		map[string]string{"class": "security", "code": f.Rule + " " + f.Severity}}); err != nil {
		return "", err
	}
	if err := s.respond(ctx, a, now); err != nil {
		return "", err
	}
	return a.ID, s.changed(ctx, a)
}

// merge adds a finding to the alert of its group. Sinks hear of it only when it is worse than they know.
func (s *Service) merge(ctx context.Context, a *stored, f Finding, silence string, now time.Time) error {
	if f.Dedupe != "" {
		if slices.Contains(a.Seen64, f.Dedupe) {
			return nil
		}
		a.Seen64 = append(a.Seen64, f.Dedupe)
		if len(a.Seen64) > dedupeMax {
			a.Seen64 = a.Seen64[1:]
		}
	}
	if f.Total > 0 {
		a.Count = max(a.Count, f.Total)
	} else {
		a.Count += f.Count
	}
	if f.Last.After(a.LastAt) {
		a.LastAt, a.Summary = f.Last, f.Summary
		if f.Expected != "" {
			a.Expected = f.Expected
		}
		if f.Seen != "" {
			a.Seen = f.Seen
		}
		if f.Advice != "" {
			a.Advice = f.Advice
		}
	}
	if f.Started.Before(a.StartedAt) {
		a.StartedAt = f.Started
	}
	for _, e := range f.Events {
		if len(a.Events) < eventsMax && !slices.Contains(a.Events, e) {
			a.Events = append(a.Events, e)
		}
	}
	news := false
	worse := func(what string) {
		news = true
		a.Rev++
		a.note(now, what, "", f.Summary)
	}
	if a.State == Resolved {
		a.State, a.ResolvedAt, a.ResolvedBy, a.Step = Open, time.Time{}, "", 0
		a.AcknowledgedAt, a.AcknowledgedBy = time.Time{}, ""
		worse("REOPENED")
	}
	if rank(f.Severity) > rank(a.Severity) {
		a.Severity = f.Severity
		worse("RAISED")
	}
	if a.SilencedBy != "" && silence == "" {
		worse("HEARD") // the silence is over, and it goes on
	}
	a.SilencedBy = silence
	if !news {
		return a.save(store.From(ctx))
	}
	if err := s.respond(ctx, a, now); err != nil {
		return err
	}
	return s.changed(ctx, a)
}

// Clear resolves the alert of a group because its cause is gone, if there is one; group is what the
// finding had, or would have had by default.
func (s *Service) Clear(ctx context.Context, f Finding, note string) (err error) {
	defer errs.Wrap(&err, "clear alert")
	return s.o.Store.Update(ctx, func(ctx context.Context) error { return s.clearIn(ctx, f, note) })
}

func (s *Service) clearIn(ctx context.Context, f Finding, note string) error {
	now := s.now(f.Tenant)
	a, err := find(store.Read(ctx), f.Tenant, f.clean(now).Group)
	if err != nil || a == nil || a.State == Resolved {
		return err
	}
	return s.resolve(ctx, a, me, note, now)
}
