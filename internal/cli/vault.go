// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/airside-travel/airside/internal/app"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/config"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
)

// maxInput bounds what is read as secrets, in bytes.
const maxInput = 256 << 10

func (m *Main) vaultCmd() *cobra.Command {
	cmd := group(&cobra.Command{
		Use: "vault", Short: "Put secrets into vaults and check them; no command prints one",
		Example: "  airside vault get vault://secret/prod/spotnana#clientSecret --check\n  airside vault put file:secrets.age#clientSecret",
		Long: "Secrets are named by reference, in settings and here:\n\n" +
			"  vault://mount/path#field   HashiCorp Vault or OpenBao, KV version 2\n" +
			"  aws-sm://name#field        AWS Secrets Manager\n" +
			"  file:path#field            a file sealed with age\n" +
			"  env:NAME                   a variable of the environment, read only\n\n" +
			"`airside config` lists the settings that say how to reach them.",
	})
	cmd.AddCommand(m.vaultGetCmd(), m.vaultPutCmd(), m.vaultSealCmd())
	return cmd
}

func (m *Main) vaultGetCmd() *cobra.Command {
	var check, asJSON bool
	cmd := &cobra.Command{
		Use: "get REF --check", Short: "Check that a secret can be read; print its versions, never its value",
		Example: "  airside vault get vault://secret/prod/spotnana#clientSecret --check",
		Args:    cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			if !check {
				return failf(ExitUsage, "a secret is not printed; --check reads it and prints its versions")
			}
			ref, v, err := m.vault(args[0])
			if err != nil {
				return err
			}
			if _, err := v.Get(cmd.Context(), ref, vault.Current); err != nil {
				return vaultFailure(err)
			}
			list, err := v.Versions(cmd.Context(), ref)
			if err != nil {
				return vaultFailure(err)
			}
			if asJSON {
				return printJSON(m.Stdout, list)
			}
			return m.versions(list)
		}),
	}
	cmd.Flags().BoolVar(&check, "check", false, "read the secret and say what is there")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (m *Main) versions(list []vault.Version) error {
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "VERSION\tSTAGE\tAGE\tCREATED")
	for _, v := range list {
		var stages []string
		for _, s := range v.Stages {
			stages = append(stages, string(s))
		}
		age, created := "-", "-"
		if !v.Created.IsZero() {
			age, created = ageText(clock.System().Now().Sub(v.Created)), v.Created.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", v.ID, orDash(strings.Join(stages, ",")), age, created)
	}
	return w.Flush()
}

// ageText is an age in its largest unit.
func ageText(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	default:
		return fmt.Sprintf("%d seconds", max(0, int(d.Seconds())))
	}
}

func (m *Main) vaultPutCmd() *cobra.Command {
	return &cobra.Command{
		Use: "put REF [-]", Short: "Store a secret, read from standard input, as the current version",
		Long: "Put reads the value from standard input, with or without the hyphen; on a terminal it asks for it and does not show\n" +
			"what is typed. One line end after the value is cut off. What was current becomes previous.",
		Example: "  airside vault put file:secrets.age#clientSecret\n  pass show spotnana | airside vault put vault://secret/prod/spotnana#clientSecret -",
		Args:    cobra.RangeArgs(1, 2),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 && args[1] != "-" {
				return failf(ExitUsage, "a secret is not given as an argument, where others can see it").hint("airside vault put REF - reads it from standard input")
			}
			ref, v, err := m.vault(args[0])
			if err != nil {
				return err
			}
			text, err := m.readSecret("Value of " + ref.String() + ": ")
			if err != nil {
				return err
			}
			value := vault.NewSecret(text)
			defer value.Zero()
			token := ids.UUID()
			if err := v.PutPending(cmd.Context(), ref, value, token); err != nil {
				return vaultFailure(err)
			}
			if err := v.Promote(cmd.Context(), ref, token); err != nil {
				return vaultFailure(err)
			}
			fmt.Fprintln(m.Stdout, token)
			return nil
		}),
	}
}

