// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// deliveriesFlags are the flags of `airside webhook deliveries`.
type deliveriesFlags struct {
	subscription, state, resource string
	limit                         int
	json                          bool
}

func (m *Main) deliveriesCmd() *cobra.Command {
	var f deliveriesFlags
	cmd := &cobra.Command{
		Use: "deliveries [ID]", Short: "List webhook deliveries, or show one with its attempts",
		Long: "Deliveries shows what is pending, delivered, parked or skipped, the newest event first. With an id it\n" +
			"shows that delivery, the event as it is sent, and every attempt.",
		Example: "  airside webhook deliveries --state PARKED\n" +
			"  airside webhook deliveries --subscription 5d1f... --json | jq '.deliveries[].lastError'\n" +
			"  airside webhook deliveries 0197...",
		Args: cobra.MaximumNArgs(1),
	}
	base := remoteFlag(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.subscription, "subscription", "", "only deliveries of this subscription")
	flags.StringVar(&f.state, "state", "", "only this state: PENDING, DELIVERED, PARKED or SKIPPED")
	flags.StringVar(&f.resource, "resource", "", "only this lane, such as PNR/9199471293")
	flags.IntVar(&f.limit, "limit", 100, "how many to show at most, up to 1000")
	flags.BoolVar(&f.json, "json", false, "print the server's answer")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		r, err := m.remote(*base)
		if err != nil {
			return err
		}
		if len(args) == 1 {
			body, err := r.get(cmd.Context(), "/v1/airside/webhooks/deliveries/"+url.PathEscape(args[0]))
			if err != nil {
				return err
			}
			return printBody(m.Stdout, body)
		}
		query := filters(map[string]string{"limit": strconv.Itoa(f.limit), "subscriptionId": f.subscription, "state": f.state, "resource": f.resource})
		body, err := r.get(cmd.Context(), "/v1/airside/webhooks/deliveries?"+query.Encode())
		if err != nil {
			return err
		}
		if f.json {
			return printBody(m.Stdout, body)
		}
		return printDeliveries(m.Stdout, m.Stderr, body)
	})
	return cmd
}

// printDeliveries writes one line for each; how many there are in all is not part of the result.
func printDeliveries(out, note io.Writer, body []byte) error {
	var page struct {
		Deliveries []struct {
			ID, Operation, Resource, State, CreatedAt, NextAttemptAt, LastError string
			Attempts                                                            int
		}
		Pagination struct{ TotalNumResults int }
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return fmt.Errorf("read the list: %w", err)
	}
	for _, d := range page.Deliveries {
		line := fmt.Sprintf("%s  %s  %-9s  %-28s  %-28s  %d", d.CreatedAt, d.ID, d.State, d.Operation, d.Resource, d.Attempts)
		if d.NextAttemptAt != "" {
			line += "  next " + d.NextAttemptAt
		}
		if d.LastError != "" {
			line += "  " + d.LastError
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	if n := page.Pagination.TotalNumResults; n > len(page.Deliveries) {
		fmt.Fprintf(note, "%d of %d; --limit shows more\n", len(page.Deliveries), n)
	}
	return nil
}

// replayFlags are the flags of `airside webhook replay`.
type replayFlags struct {
	subscription, since, until, only, resource string
	operations                                 []string
	json                                       bool
}

func (m *Main) replayCmd() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use: "replay [ID...]", Short: "Send webhooks again",
		Long: "Replay puts deliveries back into their lanes, with the ids and bodies they had. Name them, or give a\n" +
			"subscription and a time since when; then what has not arrived is sent: parked, skipped, or announced\n" +
			"while nobody was subscribed. --since takes a time (RFC 3339) or a duration such as 24h, on the clock\n" +
			"of the travel company.",
		Example: "  airside webhook replay 0197...\n" +
			"  airside webhook replay --subscription 5d1f... --since 24h\n" +
			"  airside webhook replay --subscription 5d1f... --since 2026-11-01T00:00:00Z --only ALL --operation BOOKING_TICKETED",
	}
	base := remoteFlag(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.subscription, "subscription", "", "subscription whose events to send again")
	flags.StringVar(&f.since, "since", "", "events from this time on, or of this duration until now")
	flags.StringVar(&f.until, "until", "", "events before this time (RFC 3339)")
	flags.StringVar(&f.only, "only", "MISSING", "what to send: MISSING, PARKED or ALL")
	flags.StringVar(&f.resource, "resource", "", "only this lane, such as PNR/9199471293")
	flags.StringSliceVar(&f.operations, "operation", nil, "only these operations, separated by commas")
	flags.BoolVar(&f.json, "json", false, "print the server's answers, one a line")
	cmd.MarkFlagsRequiredTogether("subscription", "since")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		if (len(args) == 0) == (f.subscription == "") {
			return failf(ExitUsage, "name deliveries, or give --subscription and --since").hint("airside webhook replay --help")
		}
		r, err := m.remote(*base)
		if err != nil {
			return err
		}
		if len(args) > 0 {
			return m.replayEach(cmd.Context(), r, args, f)
		}
		return m.replayRange(cmd.Context(), r, f)
	})
	return cmd
}

