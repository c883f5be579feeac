// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/airside-travel/airside/internal/cli"
)

// TestMain lets the test's program play the roles that the benchmark starts itself in.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "serve-") {
		if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 1 && (os.Args[1] == "dev" || os.Args[1] == "vault") { // as Airside itself
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		program := cli.Main{Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
		exit := program.Run(ctx)
		stop()
		os.Exit(exit)
	}
	os.Exit(m.Run())
}

// TestRotations runs a tiny one.
func TestRotations(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(t.Context(), []string{"-airside", exe, "-rotations", "2", "-for", "300ms", "-connections", "4"}, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"4 connections, 2 rotations", "creations", "twice"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}

// TestComparison runs a tiny one, so that the benchmark itself does not rot.
func TestComparison(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := run(t.Context(), []string{"-only", "none", "-for", "400ms", "-rounds", "1", "-connections", "2", "-wrk", "none"}, &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"reads", "writes", "direct", "go proxy", "nginx is not measured"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}
