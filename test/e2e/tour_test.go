// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/cli"
	"github.com/airside-travel/airside/internal/freeport"
)

// asProgram makes this test binary run the program itself, so that the tour finds an `airside`
// without a build.
const asProgram = "E2E_TEST_AIRSIDE"

// peakFile names the file into which that program writes, when it ends, how much memory it had at most.
const peakFile = "E2E_TEST_PEAK_FILE"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		if os.Getenv(crashing) != "" {
			go crash()
		}
		main := cli.Main{Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
		exit := main.Run(context.Background())
		if file := os.Getenv(peakFile); file != "" {
			status, err := os.ReadFile("/proc/self/status")
			if err == nil {
				err = os.WriteFile(file, status, 0o600)
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		os.Exit(exit)
	}
	os.Exit(m.Run())
}

// TestTour runs the README's five-minute tour: curl and jq against a fresh server.
func TestTour(t *testing.T) {
	t.Parallel()
	tour(t)
}

// TestTourThroughTheEdge runs it unchanged against an Airside that passes every call on to another, which
// stands for the real API; only base URL and credential are others.
func TestTourThroughTheEdge(t *testing.T) {
	t.Parallel()
	real := airsidetest.Start(t)
	front := start(t, airsidetest.Upstream("production", real.URL, real.Demo.ClientID, real.Demo.ClientSecret))
	app := front.call(201, "POST", "/v1/airside/applications", object{
		"name": "tour", "owner": "lena.okafor@example.com", "environment": "production",
		"grants": []object{{"operations": []string{"*"}, "effects": []string{"read", "write", "purchase", "delete"}, "reason": "the tour does everything"}},
	})
	tour(t, "AIRSIDE_URL="+front.srv.URL, "AIRSIDE_CLIENT_ID="+app.str("clientId"), "AIRSIDE_CLIENT_SECRET="+app.str("clientSecret"))
	if n := len(front.call(200, "GET", "/v1/airside/audit", nil).list("entries")); n < 10 {
		t.Errorf("the edge's own audit trail has %d entries after the tour", n)
	}
}

func tour(t *testing.T, environ ...string) {
	t.Helper()
	for _, tool := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the tour is a script of bash, curl and jq, and %s is not installed; CI has all three", tool)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	wrapper := fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asProgram, self)
	if err := os.WriteFile(filepath.Join(bin, "airside"), []byte(wrapper), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tour := exec.CommandContext(ctx, "bash", filepath.Join("..", "..", "docs", "tour.sh"))
	tour.Env = append(append(os.Environ(), environ...), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), fmt.Sprintf("WEBHOOK_PORT=%d", freeport.Find(t)))
	out, err := tour.CombinedOutput()
	if err != nil {
		t.Fatalf("the tour failed: %v\n%s", err, out)
	}
	for _, want := range []string{"VOID", "0 USD to pay", "BOOKING_TICKETED"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the tour does not show %q:\n%s", want, out)
		}
	}
}
