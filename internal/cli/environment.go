// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/environment"
)

const environmentsPath = "/v1/airside/environments"

func (m *Main) envCmd() *cobra.Command {
	cmd := group(&cobra.Command{
		Use: "env", Short: "See the environments behind this server, and switch what they let through",
		Long: "The sandbox is this server itself. Others are real APIs: AIRSIDE_ENVIRONMENTS names them, and\n" +
			"`airside config` lists the variables of each.",
		Example: "  airside env list\n  airside env show production\n  airside env mode production read-only --reason 'incident 12'",
	})
	cmd.AddCommand(m.envListCmd(), m.envShowCmd(), m.envModeCmd(), m.envRotateCmd())
	return cmd
}

func (m *Main) envListCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List environments with the state of their credentials", Example: "  airside env list --json", Args: cobra.NoArgs}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, _ []string) ([]byte, func([]byte) error, error) {
		body, err := r.get(ctx, environmentsPath)
		return body, decoded(func(got environment.ListOut) error {
			w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tMODE\tLIVE\tURL\tSECRET\tROTATION DUE")
			for i := range got.Environments {
				e := &got.Environments[i]
				due := "-"
				if !e.RotationDue.IsZero() {
					due = e.RotationDue.Format(time.DateOnly)
				}
				mode, live := modeOf(e)
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Name, mode, live, orDash(e.BaseURL), orDash(e.Secret), due)
			}
			if err := w.Flush(); err != nil {
				return err
			}
			for i := range got.Environments {
				if e := &got.Environments[i]; e.Problem != "" {
					fmt.Fprintf(m.Stderr, "%s: %s\n", e.Name, e.Problem)
				}
			}
			return nil
		}), err
	})
}

// modeOf says what passes and whether it costs anything. The sandbox is called live in answers, and nothing is there.
func modeOf(e *environment.Shown) (mode, live string) {
	if e.Name == environment.Sandbox {
		return "simulated", "-"
	}
	return e.Mode, strconv.FormatBool(e.Live)
}

func (m *Main) envShowCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show ENVIRONMENT", Short: "Show an environment: its mode, its credential, and what is wrong with it",
		Example: "  airside env show production\n  airside env show production --json", Args: cobra.ExactArgs(1),
	}
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.get(ctx, environmentsPath)
		if err != nil {
			return nil, nil, err
		}
		var got environment.ListOut
		if err := json.Unmarshal(body, &got); err != nil {
			return nil, nil, err
		}
		i := slices.IndexFunc(got.Environments, func(e environment.Shown) bool { return e.Name == args[0] })
		if i < 0 {
			f := failf(ExitNotFound, "there is no environment %q", args[0])
			f.hint("`airside env list` names them")
			return nil, nil, f
		}
		e := got.Environments[i]
		body, err = json.Marshal(e)
		return body, func([]byte) error { return m.printEnvironment(&e) }, err
	})
}

func (m *Main) printEnvironment(e *environment.Shown) error {
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	mode, live := modeOf(e)
	for _, line := range [][2]string{
		{"name", e.Name}, {"kind", e.Kind}, {"mode", mode}, {"live", live}, {"url", e.BaseURL}, {"client id", e.ClientID},
		{"secret", e.Secret}, {"secret since", whenText(e.CredentialSince)}, {"rotation due", whenText(e.RotationDue)}, {"rotation", e.Rotation},
		{"token ends", whenText(e.TokenExpires)}, {"problem", e.Problem},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
		}
	}
	return w.Flush()
}

// whenText is a time, or nothing when it is not known.
func whenText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (m *Main) envModeCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "mode ENVIRONMENT MODE", Short: "Let everything through (live), reads only (read-only), or nothing (dry-run)",
		Example: "  airside env mode production read-only --reason 'incident 12'", Args: cobra.ExactArgs(2),
		ValidArgs: []string{environment.Live, environment.ReadOnly, environment.DryRun},
	}
	reason := cmd.Flags().String("reason", "", "why, for the audit trail")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		in := given(map[string]string{"reason": *reason})
		in["mode"] = args[1]
		body, err := r.send(ctx, http.MethodPut, environmentsPath+"/"+url.PathEscape(args[0])+"/mode", in)
		return body, decoded(func(got environment.Shown) error {
			_, err := fmt.Fprintf(m.Stdout, "%s is %s\n", got.Name, got.Mode)
			return err
		}), err
	})
}

func (m *Main) envRotateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "rotate ENVIRONMENT", Short: "Have the running server replace the secret of an environment",
		Long:    "Rotate asks the server for it and waits. `airside rotate` does the same without a server, on its database.",
		Example: "  airside env rotate production\n  airside env rotate production --incident", Args: cobra.ExactArgs(1),
	}
	incident := cmd.Flags().Bool("incident", false, "the secret has leaked: do not wait for running requests, they are repeated")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		body, err := r.send(ctx, http.MethodPost, environmentsPath+"/"+url.PathEscape(args[0])+"/rotate", map[string]bool{"incident": *incident})
		return body, decoded(func(got environment.Rotation) error {
			fmt.Fprintf(m.Stdout, "rotated %s (%s); in use: %s\n", got.Environment, got.Strategy, got.ClientID)
			for _, id := range got.Orphans {
				fmt.Fprintf(m.Stderr, "API user %s appeared while an answer was lost; nobody has its secret: revoke it if it is not yours\n", id)
			}
			return nil
		}), err
	})
}
