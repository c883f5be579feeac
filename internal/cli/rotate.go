// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/upstream"
)

// Upstreams opens what the configured environments need; done closes it.
type Upstreams func(ctx context.Context, cfg config.Config) (list []upstream.Options, done func() error, err error)

func (m *Main) rotateCmd() *cobra.Command {
	var q upstream.Request
	var strategy string
	var status, resume, incident, loopback, asJSON bool
	cmd := &cobra.Command{
		Use: "rotate [ENVIRONMENT]", Short: "Replace the client secret of an upstream environment, or show how old it is",
		Long: "Rotate replaces the secret with which an environment reaches its upstream: it proves that the vault can be\n" +
			"written, gets a new secret, keeps it sealed on disk, writes it into the vault, proves it with a token and\n" +
			"makes it current. Requests through running nodes do not fail meanwhile. A rotation that was interrupted\n" +
			"anywhere is taken up where it was left, by this command or by any running node.\n\n" +
			"In place holds requests for a moment and needs the credential of a second API user. Turns makes a new\n" +
			"API user and revokes the old one; it needs a free place and a configured role. Without an environment\n" +
			"the only one is meant; with --status, all of them.\n\n" +
			"With --loopback an environment may be at http:// on this machine, so that a rotation can be tried against a\n" +
			"second Airside (docs/gateway.md). Addresses of other machines stay https.",
		Example: "  airside rotate --status\n  airside rotate production\n  airside rotate production --incident\n  airside rotate rehearsal --loopback",
		Args:    cobra.MaximumNArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			if q.Strategy = upstream.Strategy(strategy); incident {
				q.Reason = upstream.Incident
			}
			q.By = "operator" // whoever may read the database
			return m.withUpstreams(cmd.Context(), args, status, loopback, func(list []*upstream.Client) error {
				switch {
				case status:
					return m.rotationStatus(cmd.Context(), list, asJSON)
				case resume:
					rep, err := list[0].Resume(cmd.Context())
					return m.rotated(rep, err, asJSON)
				default:
					rep, err := list[0].Rotate(cmd.Context(), q)
					return m.rotated(rep, err, asJSON)
				}
			})
		}),
	}
	f := cmd.Flags()
	f.BoolVar(&status, "status", false, "show age, next rotation and the last one; change nothing")
	f.BoolVar(&resume, "resume", false, "finish an interrupted rotation; begin none")
	f.StringVar(&strategy, "strategy", "", "automatic, in-place or turns; the environment's own when empty")
	f.BoolVar(&incident, "incident", false, "the secret has leaked: do not wait for running requests, they are repeated")
	f.BoolVar(&q.SelfOnly, "self-only", false, "let a lone credential rotate itself in place; a lost answer then locks the environment out")
	f.BoolVar(&loopback, "loopback", false, "take an environment at http:// on this machine, for a try")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("status", "resume", "incident")
	return cmd
}

// withUpstreams opens the environments that are meant: the one that is named, or the only one, or all. With loopback
// plain http to this machine is taken, as in dev.
func (m *Main) withUpstreams(ctx context.Context, args []string, all, loopback bool, use func([]*upstream.Client) error) (err error) {
	cfg, err := m.config()
	if err != nil {
		return err
	}
	cfg.Dev = loopback
	configured, done, err := m.Upstreams(ctx, cfg)
	if err != nil {
		return startFailure(err)
	}
	defer func() { err = errors.Join(err, done()) }()
	var names []string
	var list []*upstream.Client
	for _, o := range configured {
		names = append(names, o.Environment.Name)
		if len(args) == 1 && args[0] != o.Environment.Name {
			continue
		}
		c, err := upstream.New(ctx, o)
		if err != nil {
			return &Failure{Exit: ExitUsage, Err: err}
		}
		defer func() { err = errors.Join(err, c.Stop(context.WithoutCancel(ctx))) }()
		list = append(list, c)
	}
	switch {
	case len(names) == 0:
		return failf(ExitNotFound, "no environment is configured")
	case len(list) == 0:
		return failf(ExitNotFound, "there is no environment %q; there are %s", args[0], strings.Join(names, ", "))
	case len(list) > 1 && !all:
		return failf(ExitUsage, "name one environment: %s", strings.Join(names, ", "))
	}
	return use(list)
}

