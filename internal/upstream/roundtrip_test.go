// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/upstream"
	"github.com/airside-travel/airside/internal/vault"
)

func vaultSecret(s string) vault.Secret { return vault.NewSecret([]byte(s)) }

// A token that died is replaced and the request repeated, whatever its method and however its body came.
func TestReplay(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 200<<10)
	for name, body := range map[string]func() (io.Reader, int64){
		"no body":        func() (io.Reader, int64) { return nil, 0 },
		"known length":   func() (io.Reader, int64) { return io.NopCloser(strings.NewReader(large)), int64(len(large)) },
		"unknown length": func() (io.Reader, int64) { return io.NopCloser(strings.NewReader(large)), -1 },
		"with GetBody":   func() (io.Reader, int64) { return strings.NewReader(large), int64(len(large)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.base, r.env.BaseURL = nil, serve(t, r.fake)
			c := r.node(t)
			r.call(t, c, "")
			r.killTokens()
			in, size := body()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.env.BaseURL+"/v2/companies", in)
			if err != nil {
				t.Fatal(err)
			}
			req.ContentLength = size
			req.Header.Set("Authorization", "Bearer of-the-caller")
			res, err := c.RoundTrip(req)
			if err != nil || res.StatusCode != http.StatusOK {
				t.Fatal(res, err)
			}
			res.Body.Close()
			if req.Header.Get("Authorization") != "Bearer of-the-caller" || res.Request != req {
				t.Error("the caller's request was changed")
			}
			want := ""
			if in != nil {
				want = large
			}
			if n := len(r.bodies); n != 2 || r.bodies[1] != want {
				t.Errorf("%d requests were processed, the last with %d bytes", n, len(r.bodies[n-1]))
			}
			if n := r.count("POST /v2/companies"); n != 2 {
				t.Errorf("it was sent %d times", n)
			}
		})
	}
}

// What is longer than the limit streams, and its 401 is the caller's to see.
func TestTooLongToRepeat(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.base, r.env.BaseURL = nil, serve(t, r.fake)
	r.env.Limits.Replay = 1000
	c := r.node(t)
	r.call(t, c, strings.Repeat("y", 5000))
	if len(r.bodies[0]) != 5000 {
		t.Errorf("%d bytes arrived", len(r.bodies[0]))
	}
	r.killTokens()
	if status, _, err := call(t.Context(), c, r.env.BaseURL, strings.Repeat("y", 5000)); err != nil || status != http.StatusUnauthorized {
		t.Errorf("%d %v", status, err)
	}
	r.call(t, c, strings.Repeat("y", 5000)) // with a new token
	body := &closed{Reader: strings.NewReader(strings.Repeat("y", 5000))}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.env.BaseURL+"/v2/companies", body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || !body.yes.Load() {
		t.Errorf("%d, the body closed: %v", res.StatusCode, body.yes.Load())
	}
}

// closed says whether it is.
type closed struct {
	io.Reader
	yes atomic.Bool
}

func (c *closed) Close() error {
	c.yes.Store(true)
	return nil
}

// An upstream that refuses every token does not draw a storm of fetches.
func TestRefusesEverything(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.base = direct{http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/v2/auth/oauth2-token" {
			r.fake.ServeHTTP(w, q)
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
	})}
	c := r.node(t)
	for range 100 {
		if status, _, err := call(t.Context(), c, r.env.BaseURL, ""); err != nil || status != http.StatusUnauthorized {
			t.Fatal(status, err)
		}
	}
	if n := len(r.fetches()); n > 25 {
		t.Errorf("%d fetches", n)
	}
}

// The bearer goes to the environment's host only.
func TestOtherHost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.node(t)
	for _, base := range []string{"https://evil.example.com", "http://api.example.com", "https://api.example.com:444", "https://api.example.com.evil.example.com"} {
		if _, _, err := call(t.Context(), c, base, ""); !errors.Is(err, upstream.ErrInvalid) {
			t.Errorf("%s: %v", base, err)
		}
	}
	if _, _, err := call(t.Context(), c, "https://API.example.com:443", ""); err != nil {
		t.Error(err)
	}
}

// Cancelling and deadlines reach the upstream, and no error shows what was received.
func TestFailures(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	arrived, gone := make(chan struct{}), make(chan struct{})
	r.base, r.env.BaseURL = nil, serve(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch {
		case q.URL.Path == "/v2/auth/oauth2-token":
			r.fake.ServeHTTP(w, q)
		case q.Method == http.MethodPost:
			panic(http.ErrAbortHandler)
		default:
			close(arrived)
			<-q.Context().Done()
			close(gone)
		}
	}))
	c := r.node(t)
	_, _, err := call(t.Context(), c, r.env.BaseURL, "{}")
	var e *upstream.Error
	if !errors.Is(err, upstream.ErrUnavailable) || !errors.As(err, &e) || e.Unsent || strings.Contains(err.Error(), canary) {
		t.Errorf("broken: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if _, _, err = call(ctx, c, r.env.BaseURL, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	<-gone
}

// No more requests are at the upstream at once than allowed, and no more in a second.
func TestLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var at, most atomic.Int64
		r.base = direct{http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path != "/v2/auth/oauth2-token" {
				most.Store(max(most.Load(), at.Add(1)))
				defer at.Add(-1)
				pass(time.Millisecond)
			}
			r.fake.ServeHTTP(w, q)
		})}
		r.env.Limits.Connections, r.env.Limits.Rate, r.env.Limits.Burst = 4, 1000, 50
		c := r.node(t)
		begin := clock.System().Now()
		var wg sync.WaitGroup
		for range 150 {
			wg.Go(func() { r.call(t, c, "") })
		}
		wg.Wait()
		if n := most.Load(); n != 4 {
			t.Errorf("%d requests at once, want 4", n)
		}
		if d := time.Since(begin); d < 100*time.Millisecond || d > 110*time.Millisecond {
			t.Errorf("100 requests above the burst of 50 took %v, at 1,000 a second", d)
		}
		if held, way, waiting := c.Traffic(); held || way != 0 || waiting != 0 {
			t.Errorf("left behind: %v %d %d", held, way, waiting)
		}
	})
}

// TestOwnLimits: a request for which a limit of the environment leaves no place in its time was not sent, and says which
// limit that is and when it may come again.
func TestOwnLimits(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		limits upstream.Limits
		says   string
		wait   time.Duration
	}{
		"at once":    {upstream.Limits{Connections: 1}, "calls at once", 0},
		"per second": {upstream.Limits{Rate: 0.01}, "calls per second", 100 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.env.Limits = tc.limits
				c := r.node(t)
				send := func() (*http.Response, error) {
					req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.env.BaseURL+"/v2/companies", nil)
					if err != nil {
						t.Fatal(err)
					}
					return c.Send(req, 5*time.Second)
				}
				res, err := send() // and its answer is not read
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				_, err = send()
				e, ok := errors.AsType[*upstream.Error](err)
				if !ok || !errors.Is(err, upstream.ErrLimit) || e.Detail != tc.says || e.RetryAfter.Round(10*time.Second) != tc.wait || r.count("GET /v2/companies") != 1 {
					t.Errorf("%v, again after %v", err, e.RetryAfter)
				}
			})
		})
	}
}
