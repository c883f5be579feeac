// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// withoutJSON are the commands that neither list nor answer, or do so in JSON only.
var withoutJSON = map[string]string{
	"airside audit export":          "writes a file",
	"airside completion bash":       "writes a script",
	"airside completion fish":       "writes a script",
	"airside completion powershell": "writes a script",
	"airside completion zsh":        "writes a script",
	"airside contract":              "has no other form",
	"airside help":                  "is text",
	"airside secrets hook install":  "does something",
	"airside vault put":             "does something",
	"airside vault seal":            "does something",
}

// TestCommands walks all commands: each shows how it is used, and those that list or answer take --json, as the page
// says.
func TestCommands(t *testing.T) {
	t.Parallel()
	var m Main
	root, err := m.root()
	if err != nil {
		t.Fatal(err)
	}
	root.InitDefaultHelpCmd()
	seen := 0
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		seen++
		path := cmd.CommandPath()
		if !strings.Contains(cmd.Example, "airside ") {
			t.Errorf("%s: no example", path)
		}
		if !cmd.HasSubCommands() && (cmd.Flag("json") == nil) != (withoutJSON[path] != "") {
			t.Errorf("%s: --json is not as the list of exceptions says", path)
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
	if seen < 80 {
		t.Errorf("only %d commands", seen)
	}
}

// TestWithoutServer runs what needs no server and compares the beginning of what it says.
func TestWithoutServer(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args      string
		exit      int
		out, errs string
	}{
		{"detect rules --json", ExitOK, "[\n  {\n    \"id\": ", ""},
		{"incident runbooks leaked-secret --json", ExitOK, "[\n  {\n    \"id\": \"leaked-secret\",", ""},
		{"incident runbooks nothing --json", ExitNotFound, "", "airside: error: there is no playbook \"nothing\"\n"},
		{"help webhook listen", ExitOK, "Listen opens an endpoint", ""},
		{"help nope", ExitUsage, "", "airside: error: unknown command \"nope\" for \"airside\"\n"},
		{"help webhook nope", ExitUsage, "", "airside: error: unknown command \"nope\" for \"airside webhook\"\n"},
		{"--version", ExitOK, "airside ", ""},
		{"__complete alerts list --state ", ExitOK, "OPEN\nACKNOWLEDGED\nRESOLVED\n:4\n", ""},
		{"completion zsh", ExitOK, "#compdef airside", ""},
	} {
		t.Run(tc.args, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			m := Main{Args: strings.Split(tc.args, " "), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
			if exit := m.Run(t.Context()); exit != tc.exit || !strings.HasPrefix(out.String(), tc.out) || !strings.HasPrefix(errs.String(), tc.errs) {
				t.Errorf("exit %d, want %d: %.200s%s", exit, tc.exit, out.String(), errs.String())
			}
		})
	}
}

// TestValuesOfFlags finds every flag of the table and its values.
func TestValuesOfFlags(t *testing.T) {
	t.Parallel()
	var m Main
	root, err := m.root()
	if err != nil {
		t.Fatal(err)
	}
	c, err := m.contract()
	if err != nil {
		t.Fatal(err)
	}
	for path, flags := range valued {
		cmd, rest, err := root.Find(strings.Fields(path))
		if err != nil || len(rest) > 0 {
			t.Errorf("there is no command %s", path)
			continue
		}
		for flag, from := range flags {
			if cmd.Flag(flag) == nil {
				t.Errorf("%s has no --%s", path, flag)
			}
			if len(listed(c, from)) < 2 {
				t.Errorf("%s --%s has no values in %s", path, flag, from)
			}
		}
	}
}
