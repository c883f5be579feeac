// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the program a command of the scripts, run as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"airside": main})
}

// TestScripts does what a person types in testdata/script and compares what a person sees.
func TestScripts(t *testing.T) {
	t.Parallel()
	golden := map[string][]byte{}
	for name, from := range map[string]string{"routes.golden": "testdata/routes.golden", "configuration.md": "../../docs/configuration.md"} {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		golden[name] = b
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			for name, b := range golden {
				if err := os.WriteFile(e.WorkDir+"/"+name, b, 0o600); err != nil {
					return err
				}
			}
			return nil
		},
	})
}
