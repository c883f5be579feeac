// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"net/url"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func (m *Main) idsCmd() *cobra.Command {
	cmd := group(&cobra.Command{Use: "ids", Short: "Find ids that were issued", Example: "  airside ids find E-1042"})
	cmd.AddCommand(m.idsFindCmd())
	return cmd
}

func (m *Main) idsFindCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "find EXTERNAL-ID", Short: "Find what was created under an external id",
		Long: "Find looks into the ledger of ids: what was created under an external id, by which operation and client,\n" +
			"and when. Use it after a network error, before you create anything a second time. With --id it says how\n" +
			"one id came to be.",
		Example: "  airside ids find E-1042\n  airside ids find --id 0199a0c4-5d1e-7c33-9a41-2f6c1e0b7d11 --json",
		Args:    cobra.ExactArgs(1),
	}
	byID := cmd.Flags().Bool("id", false, "look for an id instead of an external id")
	return m.remoteCmd(cmd, func(ctx context.Context, r *remote, args []string) ([]byte, func([]byte) error, error) {
		name := "externalId"
		if *byID {
			name = "id"
		}
		body, err := r.get(ctx, "/v1/airside/ids?"+url.Values{name: {args[0]}}.Encode())
		return body, decoded(func(got struct {
			Matches []struct{ Kind, ID, Operation, ClientID, Environment, IssuedAt string }
		}) error {
			if len(got.Matches) == 0 {
				return failf(ExitNotFound, "nothing was created with the %s %q", name, args[0])
			}
			w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
			for _, e := range got.Matches {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Kind, e.ID, e.Operation, e.IssuedAt, e.ClientID, e.Environment)
			}
			return w.Flush()
		}), err
	})
}
