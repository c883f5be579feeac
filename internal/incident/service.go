// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"context"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
)

// Alerts is what incidents need of alerts; *alert.Service does it.
type Alerts interface {
	One(ctx context.Context, tenant, id string) (alert.Alert, error)
	Link(ctx context.Context, tenant, id, incident string) error
	ResolveFor(ctx context.Context, tenant, id, note string) error
	Raise(ctx context.Context, f ...alert.Finding) ([]string, error)
}

// Range lends clients of the sandbox to drills.
type Range interface {
	// Borrow makes an API user of the sandbox that nobody uses, and a way to give it back.
	Borrow(ctx context.Context, tenant string) (client string, giveBack func(ctx context.Context) error, err error)
}

// Options are what a Service needs.
type Options struct {
	Store     store.Store
	Clocks    *clock.Tenants
	Alerts    Alerts
	Audit     alert.Auditor
	Responder alert.Responder // nil: drills cannot contain anything
	Range     Range           // nil: drills use a made-up client
	// Environment is what drills play in.
	Environment string
}

// Service is the whole of incident response.
type Service struct {
	o     Options
	plans []Playbook
}

// New makes the service. An error is a mistake in a playbook.
func New(o Options) (*Service, error) {
	plans, err := Playbooks()
	if err != nil {
		return nil, err
	}
	return &Service{o: o, plans: plans}, nil
}

func (s *Service) now(tenant string) time.Time { return s.o.Clocks.Now(tenant).UTC() }

func (s *Service) plan(id string) *Playbook {
	for i := range s.plans {
		if s.plans[i].ID == id {
			return &s.plans[i]
		}
	}
	return nil
}

// planFor is the playbook that names the rule of an alert; nil when none does.
func (s *Service) planFor(rule string) *Playbook {
	for i := range s.plans {
		if slices.Contains(s.plans[i].Rules, rule) {
			return &s.plans[i]
		}
	}
	return nil
}

func (s *Service) planIDs() (out []string) {
	for _, p := range s.plans {
		out = append(out, p.ID)
	}
	return out
}

func by(ctx context.Context) string {
	if c := actor.From(ctx).ClientID; c != "" {
		return c
	}
	return "airside"
}

// Alerted is an alert.Observer: what happens to an alert is a line of its incident, and a new alert about a
// client joins the incident that is open for that client.
func (s *Service) Alerted(ctx context.Context, c alert.Change) error {
	tx := store.From(ctx)
	var i *stored
	switch {
	case c.Alert.Incident != "":
		one, err := load(tx, c.Tenant, c.Alert.Incident)
		if err != nil || one.State == Closed {
			return ignoreMissing(err)
		}
		i = one
	case c.Entry.What == "OPENED" && c.Alert.Client != "" && !c.Alert.Drill:
		for rec, err := range tx.List(store.Query{Tenant: c.Tenant, Kind: kindIncident, Field: byOpen, Value: "yes"}) {
			if err != nil {
				return err
			}
			one, err := decode(rec)
			if err != nil {
				return err
			}
			if slices.Contains(one.Clients, c.Alert.Client) && !one.Drill && len(one.Alerts) < alertsMax {
				i = one
				break
			}
		}
		if i == nil {
			return nil
		}
		i.Alerts = append(i.Alerts, c.Alert.ID)
		c.Join(i.ID)
	default:
		return nil
	}
	text := c.Alert.Rule + " " + c.Entry.What
	if c.Entry.Note != "" {
		text += ": " + c.Entry.Note
	}
	i.add(Entry{At: c.Entry.At, Kind: "ALERT", By: c.Entry.By, Text: text, Alert: c.Alert.ID})
	return i.save(tx, s.now(c.Tenant))
}
