// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"cmp"
	"context"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

// Delivery is what one sink knows of an alert (schema AlertDelivery).
type Delivery struct {
	Sink      string    `json:"sink"`
	SinkID    string    `json:"sinkId"`
	State     string    `json:"state"`
	Attempts  int       `json:"attempts"`
	NextAt    time.Time `json:"nextAttemptAt,omitzero"`
	ToldAt    time.Time `json:"toldAt,omitzero"`
	LastError string    `json:"lastError,omitempty"`
}

// Shown is an alert with what its sinks know (schema AlertDetail).
type Shown struct {
	Alert
	Deliveries []Delivery `json:"deliveries"`
}

func (s *Service) show(r store.Reader, a *stored) (Shown, error) {
	out := Shown{a.Alert, []Delivery{}}
	sinks, err := s.sinks(r, a.tenant)
	if err != nil {
		return out, err
	}
	names := map[string]string{}
	for _, c := range sinks {
		names[c.ID] = c.Name
	}
	for rec, err := range r.List(store.Query{Tenant: a.tenant, Kind: kindNotice, Parent: a.ID}) {
		if err != nil {
			return out, err
		}
		n, err := readNotice(rec)
		if err != nil {
			return out, err
		}
		out.Deliveries = append(out.Deliveries, Delivery{
			cmp.Or(names[n.Sink], "a sink that was deleted"), n.Sink, n.State, n.Attempts, n.NextAt, n.ToldAt, n.LastError})
	}
	return out, nil
}

// ListIn filters alerts.
type ListIn struct {
	State    string `query:"state"`
	Severity string `query:"minSeverity"`
	Client   string `query:"clientId"`
	Rule     string `query:"rule"`
	Offset   int    `query:"offset"`
	Limit    int    `query:"limit"`
}

// ListOut is a page, newest first.
type ListOut struct {
	Alerts     []Alert `json:"alerts"`
	Pagination struct {
		Total int `json:"totalNumResults"`
	} `json:"pagination"`
}

// List is listAlerts.
func (s *Service) List(ctx context.Context, in ListIn) (ListOut, error) {
	out := ListOut{Alerts: []Alert{}}
	q := store.Query{Tenant: actor.Tenant(ctx), Kind: kindAlert, Newest: true}
	switch { // the narrowest index; the rest is looked at here
	case in.Client != "":
		q.Field, q.Value = byClient, redact.Text(in.Client, idMax)
	case in.Rule != "":
		q.Field, q.Value = byRule, in.Rule
	case in.State != "":
		q.Field, q.Value = byState, in.State
	}
	plain := in.Severity == "" // the index says it all: the store can count and skip
	if in.Client != "" {
		plain = plain && in.Rule == "" && in.State == ""
	} else if in.Rule != "" {
		plain = plain && in.State == ""
	}
	if plain {
		return s.page(ctx, q, in)
	}
	for r, err := range store.Read(ctx).List(q) {
		if err != nil {
			return out, err
		}
		a, err := decode(r)
		if err != nil {
			return out, err
		}
		if in.State != "" && a.State != in.State || in.Rule != "" && a.Rule != in.Rule || in.Severity != "" && rank(a.Severity) < rank(in.Severity) {
			continue
		}
		if n := out.Pagination.Total; n >= in.Offset && n < in.Offset+in.Limit {
			out.Alerts = append(out.Alerts, a.Alert)
		}
		out.Pagination.Total++
	}
	return out, nil
}

func (s *Service) page(ctx context.Context, q store.Query, in ListIn) (ListOut, error) {
	out := ListOut{Alerts: []Alert{}}
	var err error
	if out.Pagination.Total, err = store.Read(ctx).Count(q); err != nil {
		return out, err
	}
	q.Offset, q.Limit = in.Offset, in.Limit
	for r, err := range store.Read(ctx).List(q) {
		if err != nil {
			return out, err
		}
		a, err := decode(r)
		if err != nil {
			return out, err
		}
		out.Alerts = append(out.Alerts, a.Alert)
	}
	return out, nil
}

// GetIn names an alert.
type GetIn struct {
	ID string `path:"alertId"`
}

