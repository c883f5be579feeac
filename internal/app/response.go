// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/alert/sink"
	"github.com/airside-travel/airside/internal/application"
	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/environment"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/incident"
	"github.com/airside-travel/airside/internal/metrics"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/permit"
	"github.com/airside-travel/airside/internal/schedule"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/telemetry"
)

// composeResponse makes alerts and incidents.
func (a *App) composeResponse(s *services) error {
	var configured []sink.Config
	if a.cfg.AlertSinks != "" {
		var err error
		if configured, err = sink.Load(a.cfg.AlertSinks); err != nil {
			return err
		}
	}
	if a.o.Responder == nil {
		a.o.Responder = responder{a}
	}
	sender := sink.New(sink.Options{Secrets: a.secrets, Control: outbox.DialControl(a.cfg.Dev), Insecure: a.cfg.Dev, Roots: a.o.AlertRoots, Clock: a.o.Clock})
	s.alert = alert.New(alert.Options{
		Store: a.store, Clocks: a.clocks, Sender: sender, Audit: trail{a.clocks}, Configured: configured, References: a.cfg.AlertSecrets, Responder: a.o.Responder,
		Link:     func(_, id string) string { return a.BaseURL() + "/v1/airside/alerts/" + id },
		Insecure: a.cfg.Dev, Log: a.o.Log,
	})
	var err error
	s.incident, err = incident.New(incident.Options{
		Store: a.store, Clocks: a.clocks, Alerts: s.alert, Audit: trail{a.clocks}, Responder: a.o.Responder, Range: shootingRange{a.store, s}, Environment: "sandbox",
	})
	if err != nil {
		return err
	}
	s.alert.Observe(s.incident.Alerted)
	return nil
}

// RecordAct writes what Airside did by itself to the audit chain.
func (t trail) RecordAct(ctx context.Context, a alert.Act) error {
	detail, err := json.Marshal(a.Detail)
	if err != nil {
		return err
	}
	who := actor.From(ctx).ClientID
	if who == "" {
		who = "airside"
	}
	return audit.Append(store.From(ctx), &store.AuditEntry{
		Tenant: a.Tenant, At: t.clocks.Base().Now(), Actor: who, Operation: a.Operation, Target: a.Target, Outcome: a.Outcome,
		RequestID: telemetry.RequestID(ctx), Detail: detail,
	})
}

// shootingRange lends drills an application of the sandbox: every first step but READ_ONLY can be taken against it.
type shootingRange struct {
	store store.Store
	s     *services
}

func (r shootingRange) Borrow(ctx context.Context, tenant string) (string, func(context.Context) error, error) {
	ctx = actor.With(ctx, &actor.Actor{Tenant: tenant, ClientID: "airside", Roles: []string{actor.TMCAdmin}})
	var in application.SettingsIn
	in.Body = application.Settings{
		Name: "Drill " + ids.UUID(), Owner: "drill@example.com", Environment: environment.Sandbox, Role: actor.TMCAgent, Grants: []permit.Grant{{Scopes: []string{"company:read"}}},
	}
	var made application.Shown
	err := r.store.Update(ctx, func(ctx context.Context) (err error) {
		made, err = r.s.applications.Create(ctx, in)
		return err
	})
	return made.ClientID, func(ctx context.Context) error {
		return r.store.Update(ctx, func(ctx context.Context) error {
			_, err := r.s.applications.Delete(actor.With(ctx, &actor.Actor{Tenant: tenant}), application.IDIn{ClientID: made.ClientID})
			return err
		})
	}, err
}

// settlers lets the schedule settle everything that goes out.
type settlers []schedule.Settler

