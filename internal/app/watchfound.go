// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/redact"
	"github.com/airside-travel/airside/internal/telemetry"
	"github.com/airside-travel/airside/internal/upstream"
)

// done hears of every request that was answered.
func (a *App) done(e *telemetry.Event) {
	a.gauges.request(e)
	a.usage.Record(e)
	a.watch.request(e)
}

// upstreamFindings are the events of an environment's client that somebody has to know.
//
//nolint:gochecknoglobals // constant table
var upstreamFindings = map[upstream.EventKind]alert.Finding{
	upstream.EventDegraded:   {Rule: "vault-down", Severity: alert.High, Summary: "The vault has not the secret that is in use", Expected: "the vault takes a new secret at once", Advice: "Bring the vault back; until then only the escrow has the secret. See the runbook vault-down."},
	upstream.EventCredential: {Rule: "upstream-credential-refused", Severity: alert.High, Summary: "The real API refuses the credential, or the vault has none", Expected: "a token for the credential in the vault", Advice: "No call passes once the present token has ended. Put the right secret into the vault; `airside env show` says what is wrong. If nobody of yours rotated it, somebody else did."},
	upstream.EventAdmin:      {Rule: "upstream-admin-refused", Severity: alert.Medium, Summary: "The real API refuses the credential that manages API users", Expected: "a token for it", Advice: "Put its right secret into the vault: without it the environment's credential cannot be rotated in place."},
	upstream.EventUndone:     {Rule: "rotation-undone", Severity: alert.Medium, Summary: "A rotation of the credential was given up before anything was changed", Expected: "rotations that go through", Advice: "Mend what it says; it is tried again within the hour."},
	upstream.EventRefused:    {Rule: "upstream-token-refused", Severity: alert.Low, Summary: "The real API refused a token before its end", Expected: "tokens that live as long as they say", Advice: "Now and then it is nothing. Often means that somebody rotates the credential elsewhere."},
	upstream.EventFailed:     {Rule: "rotation-failed", Severity: alert.Medium, Summary: "A rotation of the credential failed and will be taken up again", Expected: "rotations that go through", Advice: "airside rotate --status shows the step."},
	upstream.EventManual:     {Rule: "rotation-manual", Severity: alert.High, Summary: "A rotation of the credential needs a person", Expected: "rotations that go through", Advice: "Do what it says, then let the rotation go on."},
	upstream.EventOrphan:     {Rule: "rotation-orphan", Severity: alert.High, Summary: "An API user was made whose secret nobody knows", Expected: "no API users but ours", Advice: "Revoke it at the real API."},
	upstream.EventAged:       {Rule: "secret-aged", Severity: alert.Medium, Summary: "The credential comes of age and nothing rotates it", Expected: "a secret that is rotated every 90 days", Advice: "airside doctor says what rotation needs; airside vault put stores a secret that was rotated by hand."},
	upstream.EventShared:     {Rule: "upstream-credential-shared", Severity: alert.High, Summary: "Two environments have one credential", Expected: "an API user of its own for each", Advice: "Give each environment an API user of its own: a secret that two share is rotated by one and dead for the other, and what is meant for a trial acts in production."},
	upstream.EventDue:        {Rule: "rotation-due", Severity: alert.Info, Summary: "The credential will be rotated soon", Advice: "Nothing, unless it is told to be rotated by hand."},
}

// upstreamOver says which findings an event ends.
//
//nolint:gochecknoglobals // as above
var upstreamOver = map[upstream.EventKind][]string{
	upstream.EventDone:       {"rotation-failed", "rotation-manual", "rotation-due", "secret-aged", "rotation-undone", "vault-down"},
	upstream.EventToken:      {"upstream-credential-refused"},
	upstream.EventAdminToken: {"upstream-admin-refused"},
	upstream.EventSeparate:   {"upstream-credential-shared"},
}

// upstreamFound turns an event of an environment's client into a finding.
func (a *App) upstreamFound(e upstream.Event) {
	about := func(f alert.Finding) alert.Finding {
		f.Tenant, f.Environment, f.Group = identity.Platform, e.Environment, f.Rule+"/environment/"+e.Environment
		return f
	}
	if f, ok := upstreamFindings[e.Kind]; ok && (e.Kind != upstream.EventUndone || e.Reason != upstream.OnDemand) { // who asked is told
		f = about(f)
		f.Summary += ": " + e.Environment
		if f.Seen = e.Detail; e.Err != nil && !strings.Contains(e.Detail, e.Err.Error()) {
			f.Seen = strings.TrimSpace(e.Detail + " " + e.Err.Error())
		}
		f.Seen = redact.Text(f.Seen, 400)
		a.watch.found(f, false)
	}
	for _, rule := range upstreamOver[e.Kind] {
		a.watch.found(about(alert.Finding{Rule: rule}), true)
	}
}

// auditFailed tells that an audit trail cannot be signed.
func (a *App) auditFailed(tenant string, broken bool, err error) {
	f := alert.Finding{
		Rule: "audit-unsigned", Severity: alert.Medium, Tenant: tenant, Group: "audit-unsigned/" + tenant, Summary: "The audit trail gets no checkpoint",
		Expected: "a signed checkpoint each interval", Seen: redact.Text(err.Error(), 400), Advice: "The next pass tries again; see the log for what fails.",
	}
	if broken {
		f.Rule, f.Severity, f.Group = "audit-broken", alert.Critical, "audit-broken/"+tenant
		f.Summary, f.Expected = "The audit trail was tampered with", "an unbroken chain"
		f.Advice = "Keep the database as it is and follow the runbook audit-gap."
	}
	a.watch.found(f, false)
}

// collectWatch counts at each scrape how the detection keeps up and what its rules see.
func (a *App) collectWatch(ctx context.Context) error {
	w, g := a.watch, a.gauges
	if w == nil {
		return nil
	}
	s := w.runner.Stats()
	g.watch.seen.Set(float64(s.Seen))
	g.watch.dropped.Set(float64(s.Dropped + w.lost.Load()))
	g.watch.unsaid.Set(float64(w.unsaid.Load()))
	g.watch.crashes.Set(float64(s.Crashes))
	g.watch.behind.Set(s.Behind.Seconds())
	limited, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var rules []detect.RuleStats
	if err := w.runner.Do(limited, func(e *detect.Engine) { rules = e.Stats().Rules }); err != nil {
		a.o.Log.WarnContext(ctx, "the detection could not be asked", slog.Any("error", err)) // what it told last stays
	}
	for _, r := range rules {
		g.watch.matched.Set(float64(r.Matched), r.ID)
		g.watch.whole.Set(float64(r.Whole), r.ID)
	}
	return a.collectAges(ctx)
}

// collectAges tells how old credentials are.
func (a *App) collectAges(ctx context.Context) error {
	return a.store.View(ctx, func(ctx context.Context) error {
		all, err := a.services.identity.Census(ctx)
		if err != nil {
			return err
		}
		a.gauges.CredentialAge.Reset()
		for _, c := range all {
			a.gauges.CredentialAge.Set(a.o.Clock.Now().Sub(c.RotatedAt).Seconds(), c.ClientID, c.Kind)
		}
		return nil
	})
}