func (m *Main) rotated(rep upstream.Report, err error, asJSON bool) error {
	if asJSON && rep.Rotation != "" {
		if err := printJSON(m.Stdout, rep); err != nil {
			return err
		}
	}
	if err != nil {
		return rotationFailure(err)
	}
	if asJSON {
		return nil
	}
	switch {
	case rep.Rotation == "":
		fmt.Fprintln(m.Stdout, "there is nothing to resume")
	case rep.Resumed:
		fmt.Fprintf(m.Stdout, "rotated %s (the rotation that was interrupted); in use: %s\n", strategyText(rep.Strategy), rep.ClientID)
	default:
		fmt.Fprintf(m.Stdout, "rotated %s; in use: %s\n", strategyText(rep.Strategy), rep.ClientID)
	}
	for _, id := range rep.Orphans {
		fmt.Fprintf(m.Stderr, "API user %s appeared while an answer was lost; nobody has its secret: revoke it if it is not yours\n", id)
	}
	return nil
}

func strategyText(s upstream.Strategy) string {
	if s == upstream.Turns {
		return "by turns"
	}
	return "in place"
}

// rotationFailure gives each kind of error its exit code.
func rotationFailure(err error) error {
	f := &Failure{Exit: ExitFailure, Err: err}
	switch {
	case errors.Is(err, upstream.ErrBusy):
		f.Exit = ExitConflict
	case errors.Is(err, upstream.ErrCredential), errors.Is(err, upstream.ErrRisk):
		f.Exit = ExitDenied
	case errors.Is(err, upstream.ErrUnavailable), errors.Is(err, upstream.ErrThrottled), errors.Is(err, upstream.ErrStopped):
		f.Exit = ExitUnavailable
		f.hint("nothing is lost: `airside rotate --status` shows how far it came, and running it again goes on from there")
	case errors.Is(err, upstream.ErrInvalid):
		f.Exit = ExitUsage
	}
	if e, ok := errors.AsType[*upstream.Error](err); ok && e.Hint != "" {
		f.hint("%s", e.Hint)
	}
	return f
}

func (m *Main) rotationStatus(ctx context.Context, list []*upstream.Client, asJSON bool) error {
	var all []upstream.Status
	for _, c := range list {
		all = append(all, c.Status(ctx))
	}
	slices.SortFunc(all, func(a, b upstream.Status) int { return strings.Compare(a.Environment, b.Environment) })
	if asJSON {
		return printJSON(m.Stdout, all)
	}
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ENVIRONMENT\tAGE\tNEXT\tLAST ROTATION\tSECRET")
	for _, s := range all {
		age, next, last := "-", "-", "-"
		if !s.Age.Since.IsZero() {
			age = ageText(clock.System().Now().Sub(s.Age.Since))
		}
		if !s.Age.Due.IsZero() {
			next = s.Age.Due.Format(time.DateOnly)
		}
		if r := s.Rotation; r != nil {
			last = r.Step + " " + r.Updated.Format(time.DateOnly)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.Environment, age, next, last, s.Secret)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, s := range all {
		if r := s.Rotation; r != nil && r.Trouble != "" {
			fmt.Fprintf(m.Stderr, "%s: %s\n", s.Environment, r.Trouble)
		}
		if s.Problem != "" {
			fmt.Fprintf(m.Stderr, "%s: %s\n", s.Environment, s.Problem)
		}
		for _, text := range s.Warnings {
			fmt.Fprintf(m.Stderr, "%s: %s\n", s.Environment, text)
		}
	}
	return nil
}