func (all settlers) Settle(ctx context.Context, tenant string) (int, error) {
	total := 0
	for _, s := range all {
		n, err := s.Settle(ctx, tenant)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (all settlers) Wake(tenant string) {
	for _, s := range all {
		s.Wake(tenant)
	}
}

// Raise takes findings in; whatever watches calls it.
func (a *App) Raise(ctx context.Context, findings ...alert.Finding) ([]string, error) {
	return a.services.alert.Raise(ctx, findings...)
}

// gauges are the metrics of the process.
type gauges struct {
	*metrics.Registry
	requests, seconds, tokenFailures, webhooks, alerts, rules, logsLost, bodies *metrics.Metric
	// CredentialAge is in seconds, by client and kind of credential.
	CredentialAge *metrics.Metric
	denied        *metrics.Metric // credentials that real APIs refuse

	watch struct{ seen, dropped, unsaid, crashes, behind, matched, whole *metrics.Metric }
}

func newGauges() *gauges {
	r := metrics.New()
	g := &gauges{
		Registry:      r,
		requests:      r.Counter("airside_requests_total", "Requests that were answered.", "operation", "status"),
		seconds:       r.Counter("airside_request_seconds_total", "Time spent on requests.", "operation"),
		tokenFailures: r.Counter("airside_token_failures_total", "Requests for tokens and with tokens that were refused.", "code"),
		webhooks:      r.Counter("airside_webhook_attempts_total", "Attempts to deliver webhooks, by what came of them.", "outcome"),
		logsLost:      r.Counter("airside_log_dropped_total", "Events of requests that a log sink did not get: its queue was full, or it failed.", "sink", "why"),
		bodies:        r.Counter("airside_log_bodies_total", "Exchanges whose bodies were to be kept: kept, or dropped because too many waited (full), the store failed (failed) or strangers sent too many (bound).", "outcome"),
		alerts:        r.Gauge("airside_alerts", "Alerts of all tenants by state.", "state"),
		rules:         r.Gauge("airside_detect_alerts_open", "Alerts of all tenants that are not resolved, by rule.", "rule"),
		denied:        r.Gauge("airside_upstream_credential_refused", "1 while the real API refuses the credential of an environment, or the vault has none.", "environment"),
		CredentialAge: r.Gauge("airside_credential_age_seconds", "Time since a credential was made or rotated.", "client_id", "kind"),
	}
	g.watch.seen = r.Counter("airside_detect_events_seen_total", "Events that the detection has looked at.")
	g.watch.dropped = r.Counter("airside_detect_events_dropped_total", "Events that the detection had no place for.")
	g.watch.unsaid = r.Counter("airside_detect_findings_dropped_total", "Findings of other parts that found no place.")
	g.watch.crashes = r.Counter("airside_detect_crashes_total", "Crashes of the detection; it begins anew from its last snapshot.")
	g.watch.behind = r.Gauge("airside_detect_behind_seconds", "Age of the event that the detection looked at last, while others wait.")
	g.watch.matched = r.Counter("airside_detect_rule_matched_total", "Events that fit a rule.", "rule")
	g.watch.whole = r.Counter("airside_detect_rule_whole_total", "Events of which a share is counted, by rule.", "rule")
	return g
}

// request counts one that was answered.
func (g *gauges) request(e *telemetry.Event) {
	operation := e.Operation
	if operation == "" {
		operation = "none"
	}
	g.requests.Add(1, operation, strconv.Itoa(e.Status))
	g.seconds.Add(e.Took.Seconds(), operation)
	if e.Status == http.StatusUnauthorized || e.Status >= 400 && operation == "fetchOauth2Token" {
		g.tokenFailures.Add(1, e.ErrorCode)
	}
}

// webhook counts an attempt.
func (g *gauges) webhook(delivered bool) {
	if delivered {
		g.webhooks.Add(1, "delivered")
		return
	}
	g.webhooks.Add(1, "failed")
}

// collectAlerts counts alerts at each scrape.
func (a *App) collectAlerts(ctx context.Context) error {
	return a.store.View(ctx, func(ctx context.Context) error {
		tenants, err := store.Read(ctx).Tenants()
		if err != nil {
			return err
		}
		total := map[string]int{alert.Open: 0, alert.Acknowledged: 0, alert.Resolved: 0}
		a.gauges.rules.Reset()
		for _, t := range tenants {
			rules, err := a.services.alert.OpenRules(ctx, t)
			if err != nil {
				return err
			}
			for rule, n := range rules {
				a.gauges.rules.Add(float64(n), rule)
			}
			n, err := a.services.alert.Counts(ctx, t)
			if err != nil {
				return err
			}
			for state, count := range n {
				total[state] += count
			}
		}
		for state, n := range total {
			a.gauges.alerts.Set(float64(n), state)
		}
		return nil
	})
}

// Metrics serves GET /metrics, for tests in process and for the listener of its own.
func (a *App) Metrics() http.Handler {
	m := http.NewServeMux()
	m.Handle("GET /metrics", a.gauges)
	return m
}

// serveMetrics listens where the configuration says, and nowhere when it says nothing.
func (a *App) serveMetrics(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "metrics on %s", a.cfg.MetricsListen)
	if a.cfg.MetricsListen == "" {
		return nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", a.cfg.MetricsListen)
	if err != nil {
		return err
	}
	a.metricsServer = &http.Server{Handler: a.Metrics(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	go func() {
		if err := a.metricsServer.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.o.Log.Error("serve metrics", slog.Any("error", err))
		}
	}()
	return nil
}
