// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/logsink"
	"github.com/airside-travel/airside/internal/relay"
	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

// ready is the one line that --json prints when a server takes requests; only dev has a demo to name.
type ready struct {
	BaseURL      string            `json:"baseUrl"`
	Environments map[string]string `json:"environments,omitempty"` // those with a listener of their own, and where it is
	*app.Demo
}

func (m *Main) serveCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve the platform on a database that stays",
		Long: "Serve runs the platform as the environment says (see `airside config`). It makes no data: create\n" +
			"a TMC with `airside tmc create` first. Requests are logged to standard error. The first SIGINT or\n" +
			"SIGTERM lets running requests finish, the second ends the process at once.",
		Example: "  AIRSIDE_DATABASE_URL=sqlite:/var/lib/airside/airside.db AIRSIDE_LISTEN=:8080 airside serve",
		Args:    cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			cfg, err := m.config()
			if err != nil {
				return err
			}
			return m.serve(cmd.Context(), cfg, asJSON)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON when ready")
	return cmd
}

func (m *Main) devCmd() *cobra.Command {
	var data, listen string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "dev", Short: "Serve a seeded platform for building against",
		Long: "Dev serves the whole platform from this process, seeded with a demo TMC, company, traveler and\n" +
			"credential. Data lives in memory unless --data names a directory or AIRSIDE_DATABASE_URL a PostgreSQL\n" +
			"server. Webhooks may go to loopback addresses, and every answer is held to the contract. Stop it with\n" +
			"Ctrl-C.",
		Example: "  airside dev\n  airside dev --listen 127.0.0.1:0 --json\n  airside dev --data ./airside-data",
		Args:    cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			cfg, err := m.config()
			if err != nil {
				return err
			}
			cfg.Dev, cfg.LogFormat = true, "text"
			if !cfg.OnPostgres() {
				cfg.Database = "memory:"
			}
			if data != "" {
				if err := os.MkdirAll(data, 0o700); err != nil {
					return fmt.Errorf("make the data directory: %w", err)
				}
				cfg.Database = "sqlite:" + filepath.Join(data, "airside.db")
			}
			if listen != "" {
				cfg.Listen = listen
			}
			return m.serve(cmd.Context(), cfg, asJSON)
		}),
	}
	cmd.Flags().StringVar(&data, "data", "", "keep data in this directory instead of in memory")
	cmd.Flags().StringVar(&listen, "listen", "", "address to serve on (default AIRSIDE_LISTEN); port 0 picks a free one")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON when ready")
	return cmd
}

func (m *Main) welcome(r ready) {
	fmt.Fprintf(m.Stdout, "Airside serves %s\n\n", r.BaseURL)
	fmt.Fprintf(m.Stdout, "  TMC           %s\n  company       %s\n  legal entity  %s\n  traveler      %s\n\n",
		r.TMCID, r.CompanyID, r.LegalEntityID, r.UserID)
	if r.ClientSecret == "" {
		fmt.Fprintf(m.Stdout, "The data were there already. The client is %s; its secret was\nshown when it was made and is not in %s any more.\n", r.ClientID, credentialFile)
		return
	}
	fmt.Fprintf(m.Stdout, "In another terminal:\n\n"+
		"  export AIRSIDE_URL=%s\n  export AIRSIDE_CLIENT_ID=%s\n  export AIRSIDE_CLIENT_SECRET=%s\n\n",
		r.BaseURL, r.ClientID, r.ClientSecret)
	fmt.Fprintf(m.Stdout, "  airside api readCompany --companyId %s\n  airside api --help\n\nCtrl-C stops.\n", r.CompanyID)
}

// serve runs the platform until ctx ends. In dev it seeds the demo before it takes requests.
func (m *Main) serve(ctx context.Context, cfg config.Config, asJSON bool) (err error) {
	a, err := m.open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() {
		// ctx has ended by now; closing bounds itself with AIRSIDE_SHUTDOWN_TIMEOUT.
		err = errors.Join(err, a.Close(context.WithoutCancel(ctx)))
	}()
	var r ready
	if cfg.Dev {
		d, err := a.SeedDemo(ctx)
		if err != nil {
			return fmt.Errorf("make the demo data: %w", err)
		}
		if dir, ok := strings.CutPrefix(cfg.Database, "sqlite:"); ok {
			if err := remember(filepath.Dir(dir), &d); err != nil {
				return err
			}
		}
		r.Demo = &d
	}
	if _, err := a.Start(ctx); err != nil {
		return startFailure(err)
	}
	r.BaseURL = a.BaseURL()
	for i := range cfg.Upstreams {
		if name := cfg.Upstreams[i].Name; a.Address(name) != "" {
			if r.Environments == nil {
				r.Environments = map[string]string{}
			}
			r.Environments[name] = "http://" + a.Address(name)
		}
	}
	switch {
	case asJSON:
		err = printLine(m.Stdout, r)
	case cfg.Dev:
		m.welcome(r)
	default:
		fmt.Fprintf(m.Stdout, "Airside serves %s\n", r.BaseURL)
	}
	if !asJSON {
		for _, name := range slices.Sorted(maps.Keys(r.Environments)) {
			fmt.Fprintf(m.Stdout, "Credentials of %s alone: %s\n", name, r.Environments[name])
		}
	}
	if err != nil {
		return err
	}
	trim()
	<-ctx.Done()
	return nil
}

