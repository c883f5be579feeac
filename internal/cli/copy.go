// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/store/transfer"
)

func (m *Main) copyCmd() *cobra.Command {
	var from, to string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "copy", Short: "Move all data from a SQLite file to PostgreSQL",
		Long: "Copy fills an empty PostgreSQL database with everything in a SQLite file that no server is using: all\n" +
			"tenants with their keys, records, events, deliveries, jobs and audit trails. Rows travel sealed, so both\n" +
			"need the same master key (AIRSIDE_MASTER_KEY_FILE, or the file beside the database). Counts and hashes of\n" +
			"every table are compared before the copy is committed; when anything differs nothing is left of it.\n" +
			"Without --to the copy goes to AIRSIDE_DATABASE_URL, which keeps its password out of the list of processes.",
		Example: "  airside copy --from sqlite:airside.db --to postgres://airside@db.example.com/airside",
		Args:    cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			cfg, err := m.config()
			if err != nil {
				return err
			}
			if to != "" {
				cfg.Database = to
			}
			path, ok := strings.CutPrefix(from, "sqlite:")
			if !ok || path == "" {
				return failf(ExitUsage, "--from must be sqlite:PATH")
			}
			if !cfg.OnPostgres() {
				return failf(ExitUsage, "--to or AIRSIDE_DATABASE_URL must be postgres://…")
			}
			report, err := app.Copy(cmd.Context(), path, cfg.Database, cfg.MasterKey, func(p transfer.Progress) {
				fmt.Fprintf(m.Stderr, "%s: %d of %d\n", p.Table, p.Rows, p.Of)
			})
			if err != nil {
				return copyFailure(err)
			}
			return m.copied(report, &cfg, asJSON)
		}),
	}
	cmd.Flags().StringVar(&from, "from", "", "the database to copy, sqlite:PATH")
	cmd.Flags().StringVar(&to, "to", "", "the empty database to fill, postgres://…; AIRSIDE_DATABASE_URL when not given")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func copyFailure(err error) error {
	if errors.Is(err, app.ErrNotEmpty) {
		return (&Failure{Exit: ExitConflict, Err: err}).hint("give it an empty database, or another schema with ?search_path=NAME")
	}
	return err
}

func (m *Main) copied(r transfer.Report, cfg *config.Config, asJSON bool) error {
	if asJSON {
		return printJSON(m.Stdout, r)
	}
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	for _, t := range r.Tables {
		fmt.Fprintf(w, "%s\t%d rows\t%s\n", t.Name, t.Rows, t.Hash)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, s := range cfg.Settings() {
		if s.Name == "AIRSIDE_DATABASE_URL" {
			fmt.Fprintf(m.Stdout, "%d tenants are in %s; %d records were opened and compared\n", r.Tenants, s.Value, r.Opened)
		}
	}
	return nil
}
