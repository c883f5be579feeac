// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/secretscan"
)

func (m *Main) secretsCmd() *cobra.Command {
	cmd := group(&cobra.Command{
		Use: "secrets", Short: "Keep credentials out of source",
		Long: "A credential that was committed is used up: rotate it first (see the runbook leaked-secret), then think about\n" +
			"history. The hook is advice to whoever commits; `airside secrets scan --history` in CI is the control.",
		Example: "  airside secrets scan\n  airside secrets hook install",
	})
	hook := group(&cobra.Command{Use: "hook", Short: "Check what is staged before each commit", Example: "  airside secrets hook install"})
	hook.AddCommand(m.hookInstallCmd())
	cmd.AddCommand(m.secretsScanCmd(), hook)
	return cmd
}

func (m *Main) secretsScanCmd() *cobra.Command {
	var staged, history, asJSON, rules bool
	var file string
	cmd := &cobra.Command{
		Use: "scan [PATH]", Short: "Find credentials in files, in what is staged, or in the whole history",
		Long: "Scan looks for our own secrets (by their checksum), those of the real API, and keys of vaults, clouds and\n" +
			"brokers, also in base64, hexadecimal, UTF-16 and escapes. In a git repository it looks at what git has or would\n" +
			"add. Secrets are never printed whole.\n\n" +
			"A line with \"gitleaks:allow\" and a reason behind it is let through; where no comment is possible, the fingerprint\n" +
			"in .gitleaksignore, below a line of comment with the reason. The rules are in the format of gitleaks.\n\n" +
			"The exit code is 1 when something is found and 0 when nothing is. What could not be looked at is neither: 3 when\n" +
			"PATH or the file of rules does not exist, 6 when reading fails or git has no repository there.",
		Example: "  airside secrets scan\n  airside secrets scan --staged\n  airside secrets scan --history --json | jq '.findings[] | .fingerprint'\n" +
			"  airside secrets scan --print-rules > .gitleaks.toml",
		Args: cobra.MaximumNArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			path := "."
			if len(args) > 0 {
				path = args[0]
			}
			if rules {
				fmt.Fprint(m.Stdout, secretscan.Rules())
				return nil
			}
			var text []byte
			if file != "" {
				var err error
				if text, err = os.ReadFile(file); err != nil {
					return unread(err)
				}
			}
			s, err := secretscan.New(string(text))
			if err != nil {
				return &Failure{Exit: ExitUsage, Err: err}
			}
			look := s.Path
			switch {
			case staged && history:
				return failf(ExitUsage, "--staged and --history exclude each other")
			case staged:
				look = s.Staged
			case history:
				look = s.History
			}
			return m.scanned(cmd.Context(), look, path, asJSON)
		}),
	}
	cmd.Flags().BoolVar(&staged, "staged", false, "only the lines that the next commit would add")
	cmd.Flags().BoolVar(&history, "history", false, "every line that any commit added")
	cmd.Flags().StringVar(&file, "rules", "", "file with rules in gitleaks' format, instead of ours")
	cmd.Flags().BoolVar(&rules, "print-rules", false, "print our rules")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (m *Main) scanned(ctx context.Context, look func(context.Context, string) (*secretscan.Report, error), path string, asJSON bool) error {
	r, err := look(ctx, path)
	if err != nil {
		return unread(err)
	}
	if asJSON {
		if err := printJSON(m.Stdout, r); err != nil {
			return err
		}
	} else {
		for i := range r.Findings {
			f := &r.Findings[i]
			line := fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Description, f.Secret)
			if f.Encoding != "" {
				line += ", in " + f.Encoding
			}
			if f.Commit != "" {
				line += ", added by " + f.Commit[:min(12, len(f.Commit))]
			}
			if f.Marker != "" {
				line += "; " + f.Marker
			}
			fmt.Fprintln(m.Stdout, line)
		}
	}
	for _, name := range r.Skipped {
		fmt.Fprintf(m.Stderr, "not looked at, too large: %s\n", name)
	}
	if n := len(r.Findings); n > 0 {
		return failf(ExitFailure, "found %d of what looks like a secret", n).
			hint("a real one that was pushed is used up: rotate it first").
			hint("one that is none gets \"gitleaks:allow\" and a reason in its line")
	}
	if !asJSON {
		fmt.Fprintf(m.Stderr, "no secret in %d texts, %d bytes\n", r.Texts, r.Bytes)
	}
	return nil
}

// unread is why nothing was looked at. It is no finding, so it has other exit codes.
func unread(err error) *Failure {
	f := &Failure{Exit: ExitUnavailable, Err: err}
	if errors.Is(err, fs.ErrNotExist) {
		f.Exit = ExitNotFound
	}
	return f.hint("nothing was looked at: this says neither that there is a secret nor that there is none")
}

func (m *Main) hookInstallCmd() *cobra.Command {
	return &cobra.Command{
		Use: "install [DIR]", Short: "Put the check of what is staged into the pre-commit hook",
		Long: "A hook that is there keeps its lines and runs after the check. Installing again changes nothing.\n" +
			"core.hooksPath is followed.",
		Example: "  airside secrets hook install", Args: cobra.MaximumNArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			exe, err := os.Executable()
			if err != nil {
				return err
			}
			state, err := secretscan.InstallHook(cmd.Context(), dir, exe)
			if err != nil {
				return err
			}
			verb := "is in place"
			if state.Changed {
				verb = "was installed"
			}
			fmt.Fprintf(m.Stdout, "the check %s: %s\n", verb, state.Path)
			return nil
		}),
	}
}
