// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func (m *Main) usersCmd() *cobra.Command {
	cmd := group(&cobra.Command{Use: "users", Short: "Remove people for good", Example: "  airside users purge 0199a0c4-5d1e-7c33-9a41-2f6c1e0b7d11"})
	cmd.AddCommand(m.usersPurgeCmd())
	return cmd
}

func (m *Main) usersPurgeCmd() *cobra.Command {
	var asJSON, yes bool
	cmd := &cobra.Command{
		Use: "purge USER-ID", Short: "Remove a person for good, or show what that takes",
		Long: "Purge deletes a profile and what hangs on it, takes the person out of bookings, which keep money, tickets and\n" +
			"ids, and makes events, kept answers and audit details about the person unreadable. It cannot be undone;\n" +
			"`airside api deleteUser` deactivates somebody who may come back. Without --yes it only lists what would go.\n\n" +
			"Copies of the database that were made before still hold the person: after restoring one, purge again.",
		Example: "  airside users purge 0199a0c4-5d1e-7c33-9a41-2f6c1e0b7d11\n  airside users purge 0199a0c4-5d1e-7c33-9a41-2f6c1e0b7d11 --yes",
		Args:    cobra.ExactArgs(1),
	}
	base := remoteFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer as JSON")
	cmd.Flags().BoolVar(&yes, "yes", false, "do it")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		r, err := m.remote(*base)
		if err != nil {
			return err
		}
		method := http.MethodGet
		if yes {
			method = http.MethodPost
		}
		a, err := r.call(cmd.Context(), method, "/v1/airside/users/"+url.PathEscape(args[0])+"/purge", nil, "", nil)
		if err != nil {
			return err
		}
		if a.Status != http.StatusOK {
			return a.failure()
		}
		if asJSON {
			return printBody(m.Stdout, a.Body)
		}
		var got struct {
			PurgedAt string
			Lines    []struct {
				What, Fate string
				Count      *int
			}
		}
		if err := json.Unmarshal(a.Body, &got); err != nil {
			return err
		}
		w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
		for _, l := range got.Lines {
			n := "all"
			if l.Count != nil {
				n = strconv.Itoa(*l.Count)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", l.What, l.Fate, n)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if yes {
			fmt.Fprintf(m.Stderr, "purged at %s\n", got.PurgedAt)
			return nil
		}
		fmt.Fprintln(m.Stderr, "nothing was changed; --yes does it")
		return nil
	})
	return cmd
}