func (m *Main) vaultSealCmd() *cobra.Command {
	var file string
	var newKey bool
	cmd := &cobra.Command{
		Use: "seal --file FILE", Short: "Make a file of secrets sealed with age, from standard input",
		Long: "Seal reads secrets from standard input, one NAME=VALUE a line or one JSON object of strings, and writes\n" +
			"them to a new file, encrypted to the key file (AIRSIDE_SEAL_KEY_FILE) or with the passphrase\n" +
			"(AIRSIDE_SEAL_PASSPHRASE_FILE). `airside vault put file:FILE#NAME` changes it later.",
		Example: "  export AIRSIDE_SEAL_KEY_FILE=/etc/airside/seal.key\n  airside vault seal --file secrets.age --new-key < secrets.env",
		Args:    cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			cfg, err := m.config()
			if err != nil {
				return err
			}
			if newKey {
				if cfg.SealKey == "" {
					return failf(ExitUsage, "--new-key needs AIRSIDE_SEAL_KEY_FILE, the file to make")
				}
				if err := vault.NewKeyFile(cfg.SealKey); err != nil {
					return vaultFailure(err)
				}
			}
			key, err := vault.Seal(m.vaultSettings(cfg))
			if err != nil {
				return vaultFailure(err)
			}
			text, err := m.readSecret("Secrets, as one JSON object on one line: ")
			if err != nil {
				return err
			}
			defer clear(text)
			fields, err := readFields(text)
			if err != nil {
				return err
			}
			if err := vault.NewSealed(key, clock.System()).Create(cmd.Context(), file, fields); err != nil {
				return vaultFailure(err)
			}
			fmt.Fprintf(m.Stdout, "%s: %d secrets sealed\n", file, len(fields))
			return nil
		}),
	}
	cmd.Flags().StringVar(&file, "file", "", "file to make")
	cmd.Flags().BoolVar(&newKey, "new-key", false, "also make the key file")
	if err := cmd.MarkFlagRequired("file"); err != nil {
		panic(err) // the flag is two lines up
	}
	return cmd
}

// readFields reads NAME=VALUE lines or a JSON object. Its errors name lines, never their content.
func readFields(text []byte) (map[string]string, error) {
	text = bytes.TrimSpace(text)
	fields := map[string]string{}
	if bytes.HasPrefix(text, []byte("{")) {
		if json.Unmarshal(text, &fields) != nil {
			return nil, failf(ExitUsage, "standard input is not one JSON object of strings")
		}
		return fields, nil
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if _, twice := fields[name]; !ok || name == "" || value == "" || twice {
			return nil, failf(ExitUsage, "line %d of standard input is not NAME=VALUE, or names a secret again", n)
		}
		fields[name] = value
	}
	return fields, nil
}

// readSecret reads standard input; a terminal is asked, without echo.
func (m *Main) readSecret(prompt string) ([]byte, error) {
	if f, ok := m.Stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(m.Stderr, prompt)
		text, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(m.Stderr)
		if err != nil {
			return nil, failf(ExitFailure, "the terminal cannot be read")
		}
		return text, nil
	}
	text, err := io.ReadAll(io.LimitReader(m.Stdin, maxInput+1))
	if err != nil || len(text) > maxInput {
		return nil, failf(ExitUsage, "standard input cannot be read, or has more than %d bytes", maxInput)
	}
	text = bytes.TrimSuffix(text, []byte("\n"))
	return bytes.TrimSuffix(text, []byte("\r")), nil
}

// vault reads a reference and opens the vaults of the configuration.
func (m *Main) vault(text string) (vault.Ref, *vault.Vaults, error) {
	ref, err := vault.ParseRef(text)
	if err != nil {
		return ref, nil, vaultFailure(err)
	}
	cfg, err := m.config()
	if err != nil {
		return ref, nil, err
	}
	v, err := vault.Open(m.vaultSettings(cfg))
	if err != nil {
		return ref, nil, vaultFailure(err)
	}
	return ref, v, nil
}

func (m *Main) vaultSettings(cfg config.Config) vault.Settings {
	return app.VaultSettings(cfg, m.Environ, clock.System())
}

// vaultFailure gives each kind of error its exit code.
func vaultFailure(err error) error {
	f := &Failure{Exit: ExitFailure, Err: err}
	switch {
	case errors.Is(err, vault.ErrNotFound):
		f.Exit = ExitNotFound
	case errors.Is(err, vault.ErrDenied):
		f.Exit = ExitDenied
	case errors.Is(err, vault.ErrConflict):
		f.Exit = ExitConflict
	case errors.Is(err, vault.ErrUnavailable):
		f.Exit = ExitUnavailable
	case errors.Is(err, vault.ErrLiteral), errors.Is(err, vault.ErrInvalid), errors.Is(err, vault.ErrReadOnly):
		f.Exit = ExitUsage
		f.hint("`airside vault --help` shows how references are written, `airside config` how vaults are reached")
	}
	return f
}
