// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/environment"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/upstream"
)

// responder takes first steps against applications, API users and environments. Each act is one transaction
// with its entry in the audit trail and a record under the target's key, which holds what the way back needs:
// a step that is taken again finds it and does nothing.
type responder struct{ a *App }

const kindStep = "response.step"

// step is what was done: what there was before, or what a rotation is called.
type step struct {
	Rate     *application.Rate `json:"rate,omitempty"`
	State    string            `json:"state,omitempty"`
	Mode     string            `json:"mode,omitempty"`
	Seized   *identity.Seized  `json:"seized,omitempty"`
	Rotation string            `json:"rotation,omitempty"`
}

// throttled is how fast a client is that was slowed down.
var throttled = application.Rate{PerSecond: 0.2, Burst: 2} //nolint:gochecknoglobals // constant; Go has no constant structs

func (r responder) as(ctx context.Context, t alert.Target) context.Context {
	return actor.With(ctx, &actor.Actor{Tenant: t.Tenant, ClientID: "airside", Roles: []string{actor.TMCAdmin}})
}

// do takes a step once.
func (r responder) do(ctx context.Context, t alert.Target, name string, fn func(ctx context.Context) (step, error)) (string, error) {
	return t.Key, r.a.store.Update(r.as(ctx, t), func(ctx context.Context) error {
		tx := store.From(ctx)
		if _, err := tx.Get(t.Tenant, kindStep, t.Key); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		did, err := fn(ctx)
		if err != nil {
			return sense(err)
		}
		doc, err := json.Marshal(did)
		if err != nil {
			return err
		}
		now := r.a.o.Clock.Now()
		if err := tx.Insert(&store.Record{Tenant: t.Tenant, Kind: kindStep, ID: t.Key, CreatedAt: now, UpdatedAt: now, Doc: doc}); err != nil {
			return err
		}
		return r.audit(ctx, t, "response."+name)
	})
}

// undo takes it back once.
func (r responder) undo(ctx context.Context, t alert.Target, name, key string, fn func(ctx context.Context, did step) error) error {
	return r.a.store.Update(r.as(ctx, t), func(ctx context.Context) error {
		tx := store.From(ctx)
		rec, err := tx.Get(t.Tenant, kindStep, key)
		if errors.Is(err, store.ErrNotFound) {
			return errs.New(errs.StateForbids, "the step was taken back already, or nobody knows what there was before it")
		} else if err != nil {
			return err
		}
		var did step
		if err := json.Unmarshal(rec.Doc, &did); err != nil {
			return err
		}
		if err := fn(ctx, did); err != nil {
			return sense(err)
		}
		if err := tx.Remove(t.Tenant, kindStep, key); err != nil {
			return err
		}
		return r.audit(ctx, t, "response."+name+".undo")
	})
}

func (r responder) audit(ctx context.Context, t alert.Target, operation string) error {
	target := "client=" + t.Client
	if t.Client == "" {
		target = "environment=" + t.Environment
	}
	return trail{r.a.clocks}.RecordAct(ctx, alert.Act{Tenant: t.Tenant, Operation: operation, Target: target, Outcome: "ALLOWED",
		Detail: map[string]string{"class": "security", "code": t.Reason, "alert": t.Alert}})
}

// sense says that a step makes no sense for its target, where that is so.
func sense(err error) error {
	if errs.Is(err, errs.ResourceNotFound) || errs.Is(err, errs.ValidationFailed) {
		return errs.New(errs.StateForbids, "%s", errs.As(err).Message)
	}
	return err
}

func (r responder) application(ctx context.Context, t alert.Target) (*application.Application, error) {
	a, err := r.a.services.applications.Get(ctx, application.IDIn{ClientID: t.Client})
	if errs.Is(err, errs.ResourceNotFound) {
		return nil, errs.New(errs.StateForbids, "%s is no application: an API user has no rate and no state of its own, only tokens to end and a secret to change", t.Client)
	}
	return a, err
}

// Throttle lowers the rate of an application.
func (r responder) Throttle(ctx context.Context, t alert.Target) (string, error) {
	return r.do(ctx, t, "throttle", func(ctx context.Context) (step, error) {
		a, err := r.application(ctx, t)
		if err != nil {
			return step{}, err
		}
		was := a.Rate
		slow := throttled
		return step{Rate: was}, r.a.services.applications.Hold(ctx, t.Client, &slow)
	})
}

