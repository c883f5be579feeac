// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
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
		Forward struct {
			OK    bool
			Tries int
			Why   string
		}
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

	if !got.Forward.OK || got.Forward.Tries != 1 {
		t.Errorf("an event that was passed on: %s", line)
	}

	// An application that fails gets the event again: the sender is not told 200, and the event is counted, not
	// received anew.
	for try, answer := range []int{500, 500, 200} {
		answers <- answer
		go func() { status <- send("2", hookSecret) }()
		if line, err = lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil || got.Forward.OK != (answer == 200) || got.Forward.Tries != try+1 {
			t.Errorf("try %d: %s", try+1, line)
		}
		if answer == 500 {
			if !strings.HasSuffix(got.Forward.Why, "/hooks answered 500") {
				t.Errorf("why: %q", got.Forward.Why)
			}
			if line, err = lines.ReadString('\n'); err != nil || !strings.Contains(line, "answered 500") {
				t.Errorf("the log says %q", line)
			}
		}
		if s := <-status; s != answer {
			t.Errorf("the sender got %d although the application answered %d", s, answer)
		}
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
	if len(forwarded) != 3 {
		t.Errorf("%d deliveries wait at the application, want the one that failed twice", len(forwarded))
	}
}

// TestListenLeaves ends a listener whose token has ended: it gets another one and leaves no subscription behind, or
// says that it does.
func TestListenLeaves(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		environ []string
		exit    int
		says    string
	}{
		{"a new token", []string{"AIRSIDE_CLIENT_ID=c", "AIRSIDE_CLIENT_SECRET=s"}, cli.ExitOK, ""},
		{"no other token", []string{"AIRSIDE_TOKEN=t1"}, cli.ExitDenied, "airside: error: the subscription s-1 stays: 401 Unauthorized\n" +
			"hint: `airside api deleteWebhookSubscription --subscriptionId s-1` takes it away\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var issued, deleted int
			ended := false
			mux := http.NewServeMux()
			mux.HandleFunc("POST /v2/auth/oauth2-token", func(w http.ResponseWriter, _ *http.Request) {
				issued++
				fmt.Fprintf(w, `{"access_token":"t%d","expires_in":3600,"token_type":"Bearer"}`, issued)
			})
			mux.HandleFunc("POST /v3/webhooks/subscriptions", func(w http.ResponseWriter, _ *http.Request) {
				ended = true
				fmt.Fprintf(w, `{"id":"s-1","hmacSigningSecret":%q}`, hookSecret)
			})
			mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
				switch {
				case ended && r.Header.Get("Authorization") == "Bearer t1":
					w.WriteHeader(http.StatusUnauthorized)
				case r.Method == http.MethodDelete && r.URL.Path == "/v1/airside/webhooks/subscriptions/s-1":
					deleted++
				default:
					w.WriteHeader(http.StatusNotFound)
				}
			})
			s := httptest.NewServer(mux)
			defer s.Close()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			said, write := io.Pipe()
			m := cli.Main{
				Args:    []string{"webhook", "listen", "--company", "6c62272e-07bb-4142-a2b8-21756295c58d"},
				Environ: append(tc.environ, "AIRSIDE_URL="+s.URL), Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: write,
			}
			done := make(chan int, 1)
			go func() {
				done <- m.Run(ctx)
				write.Close()
			}()
			lines := bufio.NewScanner(said)
			var rest string
			for lines.Scan() {
				if rest += lines.Text() + "\n"; strings.HasPrefix(rest, "listening on ") {
					stop()
				} else if strings.HasPrefix(rest, "subscription ") {
					rest = ""
				}
			}
			_, rest, _ = strings.Cut(rest, "\n")
			if exit := <-done; exit != tc.exit || rest != tc.says {
				t.Errorf("exit %d, want %d; it says %s", exit, tc.exit, rest)
			}
			if left := deleted == 0; left != (tc.exit != 0) {
				t.Errorf("deleted %d times", deleted)
			}
		})
	}
}
