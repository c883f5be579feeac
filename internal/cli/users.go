// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func (m *Main) usersCmd() *cobra.Command {
	cmd := group(&cobra.Command{Use: "users", Short: "Remove people for good", Example: "  airside users purge 0199a0c4-5d1e-7c33-9a41-2f6c1e0b7d11"})
	cmd.AddCommand(m.usersPurgeCmd())
	return cmd
}

func (m *Main) usersPurgeCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "purge USER-ID", Short: "Remove a person for good, or show what that takes",
		Long: "Purge deletes a profile and what hangs on it, takes the person out of his bookings, which keep money, tickets and\n" +
			"ids, and makes events, kept answers and audit details about the person unreadable. It cannot be undone;\n" +
			"`airside api deleteUser` deactivates somebody who may come back. Without --yes it only lists what would go.\n\n" +
			"Copies of the database that were made before still hold the person: after restoring one, purge again.",
		Example: "  airside users purge 0199a0c4-5d1e-7c33-9a41-2f6c1e0b7d11\n  airside users purge 0199a0c4-5d1e-7c33-9a41-2f6c1e0b7d11 --yes",
		Args:    cobra.ExactArgs(1),
	}
	yes := cmd.Flags().Bool("yes", false, "do it")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		method := http.MethodGet
		if *yes {
			method = http.MethodPost
		}
		body, err := r.send(ctx, method, "/v1/airside/users/"+url.PathEscape(args[0])+"/purge", nil)
		return body, decoded(func(got purged) error { return m.showPurged(got, *yes) }), err
	})
}

// purged is what a purge takes, or took.
type purged struct {
	PurgedAt string
	Lines    []struct {
		What, Fate string
		Count      *int
		IDs        []string
	}
}

func (m *Main) showPurged(got purged, done bool) error {
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	for _, l := range got.Lines {
		n := "all"
		if l.Count != nil {
			n = strconv.Itoa(*l.Count)
		}
		if len(l.IDs) > 0 {
			n += "\t" + which(l.IDs, l.Count)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", l.What, l.Fate, n)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if done {
		fmt.Fprintf(m.Stderr, "purged at %s\n", got.PurgedAt)
		return nil
	}
	fmt.Fprintln(m.Stderr, "nothing was changed; --yes does it")
	return nil
}

// shownIDs is how many ids stand in a line.
const shownIDs = 10

// which names some of the things that a line counts.
func which(ids []string, count *int) string {
	shown := ids[:min(len(ids), shownIDs)]
	text := strings.Join(shown, " ")
	if count != nil && *count > len(shown) {
		text += fmt.Sprintf(" and %d more", *count-len(shown))
	}
	return text
}