// UndoThrottle gives it back.
func (r responder) UndoThrottle(ctx context.Context, t alert.Target, undo string) error {
	return r.undo(ctx, t, "throttle", undo, func(ctx context.Context, did step) error {
		return r.a.services.applications.Hold(ctx, t.Client, did.Rate)
	})
}

// RequireReauth ends the tokens of an application or API user.
func (r responder) RequireReauth(ctx context.Context, t alert.Target) (string, error) {
	return r.do(ctx, t, "reauth", func(ctx context.Context) (step, error) {
		return step{}, r.a.services.identity.EndAllTokens(ctx, t.Client)
	})
}

// UndoRequireReauth does nothing but say so: a token that is dead stays dead, and the secret gives another one.
func (r responder) UndoRequireReauth(ctx context.Context, t alert.Target, undo string) error {
	return r.undo(ctx, t, "reauth", undo, func(context.Context, step) error { return nil })
}

// SuspendClient suspends an application.
func (r responder) SuspendClient(ctx context.Context, t alert.Target) (string, error) {
	return r.do(ctx, t, "suspend", func(ctx context.Context) (step, error) {
		a, err := r.application(ctx, t)
		if err != nil || a.State == application.Suspended {
			return step{State: application.Suspended}, err
		}
		in := application.SuspendIn{ClientID: t.Client}
		in.Body.Reason = t.Reason
		was := a.State
		_, err = r.a.services.applications.Suspend(ctx, in)
		return step{State: was}, err
	})
}

// UndoSuspendClient resumes it, unless somebody had suspended it before.
func (r responder) UndoSuspendClient(ctx context.Context, t alert.Target, undo string) error {
	return r.undo(ctx, t, "suspend", undo, func(ctx context.Context, did step) error {
		if did.State == application.Suspended {
			return nil
		}
		_, err := r.a.services.applications.Resume(ctx, application.IDIn{ClientID: t.Client})
		return err
	})
}

// RotateCredential has the client of a real API rotate its credential, for an alert about an environment. For one
// about a client of ours it puts a secret in place that nobody knows.
func (r responder) RotateCredential(ctx context.Context, t alert.Target) (string, error) {
	if t.Client != "" {
		return r.do(ctx, t, "rotate", func(ctx context.Context) (step, error) {
			z, err := r.a.services.identity.Seize(ctx, t.Client)
			return step{Seized: &z}, err
		})
	}
	b := r.a.upstreams[t.Environment]
	if b == nil {
		return "", errs.New(errs.StateForbids, "there is neither a client nor a real API whose credential could be rotated")
	}
	rep, err := b.client.Rotate(ctx, upstream.Request{Reason: upstream.Incident, Tenant: t.Tenant, By: "airside"}) // it keeps its own books, and does nothing while one is under way
	if err != nil {
		return "", rotationRefused(t.Environment, rep, err)
	}
	return r.do(ctx, t, "rotate", func(context.Context) (step, error) { return step{Rotation: rep.Rotation}, nil })
}

// UndoRotateCredential lets the old secret of a client open again; a rotation of a real API is final.
func (r responder) UndoRotateCredential(ctx context.Context, t alert.Target, undo string) error {
	return r.undo(ctx, t, "rotate", undo, func(ctx context.Context, did step) error {
		if did.Seized == nil {
			return errs.New(errs.StateForbids, "the real API has given out another secret; the old one does not come back")
		}
		return r.a.services.identity.Release(ctx, t.Client, *did.Seized)
	})
}

// ReadOnly switches an environment.
func (r responder) ReadOnly(ctx context.Context, t alert.Target) (string, error) {
	return r.do(ctx, t, "read-only", func(ctx context.Context) (step, error) {
		was := r.a.services.environments.Mode(t.Environment)
		if was == environment.DryRun { // which lets less through
			return step{Mode: was}, nil
		}
		return step{Mode: was}, r.mode(ctx, t.Environment, environment.ReadOnly)
	})
}

// UndoReadOnly switches it back, unless somebody switched it since.
func (r responder) UndoReadOnly(ctx context.Context, t alert.Target, undo string) error {
	return r.undo(ctx, t, "read-only", undo, func(ctx context.Context, did step) error {
		if r.a.services.environments.Mode(t.Environment) != environment.ReadOnly || did.Mode == environment.ReadOnly {
			return nil
		}
		return r.mode(ctx, t.Environment, did.Mode)
	})
}

func (r responder) mode(ctx context.Context, name, mode string) error {
	in := environment.ModeIn{Name: name}
	in.Body.Mode = mode
	_, err := r.a.services.environments.SetMode(ctx, in)
	return err
}
