// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/cli"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/webhook"
)

const hookSecret = "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5" // gitleaks:allow words instead of random bytes

// TestListen sends signed and unsigned deliveries to a listener that forwards to an application.
func TestListen(t *testing.T) {
	t.Parallel()
	forwarded := make(chan http.Header, 8)
	answers := make(chan int, 8)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forwarded <- r.Header.Clone()
		w.WriteHeader(<-answers)
	}))
	defer app.Close()

	ctx, stop := context.WithCancel(t.Context())
	out, write := io.Pipe()
	done := make(chan int, 1)
	m := cli.Main{
		Args:  []string{"webhook", "listen", "--json", "--secret", hookSecret, "--forward", app.URL + "/hooks"},
		Stdin: strings.NewReader(""), Stdout: write, Stderr: write,
	}
	go func() { done <- m.Run(ctx) }()
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.Fields(strings.TrimPrefix(first, "listening on "))[0]
	url = strings.TrimSuffix(url, ";")

	body := `{"event_type":"PNR_V3","operation":"BOOKING_CREATED","timestamp":"2026-11-02T09:00:00.000Z","payload":{"pnrId":"6129384750"}}`
	send := func(id, secret string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := webhook.SetHeaders(req.Header, []string{secret}, id, clock.System().Now(), []byte(body)); err != nil {
			t.Fatal(err)
		}
		resp, err := new(http.Client).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	status := make(chan int, 1)

	answers <- http.StatusOK
	go func() { status <- send("1", hookSecret) }()
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Event   webhook.Event
		Headers map[string]string
	}
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatalf("%q is not a line of JSON: %v", line, err)
	}
	if got.Event.Operation != "BOOKING_CREATED" || got.Headers[strings.ToLower(webhook.HeaderID)] != "1" {
		t.Errorf("printed %s", line)
	}
	if h := <-forwarded; webhook.Verify([]string{hookSecret}, h, []byte(body), clock.System().Now(), 0) != nil {
		t.Error("what was forwarded does not verify any more")
	}
	if s := <-status; s != http.StatusOK {
		t.Errorf("the sender got %d", s)
	}

	// An application that fails gets the event again: the sender is not told 200.
	answers <- http.StatusInternalServerError
	go func() { status <- send("2", hookSecret) }()
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if line, err = lines.ReadString('\n'); err != nil || !strings.Contains(line, "answered 500") {
		t.Errorf("the log says %q", line)
	}
	if s := <-status; s != http.StatusInternalServerError {
		t.Errorf("the sender got %d although the application failed", s)
	}

	// A wrong signature reaches neither the output nor the application.
	go func() { status <- send("3", "whsec_YW5vdGhlci1hbm90aGVyLWFub3RoZXItYW5v") }() // gitleaks:allow words instead of random bytes
	if line, err = lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, "refused: ") {
		t.Errorf("the log says %q", line)
	}
	if s := <-status; s != http.StatusUnauthorized {
		t.Errorf("a wrong signature got %d", s)
	}

	stop()
	if exit := <-done; exit != cli.ExitOK {
		t.Errorf("the listener ended with %d", exit)
	}
	if len(forwarded) != 1 {
		t.Errorf("%d deliveries wait at the application, want the failed one only", len(forwarded))
	}
}
