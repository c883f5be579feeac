// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/internal/config"
)

// Build is what `airside version --json` prints.
type Build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// build reads what the toolchain wrote into the program.
func build() Build {
	b := Build{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Revision = s.Value
		}
	}
	return b
}

// String is what a person reads of it.
func (b Build) String() string {
	return fmt.Sprintf("airside %s (%s, %s)", b.Version, b.Go, b.Platform)
}

func (m *Main) versionCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version of the program", Example: "  airside version --json",
		Args: cobra.NoArgs,
		RunE: runs(func(*cobra.Command, []string) error {
			b := build()
			if asJSON {
				return printJSON(m.Stdout, b)
			}
			fmt.Fprintln(m.Stdout, b)
			return nil
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (m *Main) configCmd() *cobra.Command {
	var asJSON, markdown bool
	cmd := &cobra.Command{
		Use: "config", Short: "Print every setting with its present value",
		Long: "Config prints every setting: its variable, its present value, what it is for. Secrets are\n" +
			"masked. Settings come from the environment only; a variable that begins with AIRSIDE_ and is\n" +
			"not in this list is an error, because it is a spelling mistake; the list is printed all the same.",
		Example: "  AIRSIDE_LISTEN=:8443 airside config\n  airside config --markdown > docs/configuration.md",
		Args:    cobra.NoArgs,
		RunE: runs(func(*cobra.Command, []string) error {
			if markdown { // the reference itself: the same wherever it is printed
				cfg, err := config.Load(nil)
				if err != nil {
					return err
				}
				if err := m.configMarkdown(cfg.Settings()); err != nil {
					return err
				}
				fmt.Fprint(m.Stdout, "\nEach name in `AIRSIDE_ENVIRONMENTS` has variables of its own, with the name in capitals:\n\n")
				return m.configMarkdown(config.EnvironmentSettings())
			}
			// Whoever has a setting wrong needs the list most: it comes with what is wrong behind it.
			cfg, wrong := config.Load(m.Environ)
			print := m.configTable
			list := append(cfg.Settings(), config.EnvironmentSettings()...)
			if asJSON {
				print = func(list []config.Setting) error { return printJSON(m.Stdout, list) }
				list = cfg.Settings()
			}
			if err := print(list); err != nil || wrong == nil {
				return err
			}
			return &Failure{Exit: ExitUsage, Err: wrong}
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print the reference with defaults as a Markdown table")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

func (m *Main) configTable(settings []config.Setting) error {
	w := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	for _, s := range settings {
		mark, value := " ", s.Value
		if s.Set {
			mark = "*"
		}
		if value == "" {
			value = "-"
		}
		fmt.Fprintf(w, "%s %s\t%s\t%s\n", mark, s.Name, value, s.Help)
	}
	fmt.Fprintln(w, "\n* differs from the default")
	return w.Flush()
}

func (m *Main) configMarkdown(settings []config.Setting) error {
	cell := func(s string) string {
		if s == "" {
			return ""
		}
		return "`" + s + "`"
	}
	fmt.Fprintln(m.Stdout, "| variable | default | what it is |\n|---|---|---|")
	for _, s := range settings {
		fmt.Fprintf(m.Stdout, "| `%s` | %s | %s |\n", s.Name, cell(s.Default), strings.ReplaceAll(s.Help, "|", `\|`))
	}
	return nil
}
