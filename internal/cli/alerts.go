// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const alertsPath = "/v1/airside/alerts"

func (m *Main) alertsCmd() *cobra.Command {
	cmd := group(&cobra.Command{
		Use: "alerts", Short: "See what is unusual, say that somebody looks after it, keep quiet about it for a while",
		Long:    "Alerts are findings, grouped by rule and API user. They are told to sinks: mail, chat, webhooks,\nPagerDuty, Alertmanager. `airside api createAlertSink` makes one, `airside alerts test` tries it.",
		Example: "  airside alerts list --state OPEN\n  airside alerts ack 0197... --note 'on it'",
	})
	cmd.AddCommand(m.alertsListCmd(), m.alertsShowCmd(), m.alertsActCmd("ack", "acknowledge", "Say that somebody looks after an alert"),
		m.alertsActCmd("resolve", "resolve", "Say that an alert is over"), m.alertsSilenceCmd(), m.alertsUndoCmd(), m.alertsTestCmd(), m.alertsSinksCmd())
	return cmd
}

type alertLine struct {
	ID, Severity, State, Rule, ClientID, Summary, Expected, Seen, Advice, SilenceHint string
	Count                                                                             int
	LastAt                                                                            time.Time
	EventIDs                                                                          []string
	History                                                                           []struct {
		At             time.Time
		What, By, Note string
	}
	Responses  []struct{ ID, Act, State, Error, Undo string }
	Deliveries []struct {
		Sink, State, LastError string
		Attempts               int
	}
}

func (m *Main) alertLine(a *alertLine) {
	fmt.Fprintf(m.Stdout, "%s  %s  %-8s  %-12s  %4d  %-24s  %-36s  %s\n", a.LastAt.UTC().Format(time.RFC3339), a.ID, a.Severity, a.State, a.Count, a.Rule, orDash(a.ClientID), a.Summary)
}

func (m *Main) alertsListCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List alerts, the newest first", Args: cobra.NoArgs,
		Example: "  airside alerts list --state OPEN\n  airside alerts list --min-severity HIGH --json | jq '.alerts[].summary'",
	}
	flags := cmd.Flags()
	state := flags.String("state", "", "only this state: OPEN, ACKNOWLEDGED or RESOLVED")
	severity := flags.String("min-severity", "", "only alerts that are at least this bad: INFO, LOW, MEDIUM, HIGH or CRITICAL")
	client := flags.String("client", "", "only alerts about this API user")
	rule := flags.String("rule", "", "only alerts of this rule")
	limit := flags.Int("limit", 100, "how many to show at most, up to 1000")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) ([]byte, func([]byte) error, error) {
		query := filters(map[string]string{"limit": strconv.Itoa(*limit), "state": *state, "minSeverity": *severity, "clientId": *client, "rule": *rule})
		body, err := r.get(ctx, alertsPath+"?"+query.Encode())
		return body, decoded(func(page struct{ Alerts []alertLine }) error {
			for i := range page.Alerts {
				m.alertLine(&page.Alerts[i])
			}
			return nil
		}), err
	})
}

// showAlert is an alert as a person reads it: what, why, what to do.
func (m *Main) showAlert(body []byte) error {
	return decoded(func(a alertLine) error {
		m.alertLine(&a)
		for _, f := range [][2]string{{"expected", a.Expected}, {"seen", a.Seen}, {"advice", a.Advice}, {"events", strings.Join(a.EventIDs, " ")}, {"silence", a.SilenceHint}} {
			if f[1] != "" {
				fmt.Fprintf(m.Stdout, "  %-9s %s\n", f[0], f[1])
			}
		}
		for _, d := range a.Deliveries {
			fmt.Fprintf(m.Stdout, "  told      %s: %s after %d attempts %s\n", d.Sink, d.State, d.Attempts, d.LastError)
		}
		for _, p := range a.Responses {
			fmt.Fprintf(m.Stdout, "  response  %s: %s %s%s\n", p.Act, p.State, p.Error, p.Undo)
		}
		for _, e := range a.History {
			fmt.Fprintf(m.Stdout, "  %s  %s  %s %s\n", e.At.UTC().Format(time.RFC3339), e.What, e.By, e.Note)
		}
		return nil
	})(body)
}

func (m *Main) alertsShowCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Show an alert: what was expected, what was seen, who was told, what was done", Args: cobra.ExactArgs(1), Example: "  airside alerts show 0197..."}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.get(ctx, alertsPath+"/"+url.PathEscape(args[0]))
		return body, m.showAlert, err
	})
}

func (m *Main) alertsActCmd(name, act, short string) *cobra.Command {
	cmd := &cobra.Command{Use: name + " ID...", Short: short, Args: cobra.MinimumNArgs(1), Example: "  airside alerts " + name + " 0197... --note 'the partner had an old secret'"}
	note := cmd.Flags().String("note", "", "why, for the history and for sinks")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) (last []byte, _ func([]byte) error, err error) {
		for _, id := range args {
			if last, err = r.send(ctx, http.MethodPost, alertsPath+"/"+url.PathEscape(id)+"/"+act, map[string]string{"note": *note}); err != nil {
				return nil, nil, err
			}
		}
		return last, m.showAlert, nil
	})
}

