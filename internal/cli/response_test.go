// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"strings"
	"testing"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/incident"
)

// What a runbook tells people to type exists, with the flags it names.
func TestCommandsOfRunbooks(t *testing.T) {
	t.Parallel()
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	plans, err := incident.Playbooks()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range plans {
		for _, s := range p.Tasks {
			if s.Command == "" {
				continue
			}
			n++
			words := strings.Fields(s.Command)[1:]
			path := words[:1]
			if len(words) > 1 && words[0] != "doctor" {
				path = words[:2]
			}
			help := run(t, c, nil, append(append([]string{}, path...), "--help")...)
			if help.exit != 0 || !strings.Contains(help.out, "airside "+strings.Join(path, " ")) {
				t.Errorf("%s %s: %q does not exist", p.ID, s.ID, strings.Join(path, " "))
			}
			for _, w := range words {
				if strings.HasPrefix(w, "--") && !strings.Contains(help.out, w+" ") && !strings.Contains(help.out, w+"\n") {
					t.Errorf("%s %s: %s has no flag %s", p.ID, s.ID, strings.Join(path, " "), w)
				}
			}
		}
	}
	if n < 15 {
		t.Errorf("only %d commands in the runbooks", n)
	}
}
