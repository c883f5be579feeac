// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/inbox"
)

const inboxPath = "/v1/airside/inbox"

func (m *Main) inboxCmd() *cobra.Command {
	cmd := group(&cobra.Command{
		Use: "inbox", Short: "See the webhooks that real APIs sent to this server, and pass them on again",
		Long: "Each environment behind this server can have an inbox: the URL to give to the real API is\n" +
			"BASE_URL" + inboxPath + "/ENVIRONMENT. What comes there is verified, stored and passed on in order.",
		Example: "  airside inbox status\n  airside inbox list --result SIGNATURE_REFUSED --since 24h",
	})
	cmd.AddCommand(m.inboxStatusCmd(), m.inboxListCmd(), m.inboxShowCmd(), m.inboxForwardCmd())
	return cmd
}

func (m *Main) inboxStatusCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "status", Short: "List inboxes with their secrets, and when each of them signed last", Example: "  airside inbox status --json", Args: cobra.NoArgs}
	base := remoteFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the server's answer")
	cmd.RunE = runs(func(cmd *cobra.Command, _ []string) error {
		r, err := m.remote(*base)
		if err != nil {
			return err
		}
		var got inbox.StatusOut
		body, err := r.get(cmd.Context(), inboxPath)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(body, &got); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		if asJSON {
			return printBody(m.Stdout, body)
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ENVIRONMENT\tSECRET\tSIGNED LAST\tNOTE")
		for _, box := range got.Inboxes {
			for _, s := range box.Secrets {
				last, note := "-", ""
				if !s.Matched.IsZero() {
					last = s.Matched.Format(time.RFC3339)
				}
				if s.Unmatched {
					note = "signed nothing for 7 days"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", box.Environment, s.Reference, last, note)
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
		for _, box := range got.Inboxes {
			for _, c := range box.Counts {
				fmt.Fprintf(m.Stdout, "%s: %d %s\n", box.Environment, c.N, c.Result)
			}
		}
		return nil
	})
	return cmd
}

func (m *Main) inboxListCmd() *cobra.Command {
	var environment, result, kind, resource, since string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List received webhooks, the newest first, the refused ones too",
		Example: "  airside inbox list --environment production --result STALE\n  airside inbox list --since 24h --json | jq '.receipts[].result'", Args: cobra.NoArgs,
	}
	base := remoteFlag(cmd)
	f := cmd.Flags()
	f.StringVar(&environment, "environment", "", "only of this inbox")
	f.StringVar(&result, "result", "", "only with this result, such as ACCEPTED, STALE or SIGNATURE_REFUSED")
	f.StringVar(&kind, "event-type", "", "only of this type, such as PNR_V3")
	f.StringVar(&resource, "resource", "", "only about this, such as PNR/9199471293")
	f.StringVar(&since, "since", "", "from this time on (RFC 3339), or of this duration until now")
	f.IntVar(&limit, "limit", 100, "how many to show at most, up to 1000")
	f.BoolVar(&asJSON, "json", false, "print the server's answer")
	cmd.RunE = runs(func(cmd *cobra.Command, _ []string) error {
		r, err := m.remote(*base)
		if err != nil {
			return err
		}
		query := url.Values{"limit": {strconv.Itoa(limit)}}
		if since != "" {
			if since, err = r.since(cmd.Context(), since); err != nil {
				return err
			}
		}
		for name, value := range map[string]string{"environment": environment, "result": result, "eventType": kind, "resource": resource, "since": since} {
			if value != "" {
				query.Set(name, value)
			}
		}
		var got inbox.ListOut
		body, err := r.get(cmd.Context(), inboxPath+"/receipts?"+query.Encode())
		if err != nil {
			return err
		}
		if err := json.Unmarshal(body, &got); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		if asJSON {
			return printBody(m.Stdout, body)
		}
		for _, one := range got.Receipts {
			if _, err := fmt.Fprintf(m.Stdout, "%s  %s  %-17s  %-26s  %-28s  %d\n", one.ReceivedAt.Format(time.RFC3339), one.ID, one.Result,
				orDash(one.Operation), orDash(one.Resource), one.Attempts); err != nil {
				return err
			}
		}
		if got.More {
			fmt.Fprintln(m.Stderr, "there are more; --limit shows them")
		}
		return nil
	})
	return cmd
}

func (m *Main) inboxShowCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show a received webhook with its body, and how far it is on its way", Args: cobra.ExactArgs(1),
		Example: "  airside inbox show 0197... | jq .body",
	}
	base := remoteFlag(cmd)
	cmd.Flags().Bool("json", true, "print the server's answer; it is always JSON")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		r, err := m.remote(*base)
		if err != nil {
			return err
		}
		body, err := r.get(cmd.Context(), inboxPath+"/receipts/"+url.PathEscape(args[0]))
		if err != nil {
			return err
		}
		return printBody(m.Stdout, body)
	})
	return cmd
}

func (m *Main) inboxForwardCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "forward ID...", Short: "Pass received webhooks on to the consumers again", Args: cobra.MinimumNArgs(1),
		Long:    "Forward puts webhooks on their way to all consumers of their environment, with the ids their\ndeliveries had: those that were passed on before, and stale ones that were held back.",
		Example: "  airside inbox forward 0197...",
	}
	base := remoteFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the server's answers, one a line")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		r, err := m.remote(*base)
		if err != nil {
			return err
		}
		for _, id := range args {
			body, err := r.send(cmd.Context(), http.MethodPost, inboxPath+"/receipts/"+url.PathEscape(id)+"/forward", nil)
			if err == nil && asJSON {
				err = printLine(m.Stdout, json.RawMessage(body))
			} else if err == nil {
				_, err = fmt.Fprintf(m.Stdout, "%s is on its way\n", id)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return cmd
}