func (m *Main) alertsSilenceCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "silence", Short: "Keep sinks from being told of some alerts for a while; list and end silences", Args: cobra.NoArgs,
		Long:    "A silence names a rule, an API user or both, ends after 30 days at most, and says why. The alerts are kept\nand shown all the same. Without flags, silences are listed.",
		Example: "  airside alerts silence --rule auth-failure-burst --client 5d1f... --for 4h --reason 'load test'\n  airside alerts silence\n  airside alerts silence --end 0197...",
	}
	flags := cmd.Flags()
	rule, client, environment := flags.String("rule", "", "only this rule"), flags.String("client", "", "only this API user"), flags.String("environment", "", "only this environment")
	reason, until, end := flags.String("reason", "", "why"), flags.String("until", "", "when it ends (RFC 3339)"), flags.String("end", "", "id of a silence to end now")
	duration := flags.Duration("for", 0, "how long, such as 4h")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) ([]byte, func([]byte) error, error) {
		const path = alertsPath + "/silences"
		if *end != "" {
			body, err := r.send(ctx, http.MethodDelete, path+"/"+url.PathEscape(*end), nil)
			return body, func([]byte) error { _, err := fmt.Fprintln(m.Stdout, "the silence is over"); return err }, err
		}
		line := func(s map[string]any) {
			fmt.Fprintf(m.Stdout, "%v  until %v  in force: %v  rule %v  client %v  by %v: %v\n", s["id"], s["until"], s["inForce"], or(s["rule"]), or(s["clientId"]), s["createdBy"], s["reason"])
		}
		if *rule == "" && *client == "" {
			body, err := r.get(ctx, path)
			return body, decoded(func(list struct{ Silences []map[string]any }) error {
				for _, s := range list.Silences {
					line(s)
				}
				return nil
			}), err
		}
		if *duration <= 0 == (*until == "") {
			return nil, nil, failf(ExitUsage, "say --for how long, or --until when")
		}
		if *duration > 0 {
			now, err := r.since(ctx, "0s")
			if err != nil {
				return nil, nil, err
			}
			at, err := time.Parse(time.RFC3339Nano, now)
			if err != nil {
				return nil, nil, err
			}
			*until = at.Add(*duration).Format(time.RFC3339)
		}
		ask := given(map[string]string{"rule": *rule, "clientId": *client, "environment": *environment})
		ask["until"], ask["reason"] = *until, *reason
		body, err := r.send(ctx, http.MethodPost, path, ask)
		return body, decoded(func(s map[string]any) error { line(s); return nil }), err
	})
}

func or(v any) any {
	if v == nil {
		return "any"
	}
	return v
}

func (m *Main) alertsUndoCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "undo ALERT RESPONSE", Short: "Take an automatic first step back", Args: cobra.ExactArgs(2), Example: "  airside alerts undo 0197... 0198..."}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.send(ctx, http.MethodPost, alertsPath+"/"+url.PathEscape(args[0])+"/responses/"+url.PathEscape(args[1])+"/undo", nil)
		return body, m.showAlert, err
	})
}

func (m *Main) alertsTestCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "test SINK", Short: "Tell a sink of a test, now, and say what it made of it", Args: cobra.ExactArgs(1),
		Long: "Test names a sink by name or id. The exit code is 6 when the sink does not take the message.", Example: "  airside alerts test 'on call'",
	}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.send(ctx, http.MethodPost, alertsPath+"/sinks/"+url.PathEscape(args[0])+"/test", nil)
		if err != nil {
			return nil, nil, err
		}
		var got struct {
			Sink, Error string
			Accepted    bool
			TookMillis  int
		}
		if err := json.Unmarshal(body, &got); err != nil {
			return nil, nil, fmt.Errorf("read the answer: %w", err)
		}
		if !got.Accepted {
			return nil, nil, failf(ExitUnavailable, "%s does not take alerts: %s", got.Sink, got.Error)
		}
		return body, func([]byte) error {
			_, err := fmt.Fprintf(m.Stdout, "%s took it in %d ms\n", got.Sink, got.TookMillis)
			return err
		}, nil
	})
}

func (m *Main) alertsSinksCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "sinks", Short: "List sinks and how they answer", Args: cobra.NoArgs, Example: "  airside alerts sinks\n  airside api createAlertSink --example"}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) ([]byte, func([]byte) error, error) {
		body, err := r.get(ctx, alertsPath+"/sinks")
		return body, decoded(func(list struct {
			Sinks []struct {
				ID, Name, Kind, Source, LastError, DownSince string
				Enabled                                      bool
				Step, Waiting                                int
			}
		}) error {
			for _, s := range list.Sinks {
				state := "takes alerts"
				switch {
				case !s.Enabled:
					state = "disabled"
				case s.DownSince != "":
					state = "down since " + s.DownSince + ": " + s.LastError
				}
				fmt.Fprintf(m.Stdout, "%s  %-20s  %-12s  step %d  %3d waiting  %s\n", s.ID, s.Name, s.Kind, s.Step, s.Waiting, state)
			}
			return nil
		}), err
	})
}