// Get is getAlert. RESOURCE_NOT_FOUND.
func (s *Service) Get(ctx context.Context, in GetIn) (Shown, error) {
	a, err := load(store.Read(ctx), actor.Tenant(ctx), in.ID)
	if err != nil {
		return Shown{}, err
	}
	return s.show(store.Read(ctx), a)
}

// ActIn names an alert and says something about it.
type ActIn struct {
	ID   string `path:"alertId"`
	Body struct {
		Note string `json:"note"`
	} `body:"json"`
}

// Acknowledge is acknowledgeAlert: somebody looks after it, nothing is passed on. STATE_DOES_NOT_ALLOW
// once it is resolved.
func (s *Service) Acknowledge(ctx context.Context, in ActIn) (Shown, error) {
	return s.move(ctx, in, func(a *stored, now time.Time) error {
		if a.State == Resolved {
			return errs.New(errs.StateForbids, "the alert is resolved")
		}
		if a.State == Acknowledged {
			return nil
		}
		a.State, a.AcknowledgedAt, a.AcknowledgedBy = Acknowledged, now, by(ctx)
		a.Rev++
		a.note(now, "ACKNOWLEDGED", by(ctx), redact.Text(in.Body.Note, lineMax))
		return s.changed(ctx, a)
	})
}

// Resolve is resolveAlert: it is over.
func (s *Service) Resolve(ctx context.Context, in ActIn) (Shown, error) {
	return s.move(ctx, in, func(a *stored, now time.Time) error {
		if a.State == Resolved {
			return nil
		}
		return s.resolve(ctx, a, by(ctx), redact.Text(in.Body.Note, lineMax), now)
	})
}

func (s *Service) resolve(ctx context.Context, a *stored, who, note string, now time.Time) error {
	a.State, a.ResolvedAt, a.ResolvedBy = Resolved, now, who
	a.Rev++
	a.note(now, "RESOLVED", who, note)
	return s.changed(ctx, a)
}

func (s *Service) move(ctx context.Context, in ActIn, fn func(a *stored, now time.Time) error) (Shown, error) {
	tx, tenant := store.From(ctx), actor.Tenant(ctx)
	a, err := load(tx, tenant, in.ID)
	if err != nil {
		return Shown{}, err
	}
	if err := fn(a, s.now(tenant)); err != nil {
		return Shown{}, err
	}
	return s.show(tx, a)
}

// One is an alert, for other parts of Airside. RESOURCE_NOT_FOUND.
func (s *Service) One(ctx context.Context, tenant, id string) (Alert, error) {
	a, err := load(store.Read(ctx), tenant, id)
	if err != nil {
		return Alert{}, err
	}
	return a.Alert, nil
}

// Link notes in the running transaction which incident an alert belongs to. RESOURCE_NOT_FOUND.
func (s *Service) Link(ctx context.Context, tenant, id, incident string) error {
	tx := store.From(ctx)
	a, err := load(tx, tenant, id)
	if err != nil {
		return err
	}
	a.Incident = incident
	return a.save(tx)
}

// ResolveFor resolves an alert in the running transaction because its incident is over.
func (s *Service) ResolveFor(ctx context.Context, tenant, id, note string) error {
	a, err := load(store.From(ctx), tenant, id)
	if err != nil || a.State == Resolved {
		return ignoreMissing(err)
	}
	return s.resolve(ctx, a, by(ctx), note, s.now(tenant))
}

// OpenRules is how many alerts of a tenant each rule has that are not resolved.
func (s *Service) OpenRules(ctx context.Context, tenant string) (map[string]int, error) {
	all, err := unresolved(store.Read(ctx), tenant)
	out := map[string]int{}
	for _, a := range all {
		if !a.Drill {
			out[a.Rule]++
		}
	}
	return out, err
}

// Counts is how many alerts of a tenant are in each state.
func (s *Service) Counts(ctx context.Context, tenant string) (map[string]int, error) {
	out := map[string]int{}
	for _, state := range []string{Open, Acknowledged, Resolved} {
		n, err := store.Read(ctx).Count(store.Query{Tenant: tenant, Kind: kindAlert, Field: byState, Value: state})
		if err != nil {
			return nil, err
		}
		out[state] = n
	}
	return out, nil
}
