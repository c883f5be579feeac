// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/detect"
	"github.com/airside-travel/airside/internal/operator"
)

func (m *Main) detectStatusCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status", Short: "Show how the detection of a server keeps up",
		Long:    "Status shows whether the server looks for unusual access, what it has seen and missed, and which of its rules\nhave something open about your TMC.",
		Example: "  airside detect status\n  airside detect status --json | jq .dropped",
		Args:    cobra.NoArgs,
	}
	base := remoteFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the server's answer")
	cmd.RunE = runs(func(cmd *cobra.Command, _ []string) error {
		r, err := m.remote(*base)
		if err != nil {
			return err
		}
		body, err := r.get(cmd.Context(), "/v1/airside/detect/status")
		if err != nil {
			return err
		}
		if asJSON {
			return printBody(m.Stdout, body)
		}
		var s app.WatchStatus
		if err := json.Unmarshal(body, &s); err != nil {
			return err
		}
		if !s.On {
			fmt.Fprintln(m.Stdout, "the detection is off; AIRSIDE_DETECT=on switches it on")
			return nil
		}
		fmt.Fprintf(m.Stdout, "running   %t\nseen      %d events, %d dropped, %d out of time\nwaiting   %d, behind by %.0f s\ncrashes   %d\nsubjects  %d\nrules     %d on\n",
			s.Running, s.Seen, s.Dropped, s.Late, s.Queued, s.Behind, s.Crashes, s.Known, s.Rules)
		if s.File != "" {
			fmt.Fprintf(m.Stdout, "file      %s\n", inert(s.File))
		}
		if s.Wrong != "" {
			fmt.Fprintf(m.Stdout, "mistake   %s\n          the rules before it are on\n", detect.Clean(s.Wrong))
		}
		if len(s.Open) > 0 {
			fmt.Fprintf(m.Stdout, "open      %s\n", strings.Join(s.Open, ", "))
		}
		return nil
	})
	return cmd
}

// trailPage is how many entries are asked for at once.
const trailPage = 1000

// trail reads what the audit trail of a server says since a time, oldest first.
func (m *Main) trail(ctx context.Context, base, since string) (iter.Seq2[detect.Event, error], error) {
	query := url.Values{"limit": {strconv.Itoa(trailPage)}}
	if err := setTime(query, "from", since); err != nil {
		return nil, err
	}
	r, err := m.remote(base)
	if err != nil {
		return nil, err
	}
	var all []operator.AuditEntry // the newest first
	var before int64              // reading leaves entries of its own: pages are counted from a fixed end
	for offset := 0; ; offset += trailPage {
		query.Set("offset", strconv.Itoa(offset))
		body, err := r.get(ctx, "/v1/airside/audit?"+query.Encode())
		if err != nil {
			return nil, err
		}
		var page operator.AuditList
		if err := json.Unmarshal(body, &page); err != nil {
			return nil, err
		}
		for _, e := range page.Entries {
			if before == 0 || e.Sequence < before {
				all, before = append(all, e), e.Sequence
			}
		}
		if len(page.Entries) < trailPage {
			break
		}
	}
	c, err := contract.Load()
	if err != nil {
		return nil, err
	}
	h := app.NewHistory(c)
	return func(yield func(detect.Event, error) bool) {
		more := true
		for i := len(all) - 1; i >= 0 && more; i-- {
			h.Events(&all[i], func(ev detect.Event) { more = more && yield(ev, nil) })
		}
	}, nil
}
