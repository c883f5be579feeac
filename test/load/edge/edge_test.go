// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"strings"
	"testing"
)

// TestMain lets the test's program play the roles that the benchmark starts itself in.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "serve-") {
		if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestComparison runs a tiny one, so that the benchmark itself does not rot.
func TestComparison(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := run(t.Context(), []string{"-only", "none", "-for", "100ms", "-rounds", "1", "-connections", "2", "-wrk", "none"}, &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"reads", "writes", "direct", "go proxy", "nginx is not measured"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}
