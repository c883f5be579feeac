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
	golden, err := os.ReadFile("testdata/routes.golden")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			return os.WriteFile(e.Getenv("WORK")+"/routes.golden", golden, 0o600)
		},
	})
}
