// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/environment"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/telemetry"
	"github.com/airside-travel/airside/internal/upstream"
)

// rotate lets an environment's credential be rotated by whoever may switch it.
func (a *App) rotate(ctx context.Context, name string, incident bool) (environment.Rotation, error) {
	b := a.upstreams[name]
	if b == nil {
		return environment.Rotation{}, errs.Missing("environment", name)
	}
	who := actor.From(ctx)
	q := upstream.Request{Reason: upstream.OnDemand, Tenant: who.Tenant, By: named(who)}
	if incident {
		q.Reason = upstream.Incident
	}
	rep, err := b.client.Rotate(ctx, q)
	if err != nil {
		return environment.Rotation{}, rotationRefused(name, rep, err)
	}
	return environment.Rotation{Environment: name, Strategy: string(rep.Strategy), ClientID: rep.ClientID, Resumed: rep.Resumed, Orphans: rep.Orphans}, nil
}

// named is a caller as the edge writes it into the audit trail.
func named(a *actor.Actor) string {
	if a.UserID == "" {
		return a.ClientID
	}
	return a.ClientID + " for user " + a.UserID
}

// rotationRefused says in the edge's words why a rotation did not end.
func rotationRefused(name string, rep upstream.Report, err error) error {
	undone := rep.Step == upstream.Undone
	switch {
	case errors.Is(err, upstream.ErrBusy) && rep.Rotation == "":
		return errs.New(errs.StateForbids, "a rotation of %s is on already", name).Because(err)
	case errors.Is(err, upstream.ErrBusy) && undone:
		return errs.New(errs.StateForbids, "%s", err).Because(err)
	case errors.Is(err, upstream.ErrRisk), errors.Is(err, upstream.ErrInvalid), errors.Is(err, upstream.ErrManual):
		refused := errs.New(errs.RotationRefused, "%s", err).Because(err)
		if e, ok := errors.AsType[*upstream.Error](err); ok {
			refused.Hint = e.Hint
		}
		return refused
	case errors.Is(err, upstream.ErrCredential) && undone:
		return errs.New(errs.UpstreamCredential, "%s; nothing was changed", err).Because(err)
	case undone:
		return errs.New(errs.UpstreamUnavailable, "%s; nothing was changed", err).Because(err)
	}
	return errs.New(errs.UpstreamUnavailable, "the rotation of %s is not finished; it is taken up again by itself", name).Because(err)
}

// recorder writes what becomes of rotations to the audit chain.
type recorder struct{ clock clock.Clock }

// record writes one event, in the transaction of the rotation's journal: to the trail of who asked for the rotation. One
// that nobody of a TMC asked for is the operator's; with one TMC in the store, that is the same people.
func (r recorder) record(ctx context.Context, e upstream.Event) error {
	tx := store.From(ctx)
	tenant := e.Tenant
	if tenant == "" {
		all, err := tx.Tenants()
		if err != nil {
			return err
		}
		tenant = onlyOf(all)
	}
	detail, err := json.Marshal(rotationDetail(e))
	if err != nil {
		return err
	}
	return audit.Append(tx, &store.AuditEntry{
		Tenant: tenant, At: r.clock.Now(), Actor: cmp.Or(e.By, "airside"), Operation: string(e.Kind), Target: "environment=" + e.Environment,
		Outcome: rotationOutcome(e.Kind), RequestID: telemetry.RequestID(ctx), Detail: detail,
	})
}

// onlyOf is the only TMC of a store, or the platform when there is another number of them.
func onlyOf(tenants []string) string {
	tenants = slices.DeleteFunc(tenants, func(t string) bool { return t == identity.Platform })
	if len(tenants) != 1 {
		return identity.Platform
	}
	return tenants[0]
}

func rotationOutcome(k upstream.EventKind) string {
	switch k {
	case upstream.EventStarted, upstream.EventResumed, upstream.EventDone:
		return "ALLOWED"
	default:
		return "FAILED"
	}
}

// rotationDetail is what an entry says besides; secrets are not in an event.
func rotationDetail(e upstream.Event) map[string]string {
	d := map[string]string{
		"class": "security", "environment": e.Environment, "rotation": e.Rotation, "strategy": string(e.Strategy), "trigger": string(e.Reason), "step": e.Step,
	}
	switch e.Kind {
	case upstream.EventDone, upstream.EventOrphan:
		d["clientId"] = e.Detail
	case upstream.EventFailed, upstream.EventManual, upstream.EventUndone:
		d["trouble"] = redact.Text(e.Detail, 400)
	}
	return d
}
