// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/permit"
	"github.com/airside-travel/airside/internal/telemetry"
	"github.com/airside-travel/airside/internal/upstream"
)

// guard is a running server that looks for unusual access, its clock in the test's hands.
type guard struct {
	*App
	t    *testing.T
	late atomic.Int64
	demo Demo
}

func newGuard(t *testing.T) *guard {
	t.Helper()
	cfg, err := config.Load([]string{"AIRSIDE_DETECT=on", "AIRSIDE_LISTEN=127.0.0.1:0", "AIRSIDE_DATABASE_URL=memory:", "AIRSIDE_AUDIT_CHECKPOINT_INTERVAL=0"})
	if err != nil {
		t.Fatal(err)
	}
	g := &guard{t: t}
	ctx := context.WithoutCancel(t.Context())
	g.App, err = New(ctx, cfg, Options{Log: slog.New(slog.DiscardHandler), Version: "test",
		Clock: clock.Func(func() time.Time { return clock.System().Now().Add(time.Duration(g.late.Load())) })})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	if g.demo, err = g.SeedDemo(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return g
}

// alerts are a tenant's once everything is told: state, rule, severity, what they are about.
func (g *guard) alerts(tenant string) (out []string) {
	g.t.Helper()
	if err := g.Settled(g.t.Context()); err != nil {
		g.t.Fatal(err)
	}
	err := g.store.View(actor.With(g.t.Context(), &actor.Actor{Tenant: tenant}), func(ctx context.Context) error {
		all, err := g.services.alert.List(ctx, alert.ListIn{Limit: 100})
		for i := range all.Alerts {
			a := &all.Alerts[i]
			out = append(out, strings.Join(strings.Fields(fmt.Sprint(a.State, " ", a.Rule, " ", a.Severity, " ", a.Environment, " ", a.Client)), " "))
		}
		return err
	})
	if err != nil {
		g.t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// TestFindingsOfUpstreams: what the client of a real API has to say becomes an alert of the only TMC, without
// secrets, once; and a rotation that goes through ends those that it answers.
func TestFindingsOfUpstreams(t *testing.T) {
	t.Parallel()
	g := newGuard(t)
	secret := ids.Secret("asc_")
	for _, kind := range []upstream.EventKind{upstream.EventDegraded, upstream.EventRefused, upstream.EventFailed, upstream.EventManual, upstream.EventOrphan, upstream.EventDue, upstream.EventAged, upstream.EventFailed, upstream.EventCredential, upstream.EventCredential, upstream.EventAdmin, upstream.EventUndone} {
		g.upstreamEvent(t.Context(), upstream.Event{Kind: kind, Environment: "production", Detail: "step 3", Err: errors.New("put " + secret + ": sealed")})
	}
	open := []string{
		"OPEN rotation-due INFO production", "OPEN rotation-failed MEDIUM production", "OPEN rotation-manual HIGH production", "OPEN rotation-orphan HIGH production",
		"OPEN rotation-undone MEDIUM production", "OPEN secret-aged MEDIUM production", "OPEN upstream-admin-refused MEDIUM production", "OPEN upstream-credential-refused HIGH production",
		"OPEN upstream-token-refused LOW production", "OPEN vault-down HIGH production",
	}
	if diff := cmp.Diff(open, g.alerts(g.demo.TMCID)); diff != "" {
		t.Errorf("the alerts: %s", diff)
	}
	err := g.store.View(actor.With(t.Context(), &actor.Actor{Tenant: g.demo.TMCID}), func(ctx context.Context) error {
		all, err := g.services.alert.List(ctx, alert.ListIn{Limit: 100})
		if text := fmt.Sprintf("%+v", all); strings.Contains(text, secret) || !strings.Contains(text, "step 3") {
			t.Errorf("an alert says %s", text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	g.upstreamEvent(t.Context(), upstream.Event{Kind: upstream.EventDone, Environment: "stage"}) // of another one
	if diff := cmp.Diff(open, g.alerts(g.demo.TMCID)); diff != "" {
		t.Errorf("after a rotation elsewhere: %s", diff)
	}
	g.upstreamEvent(t.Context(), upstream.Event{Kind: upstream.EventDone, Environment: "production"})
	left := slices.DeleteFunc(g.alerts(g.demo.TMCID), func(a string) bool { return !strings.HasPrefix(a, "OPEN") })
	want := []string{
		"OPEN rotation-orphan HIGH production", "OPEN upstream-admin-refused MEDIUM production", "OPEN upstream-credential-refused HIGH production",
		"OPEN upstream-token-refused LOW production",
	}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("after the rotation: %s", diff)
	}
	for _, kind := range []upstream.EventKind{upstream.EventToken, upstream.EventAdminToken} {
		g.upstreamEvent(t.Context(), upstream.Event{Kind: kind, Environment: "production"})
	}
	g.upstreamEvent(t.Context(), upstream.Event{Kind: upstream.EventUndone, Environment: "production", Reason: upstream.OnDemand}) // who asked is told
	left = slices.DeleteFunc(g.alerts(g.demo.TMCID), func(a string) bool { return !strings.HasPrefix(a, "OPEN") })
	if diff := cmp.Diff([]string{want[0], want[3]}, left); diff != "" {
		t.Errorf("after the next tokens: %s", diff)
	}
}

// TestFindingsOfTheTrail: a trail that cannot be signed is an alert of its TMC, one that was tampered with a critical one.
func TestFindingsOfTheTrail(t *testing.T) {
	t.Parallel()
	g := newGuard(t)
	g.auditFailed(g.demo.TMCID, false, errors.New("the disk is full"))
	g.auditFailed(g.demo.TMCID, false, errors.New("the disk is full"))
	if diff := cmp.Diff([]string{"OPEN audit-unsigned MEDIUM"}, g.alerts(g.demo.TMCID)); diff != "" {
		t.Errorf("unsigned: %s", diff)
	}
	g.auditFailed(g.demo.TMCID, true, errors.New("entry 7 has another hash"))
	if diff := cmp.Diff([]string{"OPEN audit-broken CRITICAL", "OPEN audit-unsigned MEDIUM"}, g.alerts(g.demo.TMCID)); diff != "" {
		t.Errorf("broken: %s", diff)
	}
}

// TestFindingOfTheClock: a clock that was set back is told once, one that goes is not.
func TestFindingOfTheClock(t *testing.T) {
	t.Parallel()
	g := newGuard(t)
	requests := func(n int, at time.Time) {
		for i := range n {
			g.watch.request(&telemetry.Event{ID: fmt.Sprint(at.Unix(), "-", i), At: at.Add(time.Duration(i) * time.Second), Operation: "readCompany", Effect: "read", Status: 200, ClientID: "c-1", Tenant: g.demo.TMCID})
		}
	}
	now := clock.System().Now()
	requests(5, now)
	g.watch.minute(t.Context())
	if got := g.alerts(g.demo.TMCID); len(got) > 0 {
		t.Fatalf("nothing happened to the clock: %v", got)
	}
	requests(5, now.Add(48*time.Hour))
	requests(20, now)
	for range 3 {
		if err := g.Settled(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.watch.minute(t.Context())
	}
	if diff := cmp.Diff([]string{"OPEN clock-jump MEDIUM"}, g.alerts(g.demo.TMCID)); diff != "" {
		t.Errorf("a clock that was set back: %s", diff)
	}
	if n := g.count("clock-jump"); n != 1 {
		t.Errorf("it was told %d times", n)
	}
}

func (g *guard) count(rule string) (n int) {
	g.t.Helper()
	if err := g.store.View(actor.With(g.t.Context(), &actor.Actor{Tenant: g.demo.TMCID}), func(ctx context.Context) error {
		all, err := g.services.alert.List(ctx, alert.ListIn{Rule: rule, Limit: 10})
		for i := range all.Alerts {
			n += all.Alerts[i].Count
		}
		return err
	}); err != nil {
		g.t.Fatal(err)
	}
	return n
}

// TestDailyCensus: once a day each credential is looked at: one that became old is told of, one that nobody uses too,
// one that is used is not; and the same day is not looked at twice.
func TestDailyCensus(t *testing.T) {
	t.Parallel()
	g := newGuard(t)
	var made application.Shown
	err := g.store.Update(actor.With(t.Context(), &actor.Actor{Tenant: g.demo.TMCID, ClientID: g.demo.ClientID, Roles: []string{actor.TMCAdmin}}), func(ctx context.Context) (err error) {
		made, err = g.services.applications.Create(ctx, application.SettingsIn{Body: application.Settings{Name: "mailer", Owner: "lena@example.com", Role: actor.TMCAgent, Grants: []permit.Grant{{Scopes: []string{"trip:read"}}}}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	g.watch.minute(t.Context())
	if got := g.alerts(g.demo.TMCID); len(got) > 0 {
		t.Fatalf("of new credentials: %v", got)
	}
	g.late.Store(int64(89 * 24 * time.Hour))
	g.watch.request(&telemetry.Event{ID: "r", At: g.o.Clock.Now(), Operation: "readCompany", Effect: "read", Status: 200, ClientID: g.demo.ClientID, Tenant: g.demo.TMCID})
	g.watch.minute(t.Context())
	if got := g.alerts(g.demo.TMCID); len(got) > 0 {
		t.Fatalf("after 89 days: %v", got)
	}
	g.late.Store(int64(92 * 24 * time.Hour))
	g.watch.minute(t.Context())
	want := []string{
		"OPEN credential-old MEDIUM " + g.demo.ClientID, "OPEN credential-old MEDIUM " + made.ClientID, "OPEN credential-unused LOW " + made.ClientID,
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, g.alerts(g.demo.TMCID)); diff != "" {
		t.Errorf("after 92 days: %s", diff)
	}
	before := g.watch.runner.Stats().Seen
	g.watch.minute(t.Context())
	g.alerts(g.demo.TMCID)
	if after := g.watch.runner.Stats().Seen; after != before {
		t.Errorf("the same day was looked at twice: %d events more", after-before)
	}
}

// TestResolvedOnlyWhenDurable: an alert that a person resolves is over for the detection once that is committed, and
// goes on when it is not.
func TestResolvedOnlyWhenDurable(t *testing.T) {
	t.Parallel()
	g := newGuard(t)
	now := g.o.Clock.Now()
	for i := range 50 {
		g.watch.request(&telemetry.Event{ID: fmt.Sprint("r-", i), At: now, Operation: "fetchOauth2Token", Status: 403, ErrorCode: "CLIENT_CREDENTIALS_INVALID", ClientID: g.demo.ClientID})
	}
	if got := g.alerts(g.demo.TMCID); len(got) != 1 {
		t.Fatalf("the alerts: %v", got)
	}
	var id, key string
	g.watch.mu.Lock()
	for id, key = range g.watch.keys {
		break
	}
	g.watch.mu.Unlock()
	open := func() (open bool) {
		t.Helper()
		err := g.watch.runner.Do(t.Context(), func(e *detect.Engine) {
			open = slices.ContainsFunc(e.Alerts(), func(a detect.Alert) bool { return a.Key == key })
		})
		if err != nil {
			t.Fatal(err)
		}
		return open
	}
	if key == "" || !open() {
		t.Fatalf("the detection has no alert %q", key)
	}
	failed := errors.New("what comes after it fails")
	resolve := func(then error) error {
		return g.store.Update(actor.With(t.Context(), &actor.Actor{Tenant: g.demo.TMCID, ClientID: g.demo.ClientID, Roles: []string{actor.TMCAdmin}}), func(ctx context.Context) error {
			_, err := g.services.alert.Resolve(ctx, alert.ActIn{ID: id})
			return errors.Join(err, then)
		})
	}
	if err := resolve(failed); !errors.Is(err, failed) {
		t.Fatal(err)
	}
	g.watch.mu.Lock()
	kept := g.watch.keys[id]
	g.watch.mu.Unlock()
	if kept != key || !open() {
		t.Fatalf("a resolution that was rolled back ended the alert: key %q", kept)
	}
	if err := resolve(nil); err != nil {
		t.Fatal(err)
	}
	for open() { // the detection hears of it after the commit
		runtime.Gosched()
	}
}
