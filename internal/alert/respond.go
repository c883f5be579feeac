// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
)

// The automatic first steps.
const (
	Throttle         = "THROTTLE"
	RequireReauth    = "REQUIRE_REAUTH"
	SuspendClient    = "SUSPEND_CLIENT"
	RotateCredential = "ROTATE_CREDENTIAL"
	ReadOnly         = "READ_ONLY"
)

// Target is what a first step is taken against, and why.
type Target struct {
	Tenant, Environment, Client string
	Alert, Reason               string
	// Key is the same when the step is taken again after a crash: taking it twice must do nothing more.
	Key string
}

// Responder takes first steps. Each answers what its undo needs to know, which holds no secret. The
// context carries no transaction: an act may talk to a network or open its own. errs.StateForbids says
// that an act makes no sense for the target, or cannot be undone; its message is shown.
type Responder interface {
	Throttle(ctx context.Context, t Target) (undo string, err error)
	UndoThrottle(ctx context.Context, t Target, undo string) error
	RequireReauth(ctx context.Context, t Target) (undo string, err error)
	UndoRequireReauth(ctx context.Context, t Target, undo string) error
	SuspendClient(ctx context.Context, t Target) (undo string, err error)
	UndoSuspendClient(ctx context.Context, t Target, undo string) error
	RotateCredential(ctx context.Context, t Target) (undo string, err error)
	UndoRotateCredential(ctx context.Context, t Target, undo string) error
	ReadOnly(ctx context.Context, t Target) (undo string, err error)
	UndoReadOnly(ctx context.Context, t Target, undo string) error
}

// Do takes a step by its name. STATE_DOES_NOT_ALLOW when there is no Responder.
func Do(ctx context.Context, r Responder, act string, t Target) (undo string, err error) {
	if r == nil {
		return "", errs.New(errs.StateForbids, "this server takes no first steps by itself")
	}
	switch act {
	case Throttle:
		return r.Throttle(ctx, t)
	case RequireReauth:
		return r.RequireReauth(ctx, t)
	case SuspendClient:
		return r.SuspendClient(ctx, t)
	case RotateCredential:
		return r.RotateCredential(ctx, t)
	case ReadOnly:
		return r.ReadOnly(ctx, t)
	}
	return "", errs.New(errs.StateForbids, "there is no step %q", act)
}

// Undo takes a step back by its name. STATE_DOES_NOT_ALLOW when there is no Responder.
func Undo(ctx context.Context, r Responder, act string, t Target, undo string) error {
	if r == nil {
		return errs.New(errs.StateForbids, "this server takes no first steps by itself")
	}
	switch act {
	case Throttle:
		return r.UndoThrottle(ctx, t, undo)
	case RequireReauth:
		return r.UndoRequireReauth(ctx, t, undo)
	case SuspendClient:
		return r.UndoSuspendClient(ctx, t, undo)
	case RotateCredential:
		return r.UndoRotateCredential(ctx, t, undo)
	case ReadOnly:
		return r.UndoReadOnly(ctx, t, undo)
	}
	return errs.New(errs.StateForbids, "there is no step %q", act)
}

// The states of a response.
const (
	Planned = "PLANNED"
	Done    = "DONE"
	Failed  = "FAILED"
	Undone  = "UNDONE"
)

// Response is a first step that was taken for an alert, with the way back (schema AlertResponse).
type Response struct {
	ID    string    `json:"id"`
	Act   string    `json:"act"`
	State string    `json:"state"`
	At    time.Time `json:"at"`
	Error string    `json:"error,omitempty"`
	Undo  string    `json:"undo,omitempty"` // the command that takes it back
}

