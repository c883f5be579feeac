// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/environment"
)

func (m *Main) envCmd() *cobra.Command {
	cmd := group(&cobra.Command{
		Use: "env", Short: "See the environments behind this server, and switch what they let through",
		Long: "The sandbox is this server itself. Others are real APIs: AIRSIDE_ENVIRONMENTS names them, and\n" +
			"`airside config` lists the variables of each.",
		Example: "  airside env list\n  airside env mode production read-only --reason 'incident 12'",
	})
	cmd.AddCommand(m.envListCmd(), m.envModeCmd(), m.envRotateCmd())
	return cmd
}

func (m *Main) envListCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List environments with the state of their credentials", Example: "  airside env list --json", Args: cobra.NoArgs}
	base := remoteFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.RunE = runs(func(cmd *cobra.Command, _ []string) error {
		r, err := m.remote(*base)
		if err != nil {
			return err
		}
		var got environment.ListOut
		body, err := r.call1(cmd, http.StatusOK, http.MethodGet, "/v1/airside/environments", nil, &got)
		if err != nil {
			return err
		}
		if asJSON {
			return printBody(m.Stdout, body)
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tMODE\tLIVE\tURL\tSECRET\tROTATION DUE")
		for i := range got.Environments {
			e := &got.Environments[i]
			due := "-"
			if !e.RotationDue.IsZero() {
				due = e.RotationDue.Format(time.DateOnly)
			}
			fmt.Fprintf(w, "%s\t%s\t%t\t%s\t%s\t%s\n", e.Name, e.Mode, e.Live, dash(e.BaseURL), dash(e.Secret), due)
		}
		return w.Flush()
	})
	return cmd
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (m *Main) envModeCmd() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "mode ENVIRONMENT MODE", Short: "Let everything through (live), reads only (read-only), or nothing (dry-run)",
		Example: "  airside env mode production read-only --reason 'incident 12'", Args: cobra.ExactArgs(2),
		ValidArgs: []string{environment.Live, environment.ReadOnly, environment.DryRun},
	}
	base := remoteFlag(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the audit trail")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		r, err := m.remote(*base)
		if err != nil {
			return err
		}
		in := map[string]string{"mode": args[1]}
		if reason != "" {
			in["reason"] = reason
		}
		var got environment.Shown
		if _, err := r.call1(cmd, http.StatusOK, http.MethodPut, "/v1/airside/environments/"+url.PathEscape(args[0])+"/mode", in, &got); err != nil {
			return err
		}
		fmt.Fprintf(m.Stdout, "%s is %s\n", got.Name, got.Mode)
		return nil
	})
	return cmd
}

func (m *Main) envRotateCmd() *cobra.Command {
	var incident, asJSON bool
	cmd := &cobra.Command{
		Use: "rotate ENVIRONMENT", Short: "Have the running server replace the secret of an environment",
		Long:    "Rotate asks the server for it and waits. `airside rotate` does the same without a server, on its database.",
		Example: "  airside env rotate production\n  airside env rotate production --incident", Args: cobra.ExactArgs(1),
	}
	base := remoteFlag(cmd)
	cmd.Flags().BoolVar(&incident, "incident", false, "the secret has leaked: do not wait for running requests, they are repeated")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		r, err := m.remote(*base)
		if err != nil {
			return err
		}
		var got environment.Rotation
		body, err := r.call1(cmd, http.StatusOK, http.MethodPost, "/v1/airside/environments/"+url.PathEscape(args[0])+"/rotate", map[string]bool{"incident": incident}, &got)
		if err != nil {
			return err
		}
		if asJSON {
			return printBody(m.Stdout, body)
		}
		fmt.Fprintf(m.Stdout, "rotated %s (%s); in use: %s\n", got.Environment, got.Strategy, got.ClientID)
		for _, id := range got.Orphans {
			fmt.Fprintf(m.Stderr, "API user %s appeared while an answer was lost; nobody has its secret: revoke it if it is not yours\n", id)
		}
		return nil
	})
	return cmd
}
