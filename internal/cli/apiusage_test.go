// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// The usage of the commands below api names no other command, and flags of their parents are not theirs.
func TestUsageWithoutList(t *testing.T) {
	t.Parallel()
	run := func(*cobra.Command, []string) {}
	root := &cobra.Command{Use: "airside"}
	root.PersistentFlags().Bool("loud", false, "of all commands")
	api := &cobra.Command{Use: "api [operation]", Run: run, Example: "  airside api"}
	api.SetUsageFunc(usageWithoutList)
	api.Flags().Bool("json", false, "list as JSON")
	op := &cobra.Command{Use: "readUser", Run: run, DisableFlagsInUseLine: true}
	op.Flags().String("id", "", "of the user")
	bare := &cobra.Command{Use: "bare", Run: run}
	api.AddCommand(op, bare)
	root.AddCommand(api)
	for cmd, want := range map[*cobra.Command]string{
		api: `Usage:
  airside api [operation] [flags]

Examples:
  airside api

Flags:
      --json   list as JSON
`,
		op: `Usage:
  airside api readUser

Flags:
      --id string   of the user
`,
		bare: `Usage:
  airside api bare [flags]
`,
	} {
		if diff := cmp.Diff(want, cmd.UsageString()); diff != "" {
			t.Errorf("%s: %s", cmd.Name(), diff)
		}
	}
}
