// SPDX-License-Identifier: Apache-2.0

package incident_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/incident"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

const (
	tenant = "10000000-0000-4000-8000-000000000001"
	client = "20000000-0000-4000-8000-00000000000c"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// responder does nothing and says so; one act can be broken.
type responder struct {
	mu     sync.Mutex
	calls  []string
	broken string
}

func (r *responder) note(call string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call)
	if call == r.broken {
		return "", context.DeadlineExceeded
	}
	return "undo", nil
}

func (r *responder) back(call string) error { _, err := r.note(call); return err }

func (r *responder) Throttle(context.Context, alert.Target) (string, error) {
	return r.note("throttle")
}
func (r *responder) UndoThrottle(context.Context, alert.Target, string) error {
	return r.back("undo throttle")
}
func (r *responder) RequireReauth(context.Context, alert.Target) (string, error) {
	return r.note("reauth")
}
func (r *responder) UndoRequireReauth(context.Context, alert.Target, string) error {
	return r.back("undo reauth")
}
func (r *responder) SuspendClient(context.Context, alert.Target) (string, error) {
	return r.note("suspend")
}
func (r *responder) UndoSuspendClient(context.Context, alert.Target, string) error {
	return r.back("undo suspend")
}
func (r *responder) RotateCredential(context.Context, alert.Target) (string, error) {
	return r.note("rotate")
}
func (r *responder) UndoRotateCredential(context.Context, alert.Target, string) error {
	return r.back("undo rotate")
}
func (r *responder) ReadOnly(context.Context, alert.Target) (string, error) {
	return r.note("readonly")
}
func (r *responder) UndoReadOnly(context.Context, alert.Target, string) error {
	return r.back("undo readonly")
}

// rig is incidents and alerts on a real store, on which time passes.
type rig struct {
	*incident.Service
	t         *testing.T
	alerts    *alert.Service
	store     store.Store
	clocks    *clock.Tenants
	responder *responder
	mu        sync.Mutex
	time      time.Time
}

func (r *rig) RecordAct(ctx context.Context, a alert.Act) error {
	return audit.Append(store.From(ctx), &store.AuditEntry{Tenant: a.Tenant, At: r.now(), Actor: "airside", Operation: a.Operation, Target: a.Target, Outcome: a.Outcome, Detail: []byte("{}")})
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.time
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.time = r.time.Add(d)
}

func newRig(t *testing.T) *rig {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	r := &rig{t: t, store: st, time: start, responder: &responder{}}
	r.clocks = clock.NewTenants(clock.Func(r.now))
	r.alerts = alert.New(alert.Options{Store: st, Clocks: r.clocks, Audit: r})
	t.Cleanup(r.alerts.Stop)
	r.Service, err = incident.New(incident.Options{Store: st, Clocks: r.clocks, Alerts: r.alerts, Audit: r, Responder: r.responder, Environment: "sandbox"})
	if err != nil {
		t.Fatal(err)
	}
	r.alerts.Observe(r.Alerted)
	return r
}

func (r *rig) admin() context.Context {
	return actor.With(r.t.Context(), &actor.Actor{Tenant: tenant, ClientID: "the-admin", Roles: []string{actor.TMCAdmin}})
}

// do runs an operation in a write transaction, as the TMC's administrator.
func do[In, Out any](r *rig, fn func(context.Context, In) (Out, error), in In) (out Out, err error) {
	err = r.store.Update(r.admin(), func(ctx context.Context) (err error) {
		out, err = fn(ctx, in)
		return err
	})
	return out, err
}

func must[In, Out any](r *rig, fn func(context.Context, In) (Out, error), in In) Out {
	r.t.Helper()
	out, err := do(r, fn, in)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// acted puts an act into the audit trail.
func (r *rig) acted(actor, operation, target string) {
	r.t.Helper()
	if err := r.store.Update(r.t.Context(), func(ctx context.Context) error {
		return audit.Append(store.From(ctx), &store.AuditEntry{Tenant: tenant, At: r.now(), Actor: actor, Operation: operation, Target: target, Outcome: "ALLOWED", Detail: []byte(`{"ip":"192.0.2.7"}`)})
	}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) raise(f alert.Finding) string {
	r.t.Helper()
	f.Tenant = tenant
	ids, err := r.alerts.Raise(r.t.Context(), f)
	if err != nil {
		r.t.Fatal(err)
	}
	return ids[0]
}
