// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"context"
	"log/slog"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert/sink"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
)

// The jobs that this package does: register them with the schedule (Service.Jobs).
const (
	JobNotice   = "alert.notice"
	JobEscalate = "alert.escalate"
	JobRespond  = "alert.respond"
)

// me is who acts when nobody does.
const me = "airside"

// Act is something that Airside did by itself, for the audit trail.
type Act struct {
	Tenant, Operation, Target, Outcome string
	Detail                             map[string]string
}

// Auditor writes to the audit trail in the running transaction.
type Auditor interface {
	RecordAct(ctx context.Context, a Act) error
}

// Sender tells a sink; *sink.Sender does.
type Sender interface {
	Send(ctx context.Context, c sink.Config, m *sink.Message) error
}

// Options are what a Service needs.
type Options struct {
	Store  store.Store
	Clocks *clock.Tenants
	Sender Sender
	Audit  Auditor
	// Configured are the sinks of the process's configuration; they hear of every tenant's alerts.
	Configured []sink.Config
	// References are what a secret begins with that a sink made by the API may name: a reference to another one would
	// send it to wherever the sink leads.
	References []string
	// Responder takes automatic first steps; nil: none can be taken.
	Responder Responder
	// Link is where an alert can be read, for messages; nil: nowhere.
	Link func(tenant, alert string) string
	// Timeout is for telling one sink once; 30 s when zero.
	Timeout time.Duration
	// Insecure lets sinks be reached without TLS, for dev.
	Insecure bool
	Log      *slog.Logger // nil: nobody is told
}

// Service is the whole of alerting.
type Service struct {
	o         Options
	observers []Observer
	courier   *courier
}

// New makes the service. It raises and answers at once; Start makes it tell by itself.
func New(o Options) *Service {
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{o: o}
	s.courier = newCourier(s)
	return s
}

// Observe adds an observer; before Start only.
func (s *Service) Observe(o Observer) { s.observers = append(s.observers, o) }

// Jobs are the handlers for the schedule.
func (s *Service) Jobs() map[string]func(ctx context.Context, j *store.Job) error {
	return map[string]func(ctx context.Context, j *store.Job) error{
		JobNotice: s.bringBack, JobRespond: s.bringBack, JobEscalate: s.escalate,
	}
}

func (s *Service) now(tenant string) time.Time { return s.o.Clocks.Now(tenant).UTC() }

// by is who acts: the API user of the call, else Airside itself.
func by(ctx context.Context) string {
	a := actor.From(ctx)
	if a.ClientID == "" {
		return me
	}
	return a.ClientID
}

// as makes a context for the tenant's own business.
func as(ctx context.Context, tenant string) context.Context {
	return actor.With(ctx, &actor.Actor{Tenant: tenant, ClientID: me, Roles: []string{actor.TMCAdmin}})
}

// audit records an act of Airside itself.
func (s *Service) audit(ctx context.Context, a Act) error {
	if s.o.Audit == nil {
		return nil
	}
	return s.o.Audit.RecordAct(ctx, a)
}

// changed stores the alert, lets its observers know, and puts what sinks are to be told into the queue.
func (s *Service) changed(ctx context.Context, a *stored) error {
	tx := store.From(ctx)
	for _, o := range s.observers {
		join := func(incident string) { a.Incident = incident }
		if err := o(ctx, Change{a.tenant, a.Alert, a.History[len(a.History)-1], join}); err != nil {
			return err
		}
	}
	if err := a.save(tx); err != nil {
		return err
	}
	return s.tell(ctx, a)
}