func (m *Main) replayEach(ctx context.Context, r *remote, ids []string, f replayFlags) error {
	for _, id := range ids {
		body, err := r.send(ctx, http.MethodPost, "/v1/airside/webhooks/deliveries/"+url.PathEscape(id)+"/replay", nil)
		if err != nil {
			return err
		}
		if f.json {
			err = printLine(m.Stdout, json.RawMessage(body))
		} else {
			_, err = fmt.Fprintf(m.Stdout, "%s is on its way again\n", id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// replayRange asks until the range has been looked at to its end.
func (m *Main) replayRange(ctx context.Context, r *remote, f replayFlags) error {
	from, err := r.since(ctx, f.since)
	if err != nil {
		return err
	}
	ask := given(map[string]string{"to": f.until, "resource": f.resource})
	ask["from"], ask["only"] = from, f.only // even if they are empty: the server says what is wrong with that
	ask["limit"] = 10_000
	if len(f.operations) > 0 {
		ask["operations"] = f.operations
	}
	queued, uncertain := 0, 0
	for {
		body, err := r.send(ctx, http.MethodPost, "/v1/airside/webhooks/subscriptions/"+url.PathEscape(f.subscription)+"/replay", ask)
		if err != nil {
			return err
		}
		var got struct {
			Queued, Uncertain int
			More              bool
			ContinueFrom      string
		}
		if err := json.Unmarshal(body, &got); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		if f.json {
			if err := printLine(m.Stdout, json.RawMessage(body)); err != nil {
				return err
			}
		}
		queued, uncertain = queued+got.Queued, uncertain+got.Uncertain
		if !got.More {
			break
		}
		if got.ContinueFrom == ask["from"] {
			return failf(ExitFailure, "%d queued; more happened at %s than one call can look at", queued, got.ContinueFrom).
				hint("narrow it with --resource or --operation")
		}
		ask["from"] = got.ContinueFrom
	}
	if !f.json {
		fmt.Fprintf(m.Stdout, "%d queued\n", queued)
	}
	if uncertain > 0 {
		fmt.Fprintf(m.Stderr, "%d events are so old that nobody knows whether they arrived; --only ALL sends them too\n", uncertain)
	}
	return nil
}

// since makes a time of what the user gave.
func (r *remote) since(ctx context.Context, text string) (string, error) {
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		return text, nil
	}
	ago, err := time.ParseDuration(text)
	if err != nil || ago < 0 {
		return "", failf(ExitUsage, "%q is neither a time such as 2026-11-01T00:00:00Z nor a duration such as 24h", text)
	}
	body, err := r.get(ctx, "/v1/airside/world/clock")
	if err != nil {
		return "", err
	}
	var clock struct{ Now time.Time }
	if err := json.Unmarshal(body, &clock); err != nil {
		return "", fmt.Errorf("read the clock: %w", err)
	}
	return clock.Now.Add(-ago).UTC().Format(time.RFC3339Nano), nil
}