func (m *Main) open(ctx context.Context, cfg config.Config) (*app.App, error) {
	relays, err := m.relays(cfg)
	if err != nil {
		return nil, startFailure(err)
	}
	format := cfg.LogFormat
	if format == "text" && (cfg.Dev || terminal(m.Stderr)) {
		format = logsink.Terse
	}
	a, err := app.New(ctx, cfg, app.Options{Log: m.logger(cfg), LogFormat: format, Stdout: m.Stdout, Stderr: m.Stderr, Version: build().Version, Environ: m.Environ, Relays: relays})
	if err != nil {
		return nil, startFailure(err)
	}
	return a, nil
}

// relays opens the brokers of the configuration; nil when it names none. Their secrets are asked of the
// vaults when they are first needed.
func (m *Main) relays(cfg config.Config) (*relay.Relays, error) {
	if cfg.Brokers == "" {
		return nil, nil //nolint:nilnil // no brokers are no error
	}
	v, err := vault.Open(m.vaultSettings(cfg))
	if err != nil {
		return nil, err
	}
	return relay.Open(cfg.Brokers, v)
}

func startFailure(err error) error {
	f := &Failure{Exit: ExitFailure, Err: err}
	switch {
	case errors.Is(err, upstream.ErrInvalid) && strings.Contains(err.Error(), "plain http"):
		f.hint("serve and the commands that open its database send a credential over https only; docs/gateway.md shows how to try an edge in front of a second Airside").
			hint("a command that needs no real API, such as tmc create or audit export --local, runs with AIRSIDE_ENVIRONMENTS and every AIRSIDE_ENV_… unset")
	case strings.Contains(err.Error(), "address already in use"):
		f.Exit = ExitUnavailable
		f.hint("another process listens there; choose another address, or port 0 for a free one")
	case strings.Contains(err.Error(), "lock"):
		f.Exit = ExitUnavailable
		f.hint("a database belongs to one process at a time: stop the other one, or name another database")
	}
	return f
}

func (m *Main) logger(cfg config.Config) *slog.Logger {
	var level slog.Level
	if level.UnmarshalText([]byte(cfg.LogLevel)) != nil {
		level = slog.LevelInfo // config has checked the name
	}
	o := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(m.Stderr, o))
	}
	return slog.New(slog.NewJSONHandler(m.Stderr, o))
}

func (m *Main) tmcCmd() *cobra.Command {
	cmd := group(&cobra.Command{
		Use: "tmc", Short: "Manage the TMCs of the configured database",
		Long:    "A TMC is a tenant: the travel management company whose companies and travelers share one database.",
		Example: "  airside tmc create --name 'Harbour Travel'",
	})
	var name string
	var asJSON bool
	create := &cobra.Command{
		Use: "create", Short: "Make a TMC and its first API user",
		Long: "Create makes a TMC and an API user with the role TMC_ADMIN in the database that the environment\n" +
			"names. The secret is printed once and kept only as a hash. Stop a server that uses a SQLite\n" +
			"database first; on PostgreSQL servers may run.",
		Example: "  airside tmc create --name 'Harbour Travel'\n  airside tmc create --name 'Harbour Travel' --json | jq -r .clientSecret",
		Args:    cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) (err error) {
			if strings.TrimSpace(name) == "" {
				return failf(ExitUsage, "a TMC needs a name").hint("airside tmc create --name 'Harbour Travel'")
			}
			cfg, err := m.config()
			if err != nil {
				return err
			}
			a, err := m.open(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, a.Close(cmd.Context())) }()
			t, err := a.CreateTMC(cmd.Context(), name)
			if err != nil {
				return err
			}
			if asJSON {
				return printLine(m.Stdout, t)
			}
			fmt.Fprintf(m.Stdout, "tmc            %s\nclient id      %s\nclient secret  %s\n", t.ID, t.ClientID, t.ClientSecret)
			fmt.Fprintln(m.Stderr, "The secret is shown only now.")
			return nil
		}),
	}
	create.Flags().StringVar(&name, "name", "", "name of the TMC")
	create.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(create)
	return cmd
}
