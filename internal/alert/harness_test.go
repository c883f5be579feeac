// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"context"
	"encoding/base64"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/alert/sink"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/schedule"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/vault"
)

const tenant = "10000000-0000-4000-8000-000000000001"

const client = "20000000-0000-4000-8000-00000000000c"

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// hookKey is a signing secret of tests.
var hookKey = "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))

// deed is an act that was audited.
type deed struct{ operation, outcome, code string }

type trail struct {
	mu    sync.Mutex
	deeds []deed
}

func (tr *trail) RecordAct(ctx context.Context, a alert.Act) error {
	store.From(ctx).AfterCommit(func() {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.deeds = append(tr.deeds, deed{a.Operation, a.Outcome, a.Detail["code"]})
	})
	return nil
}

// rig is alerting on a real store with a frozen clock.
type rig struct {
	*alert.Service
	t        *testing.T
	store    store.Store
	clocks   *clock.Tenants
	schedule *schedule.Schedule
	trail    *trail
	secrets  map[string]string
}

func newRig(t *testing.T, change func(o *alert.Options, so *sink.Options)) *rig {
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
	return rigOn(t, st, change)
}

func rigOn(t *testing.T, st store.Store, change func(o *alert.Options, so *sink.Options)) *rig {
	t.Helper()
	clocks := clock.NewTenants(clock.Func(func() time.Time { return start }))
	clocks.Set(tenant, clock.State{Frozen: true, At: start})
	r := &rig{t: t, store: st, clocks: clocks, trail: &trail{}, secrets: map[string]string{"HOOK": hookKey, "KEY": "r0uting", "PASSWORD": "pa55word-of-mail"}}
	v := vault.New(vault.Options{Clock: clock.System(), Backends: map[vault.Scheme]vault.Backend{
		vault.SchemeEnv: vault.Env(func(name string) (string, bool) { s, ok := r.secrets[name]; return s, ok })}})
	o := alert.Options{Store: st, Clocks: clocks, Audit: r.trail, Insecure: true,
		References: []string{"env:"},
		Link:       func(_, id string) string { return "https://airside.example.com/alerts/" + id }}
	so := sink.Options{Secrets: v, Insecure: true}
	if change != nil {
		change(&o, &so)
	}
	if o.Sender == nil {
		o.Sender = sink.New(so)
	}
	r.Service = alert.New(o)
	t.Cleanup(r.Stop)
	r.schedule = schedule.New(st, clocks, r.Service, slog.New(slog.DiscardHandler))
	for kind, job := range r.Jobs() {
		r.schedule.Register(kind, job)
	}
	return r
}

// do runs an operation in a write transaction, as the TMC's administrator.
func do[In, Out any](r *rig, fn func(context.Context, In) (Out, error), in In) (out Out, err error) {
	err = r.store.Update(r.admin(), func(ctx context.Context) (err error) {
		out, err = fn(ctx, in)
		return err
	})
	return out, err
}

func must[T any](r *rig) func(v T, err error) T {
	return func(v T, err error) T {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
		return v
	}
}

func (r *rig) admin() context.Context {
	return actor.With(r.t.Context(), &actor.Actor{Tenant: tenant, ClientID: "the-admin", Roles: []string{actor.TMCAdmin}})
}

// sink makes one by the API.
func (r *rig) sink(c sink.Config) alert.SinkShown {
	r.t.Helper()
	var in alert.NewSinkIn
	in.Body.Config = c
	return must[alert.SinkShown](r)(do(r, r.CreateSink, in))
}

// raise takes findings in and tells whoever is to be told now.
func (r *rig) raise(f ...alert.Finding) []string {
	r.t.Helper()
	for i := range f {
		f[i].Tenant = tenant
	}
	ids := must[[]string](r)(r.Raise(r.t.Context(), f...))
	r.settle()
	return ids
}

func (r *rig) settle() {
	r.t.Helper()
	must[int](r)(r.Settle(r.t.Context(), tenant))
}

// pass lets time pass, with everything that falls due.
func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	must[int](r)(r.schedule.MoveTo(r.t.Context(), tenant, r.clocks.Now(tenant).Add(d)))
}

func (r *rig) alert(id string) alert.Shown {
	r.t.Helper()
	return must[alert.Shown](r)(do(r, r.Get, alert.GetIn{ID: id}))
}

func (r *rig) act(fn func(context.Context, alert.ActIn) (alert.Shown, error), id, note string) alert.Shown {
	r.t.Helper()
	in := alert.ActIn{ID: id}
	in.Body.Note = note
	out := must[alert.Shown](r)(do(r, fn, in))
	r.settle()
	return out
}

// burst is a number of failures of one client.
func burst(n int) []alert.Finding {
	var out []alert.Finding
	for i := range n {
		out = append(out, alert.Finding{Rule: "auth-failure-burst", Severity: alert.High, Client: client, Environment: "production",
			Summary: "Many token requests fail", Expected: "at most 2 a minute", Seen: "40 in 60 seconds", Events: []string{"request-" + string(rune('a'+i%26))}})
	}
	return out
}
