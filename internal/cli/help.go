// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airside-travel/airside/contract"
)

// valued are the flags that take one of a few values, by command: where the contract lists them, as OPERATION and the
// parameter or the member of the body, or the values themselves.
//
//nolint:gochecknoglobals // constant table
var valued = map[string]map[string]string{
	"alerts list":            {"state": "listAlerts state", "min-severity": "listAlerts minSeverity"},
	"app create":             {"role": "createApplication role"},
	"audit list":             {"class": "listAuditEntries auditClass", "outcome": "listAuditEntries outcome"},
	"inbox list":             {"result": "listInboxReceipts result"},
	"incident list":          {"state": "listIncidents state"},
	"incident open":          {"severity": "openIncident severity"},
	"incident report":        {"format": "=markdown pdf"},
	"incident task":          {"state": "updateIncidentTask state"},
	"incident update":        {"severity": "updateIncident severity", "state": "updateIncident state"},
	"webhook deliveries":     {"state": "listDeliveries state"},
	"webhook listen":         {"subscribe": "replayDeliveries eventTypes"},
	"webhook replay":         {"only": "replayDeliveries only"},
	"access review evidence": {"format": "=json markdown"},
}

// completeValues lets the shell offer them. The contract is read only when it asks.
func (m *Main) completeValues(root *cobra.Command) {
	for path, flags := range valued {
		cmd, _, err := root.Find(strings.Fields(path))
		if err != nil {
			continue // a test finds all of them
		}
		for flag, from := range flags {
			// Registering fails for a flag that there is not, which the test finds, too.
			_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
				c, err := m.contract()
				if err != nil {
					return nil, cobra.ShellCompDirectiveError
				}
				return listed(c, from), cobra.ShellCompDirectiveNoFileComp
			})
		}
	}
}

// listed are the values of a flag.
func listed(c *contract.Contract, from string) []string {
	if values, ok := strings.CutPrefix(from, "="); ok {
		return strings.Fields(values)
	}
	id, name, _ := strings.Cut(from, " ")
	op := c.Operation(id)
	if op == nil {
		return nil
	}
	for _, p := range op.Params {
		if p.Name == name {
			return values(p.Schema)
		}
	}
	if op.Body == nil {
		return nil
	}
	for _, p := range op.Body.Content["application/json"].Target().Properties {
		if p.Name == name {
			return values(p.Schema)
		}
	}
	return nil
}

func values(s *contract.Schema) []string {
	s = s.Target()
	if s.Items != nil {
		s = s.Items.Target()
	}
	return s.Enum
}

// completions adds the commands that write completions, which cobra makes without examples.
func completions(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	usual := map[string]string{
		"completion": "  airside completion bash > /etc/bash_completion.d/airside",
		"bash":       "  source <(airside completion bash)\n  airside completion bash > /etc/bash_completion.d/airside",
		"fish":       "  airside completion fish > ~/.config/fish/completions/airside.fish",
		"powershell": "  airside completion powershell | Out-String | Invoke-Expression",
		"zsh":        "  airside completion zsh > \"${fpath[1]}/_airside\"",
	}
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		cmd.Example = usual[cmd.Name()]
		for _, shell := range cmd.Commands() {
			shell.Example = usual[shell.Name()]
		}
	}
}

// helpCmd is cobra's, for which a command that there is not is no error.
func helpCmd() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND...]", Short: "Help about any command", Example: "  airside help webhook listen",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, start string) ([]string, cobra.ShellCompDirective) {
			of, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, c := range of.Commands() {
				if c.IsAvailableCommand() {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			of, rest, err := cmd.Root().Find(args)
			if err == nil && len(rest) > 0 {
				err = fmt.Errorf("unknown command %q for %q", rest[0], of.CommandPath())
			}
			if err != nil {
				return err
			}
			return of.Help()
		},
	}
}
