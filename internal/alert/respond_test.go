// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/alert/sink"
	"github.com/airside-travel/airside/internal/errs"
)

// responder remembers what it was asked for.
type responder struct {
	mu    sync.Mutex
	calls []string
	keys  map[string]bool
	fail  error
}

func (r *responder) take(act string, t alert.Target) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, act+" "+t.Client+t.Environment)
	if r.keys == nil {
		r.keys = map[string]bool{}
	}
	r.keys[t.Key] = true
	return "before-" + act, r.fail
}

func (r *responder) back(act, undo string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, "undo "+act+" "+undo)
	return r.fail
}

func (r *responder) Throttle(_ context.Context, t alert.Target) (string, error) {
	return r.take("throttle", t)
}
func (r *responder) UndoThrottle(_ context.Context, _ alert.Target, undo string) error {
	return r.back("throttle", undo)
}
func (r *responder) RequireReauth(_ context.Context, t alert.Target) (string, error) {
	return r.take("reauth", t)
}
func (r *responder) UndoRequireReauth(_ context.Context, _ alert.Target, undo string) error {
	return r.back("reauth", undo)
}
func (r *responder) SuspendClient(_ context.Context, t alert.Target) (string, error) {
	return r.take("suspend", t)
}
func (r *responder) UndoSuspendClient(_ context.Context, _ alert.Target, undo string) error {
	return r.back("suspend", undo)
}
func (r *responder) RotateCredential(_ context.Context, t alert.Target) (string, error) {
	return r.take("rotate", t)
}
func (r *responder) UndoRotateCredential(_ context.Context, _ alert.Target, undo string) error {
	return r.back("rotate", undo)
}
func (r *responder) ReadOnly(_ context.Context, t alert.Target) (string, error) {
	return r.take("readonly", t)
}
func (r *responder) UndoReadOnly(_ context.Context, _ alert.Target, undo string) error {
	return r.back("readonly", undo)
}

func (r *rig) optIn(rules ...alert.ResponseRule) {
	r.t.Helper()
	var in alert.SettingsIn
	in.Body.Responses = rules
	must[alert.Settings](r)(do(r, r.UpdateSettings, in))
}

// Nothing is done unless the rule was opted in; what is done is on the alert, audited, and taken back by one call.
func TestResponses(t *testing.T) {
	t.Parallel()
	them := &responder{}
	r := newRig(t, func(o *alert.Options, _ *sink.Options) { o.Responder = them })
	first := r.raise(burst(3)...)[0]
	if len(them.calls) != 0 {
		t.Fatalf("done without being asked: %v", them.calls)
	}
	r.optIn(alert.ResponseRule{Rule: "auth-failure-burst", Act: alert.Throttle, MinSeverity: alert.High},
		alert.ResponseRule{Rule: "auth-failure-burst", Act: alert.SuspendClient, MinSeverity: alert.Critical},
		alert.ResponseRule{Rule: "spree", Act: alert.ReadOnly, MinSeverity: alert.High})
	r.act(r.Resolve, first, "")
	r.pass(time.Hour)
	id := r.raise(burst(3)...)[0]
	worse := burst(2)
	worse[0].Severity, worse[1].Severity = alert.Critical, alert.Critical
	r.raise(worse...)
	r.raise(alert.Finding{Rule: "spree", Severity: alert.High, Environment: "production", Summary: "Many purchases"})
	r.raise(alert.Finding{Rule: "auth-failure-burst", Severity: alert.Critical, Summary: "without a client"}) // nobody to throttle
	if d := cmp.Diff([]string{"throttle " + client + "production", "suspend " + client + "production", "readonly production"}, them.calls); d != "" {
		t.Fatal(d)
	}
	a := r.alert(id)
	if len(a.Responses) != 2 || a.Responses[0].State != alert.Done || a.Responses[0].Undo != "airside alerts undo "+id+" "+a.Responses[0].ID {
		t.Fatalf("%+v", a.Responses)
	}
	out, err := r.UndoResponse(r.admin(), alert.UndoIn{Alert: id, Response: a.Responses[1].ID})
	if err != nil || out.Responses[1].State != alert.Undone || them.calls[3] != "undo suspend before-suspend" {
		t.Fatalf("%v %+v %v", err, out.Responses, them.calls)
	}
	if _, err := r.UndoResponse(r.admin(), alert.UndoIn{Alert: id, Response: a.Responses[1].ID}); !errs.Is(err, errs.StateForbids) {
		t.Errorf("undone twice: %v", err)
	}
	var done []deed
	for _, d := range r.trail.deeds {
		if d.operation == "alert.respond" {
			done = append(done, d)
		}
	}
	if d := cmp.Diff([]deed{{"alert.respond", "ALLOWED", alert.Throttle}, {"alert.respond", "ALLOWED", alert.SuspendClient}, {"alert.respond", "ALLOWED", alert.ReadOnly}}, done, cmp.AllowUnexported(deed{})); d != "" {
		t.Error(d)
	}
}

func TestResponseThatFails(t *testing.T) {
	t.Parallel()
	them := &responder{fail: errs.New(errs.StateForbids, "the client is gone\nforged")}
	r := newRig(t, func(o *alert.Options, _ *sink.Options) { o.Responder = them })
	r.optIn(alert.ResponseRule{Rule: "auth-failure-burst", Act: alert.RotateCredential})
	a := r.alert(r.raise(burst(1)...)[0])
	if len(a.Responses) != 1 || a.Responses[0].State != alert.Failed || !strings.Contains(a.Responses[0].Error, "gone\\n") || a.Responses[0].Undo != "" {
		t.Errorf("%+v", a.Responses)
	}
	none := newRig(t, nil)
	none.optIn(alert.ResponseRule{Rule: "auth-failure-burst", Act: alert.Throttle})
	if a := none.alert(none.raise(burst(1)...)[0]); a.Responses[0].State != alert.Failed {
		t.Errorf("without anybody who can: %+v", a.Responses)
	}
}

// A step that was planned when the process died is taken after the next start, under the same key.
func TestResponseSurvives(t *testing.T) {
	t.Parallel()
	them := &responder{}
	r := newRig(t, nil)
	r.optIn(alert.ResponseRule{Rule: "auth-failure-burst", Act: alert.Throttle, MinSeverity: alert.High})
	r.Stop() // nothing is done any more
	f := burst(1)[0]
	f.Tenant = tenant
	id := must[[]string](r)(r.Raise(t.Context(), f))[0]
	if a := r.alert(id); a.Responses[0].State != alert.Planned {
		t.Fatalf("%+v", a.Responses)
	}
	next := rigOn(t, r.store, func(o *alert.Options, _ *sink.Options) { o.Responder = them })
	next.pass(5 * time.Minute)
	if a := next.alert(id); a.Responses[0].State != alert.Done || !them.keys[a.Responses[0].ID] || len(them.calls) != 1 {
		t.Errorf("%+v %v", a.Responses, them.calls)
	}
}

func TestDrillTouchesNobody(t *testing.T) {
	t.Parallel()
	them := &responder{}
	r := newRig(t, func(o *alert.Options, _ *sink.Options) { o.Responder = them })
	r.optIn(alert.ResponseRule{Rule: "auth-failure-burst", Act: alert.Throttle, MinSeverity: alert.Low})
	f := burst(1)[0]
	f.Drill = true
	a := r.alert(r.raise(f)[0])
	if len(a.Responses) != 0 || len(them.calls) != 0 || !a.Drill {
		t.Errorf("%+v", a)
	}
}