// respond plans the steps that the rule of an alert was opted in to, each once for an alert.
func (s *Service) respond(ctx context.Context, a *stored, now time.Time) error {
	if a.Drill || a.SilencedBy != "" {
		return nil
	}
	tx := store.From(ctx)
	cfg, err := settings(tx, a.tenant)
	if err != nil {
		return err
	}
	for _, r := range cfg.Responses {
		taken := slices.ContainsFunc(a.Responses, func(p Response) bool { return p.Act == r.Act })
		if r.Rule != a.Rule || taken || rank(a.Severity) < rank(r.MinSeverity) || r.Act != ReadOnly && a.Client == "" {
			continue
		}
		p := Response{ID: ids.UUID(), Act: r.Act, State: Planned, At: now}
		a.Responses = append(a.Responses, p)
		t := task{a.tenant, JobRespond, a.ID + "/" + p.ID}
		tx.AfterCommit(func() { s.courier.add(t) })
		if err := tx.PutJob(&store.Job{Tenant: t.tenant, Kind: t.kind, Key: t.key, Due: now.Add(lease)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) target(a *stored, response string) Target {
	return Target{a.tenant, a.Environment, a.Client, a.ID, a.Rule + ": " + a.Summary, response}
}

// act takes a planned step.
func (s *Service) act(ctx context.Context, t task) error {
	alertID, id := t.key[:36], t.key[37:]
	var a *stored
	err := s.o.Store.View(ctx, func(ctx context.Context) (err error) {
		a, err = load(store.Read(ctx), t.tenant, alertID)
		return err
	})
	if err != nil {
		return err
	}
	p := a.response(id)
	if p == nil || p.State != Planned {
		return s.o.Store.Update(ctx, func(ctx context.Context) error { return store.From(ctx).RemoveJob(t.tenant, t.kind, t.key) })
	}
	limited, cancel := context.WithTimeout(ctx, s.o.Timeout)
	undo, problem := Do(limited, s.o.Responder, p.Act, s.target(a, id))
	cancel()
	if problem != nil && ctx.Err() != nil {
		return nil
	}
	return s.o.Store.Update(ctx, func(ctx context.Context) error {
		tx, now := store.From(ctx), s.now(t.tenant)
		if err := tx.RemoveJob(t.tenant, t.kind, t.key); err != nil {
			return err
		}
		a, err := load(tx, t.tenant, alertID)
		if err != nil {
			return err
		}
		p := a.response(id)
		p.At = now
		outcome := "ALLOWED"
		if problem != nil {
			p.State, p.Error = Failed, redact.Text(problem.Error(), lineMax)
			outcome = "REFUSED"
			a.note(now, "RESPONSE_FAILED", me, p.Act+": "+p.Error)
		} else {
			p.State, p.Undo = Done, "airside alerts undo "+a.ID+" "+p.ID
			if a.Tokens == nil {
				a.Tokens = map[string]string{}
			}
			a.Tokens[id] = undo
			a.note(now, "RESPONDED", me, p.Act+"; taken back by: "+p.Undo)
		}
		a.Rev++
		if err := s.audit(ctx, Act{t.tenant, "alert.respond", "alert=" + a.ID + " client=" + a.Client, outcome,
			map[string]string{"class": "security", "code": p.Act, "response": id}}); err != nil {
			return err
		}
		return s.changed(ctx, a)
	})
}

func (a *stored) response(id string) *Response {
	for i := range a.Responses {
		if a.Responses[i].ID == id {
			return &a.Responses[i]
		}
	}
	return nil
}

// UndoIn names a response.
type UndoIn struct {
	Alert    string `path:"alertId"`
	Response string `path:"responseId"`
}

// UndoResponse is undoAlertResponse. It has transactions of its own. STATE_DOES_NOT_ALLOW unless the step is in force.
func (s *Service) UndoResponse(ctx context.Context, in UndoIn) (Shown, error) {
	tenant := actor.Tenant(ctx)
	var a *stored
	err := s.o.Store.View(ctx, func(ctx context.Context) (err error) {
		a, err = load(store.Read(ctx), tenant, in.Alert)
		return err
	})
	if err != nil {
		return Shown{}, err
	}
	p := a.response(in.Response)
	if p == nil {
		return Shown{}, errs.Missing("response", in.Response)
	}
	if p.State != Done {
		return Shown{}, errs.New(errs.StateForbids, "the step is %s; only one that was done can be undone", p.State)
	}
	if err := Undo(ctx, s.o.Responder, p.Act, s.target(a, p.ID), a.Tokens[p.ID]); err != nil {
		return Shown{}, err
	}
	var out Shown
	err = s.o.Store.Update(ctx, func(ctx context.Context) error {
		a, err := load(store.From(ctx), tenant, in.Alert)
		if err != nil {
			return err
		}
		p := a.response(in.Response)
		p.State, p.Undo = Undone, ""
		delete(a.Tokens, p.ID)
		a.Rev++
		a.note(s.now(tenant), "UNDONE", by(ctx), fmt.Sprintf("%s was taken back", p.Act))
		if err := s.changed(ctx, a); err != nil {
			return err
		}
		out, err = s.show(store.Read(ctx), a)
		return err
	})
	return out, err
}
