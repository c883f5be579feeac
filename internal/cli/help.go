// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

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
