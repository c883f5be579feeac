// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/upstream"
)

// pass lets simulated time go by.
func pass(d time.Duration) { <-time.After(d) }

// A day of traffic on three nodes, with a restart of one every hour: each token is fetched once, by one of them, and
// used nearly to its end. A thousand callers at the start of each node make none of their own.
func TestOneFetchInALifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		nodes := []*upstream.Client{r.node(t), r.node(t), r.node(t)}
		stampede := func(c *upstream.Client) {
			var wg sync.WaitGroup
			var failed atomic.Int64
			for range 1000 {
				wg.Go(func() {
					if status, _, err := call(t.Context(), c, r.env.BaseURL, ""); err != nil || status != http.StatusOK {
						failed.Add(1)
					}
				})
			}
			wg.Wait()
			if n := failed.Load(); n != 0 {
				t.Fatalf("%d of 1000 calls failed", n)
			}
		}
		for _, n := range nodes {
			stampede(n)
		}
		if n := len(r.fetches()); n != 1 {
			t.Fatalf("%d fetches by 3,000 callers on three nodes, want 1", n)
		}
		begin := clock.System().Now()
		for minute := range 24 * 60 {
			pass(time.Minute)
			if minute%60 == 30 {
				i := minute / 60 % len(nodes)
				stop(t, nodes[i])
				nodes[i] = r.node(t)
				before := len(r.fetches())
				stampede(nodes[i])
				if n := len(r.fetches()) - before; n != 0 {
					t.Fatalf("%d fetches by a stampede after a restart, want none", n)
				}
			}
			for _, n := range nodes {
				r.call(t, n, "")
			}
		}
		fetched := r.fetches()
		for i := 1; i < len(fetched); i++ {
			if d := fetched[i].Sub(fetched[i-1]); d < 57*time.Minute || d >= time.Hour {
				t.Errorf("fetch %d came %v after the one before; a token lives an hour", i, d)
			}
		}
		if n := len(fetched); n > 26 {
			t.Errorf("%d fetches in %v", n, time.Since(begin))
		}
		if n := r.count("GET /v2/companies"); n != 3*24*60+27*1000 {
			t.Errorf("%d calls arrived: some were repeated or lost", n)
		}
	})
}

// Retry-After is kept to by all nodes; requests go on with the token that they have.
func TestThrottled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		a, b := r.node(t), r.node(t)
		r.call(t, a, "")
		pass(59 * time.Minute) // to be replaced, but still good
		r.throttle = "30"
		r.call(t, a, "")
		r.call(t, b, "")
		synctest.Wait()
		if n := r.count("POST /v2/auth/oauth2-token"); n != 2 {
			t.Fatalf("the endpoint was asked %d times, want 2", n)
		}
		pass(29 * time.Second)
		r.call(t, a, "")
		r.call(t, b, "")
		synctest.Wait()
		if n := r.count("POST /v2/auth/oauth2-token"); n != 2 {
			t.Errorf("the endpoint was asked %d times before it allowed", n)
		}
		r.throttle = ""
		pass(2 * time.Second)
		r.call(t, a, "")
		synctest.Wait()
		if n := r.count("POST /v2/auth/oauth2-token"); n != 3 {
			t.Errorf("the endpoint was asked %d times, want 3", n)
		}
	})
}

// Without a token and with a long Retry-After callers are told at once how long to wait, and do not queue.
func TestThrottledWithoutToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		c := r.node(t)
		r.throttle = "120"
		begin := clock.System().Now()
		for range 50 {
			_, _, err := call(t.Context(), c, r.env.BaseURL, "")
			var e *upstream.Error
			if !errors.Is(err, upstream.ErrThrottled) || !errors.As(err, &e) || e.RetryAfter < 100*time.Second || e.RetryAfter > 2*time.Minute {
				t.Fatalf("%v (%+v)", err, e)
			}
		}
		if n, d := r.count("POST /v2/auth/oauth2-token"), time.Since(begin); n != 1 || d > time.Second {
			t.Errorf("asked %d times, in %v", n, d)
		}
		r.throttle = ""
		pass(2 * time.Minute)
		r.call(t, c, "")
	})
}

// What cannot stand in a header is no token: nothing is sent with it, and it is not made fit.
func TestUnusableTokens(t *testing.T) {
	t.Parallel()
	for name, dress := range map[string]func(string) string{
		"none":           func(string) string { return "" },
		"a space":        func(token string) string { return token + " x" },
		"a line end":     func(token string) string { return token + "\r\nX-Admin: yes" },
		"a control":      func(token string) string { return "\x01" + token },
		"a DEL":          func(token string) string { return token + "\x7f" },
		"another's sign": func(token string) string { return token + "é" },
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			c := r.node(t)
			r.dress = dress
			if status, _, err := call(t.Context(), c, r.env.BaseURL, ""); !errors.Is(err, upstream.ErrUnavailable) {
				t.Errorf("%s: %d, %v", name, status, err)
			}
			r.mu.Lock()
			calls := maps.Clone(r.calls)
			r.mu.Unlock()
			for call, n := range calls {
				if call != "POST /v2/auth/oauth2-token" && n > 0 {
					t.Errorf("%s: %s was called %d times", name, call, n)
				}
			}
			r.dress = nil
			pass(2 * time.Minute)
			r.call(t, c, "")
		})
	}
}

// An endpoint that is down is asked at growing distances, whoever calls, and found when it is back.
func TestBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		a, b := r.node(t), r.node(t)
		var down atomic.Bool
		down.Store(true)
		r.before = func(string) bool { return !down.Load() }
		var asked atomic.Int64
		r.before = func(string) bool { asked.Add(1); return !down.Load() }
		for range 600 {
			for _, c := range []*upstream.Client{a, b} {
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				if _, _, err := call(ctx, c, r.env.BaseURL, ""); !errors.Is(err, upstream.ErrUnavailable) {
					t.Fatal(err)
				}
				cancel()
			}
			pass(time.Second)
		}
		if n := asked.Load(); n < 5 || n > 30 {
			t.Errorf("asked %d times in ten minutes", n)
		}
		down.Store(false)
		pass(time.Minute)
		r.call(t, a, "")
		r.call(t, b, "")
	})
}

// A caller that gives up does not take the token from the others.
func TestCallerLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		c := r.node(t)
		slow := make(chan struct{})
		r.before = func(path string) bool {
			if path == "/v2/auth/oauth2-token" {
				<-slow
			}
			return true
		}
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan error, 1)
		go func() {
			_, _, err := call(ctx, c, r.env.BaseURL, "")
			first <- err
		}()
		synctest.Wait()
		second := make(chan error, 1)
		go func() {
			_, _, err := call(t.Context(), c, r.env.BaseURL, "")
			second <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		close(slow)
		if err := <-second; err != nil {
			t.Error(err)
		}
		if n := len(r.fetches()); n != 1 {
			t.Errorf("%d fetches", n)
		}
	})
}

// Somebody rotates outside and writes the new secret into the vault: the next calls find it, all nodes with one fetch.
func TestSecretChangedOutside(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b := r.node(t), r.node(t)
	r.call(t, a, "")
	r.call(t, b, "")
	next := r.user("prod") // the old one is dead
	r.killTokens()
	id := "00000000-0000-0000-0000-000000000001"
	for _, err := range []error{
		r.vaults.PutPending(t.Context(), r.env.Secret, vaultSecret(next), id), r.vaults.Promote(t.Context(), r.env.Secret, id),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			c := []*upstream.Client{a, b}[i%2]
			if status, _, err := call(t.Context(), c, r.env.BaseURL, fmt.Sprintf(`{"externalId":"x%d"}`, i)); err != nil || status != http.StatusOK {
				t.Errorf("%d %v", status, err)
			}
		})
	}
	wg.Wait()
	if n := len(r.fetches()); n != 2 {
		t.Errorf("%d fetches, want one for each secret", n)
	}
}

// A secret that is simply wrong is said to be, and not tried over and over.
func TestSecretRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		c := r.node(t)
		r.user("prod")
		for range 100 {
			if _, _, err := call(t.Context(), c, r.env.BaseURL, ""); !errors.Is(err, upstream.ErrCredential) {
				t.Fatal(err)
			}
			pass(time.Second)
		}
		if n := r.count("POST /v2/auth/oauth2-token"); n > 20 {
			t.Errorf("asked %d times", n)
		}
	})
}

// Once a token is there, the request that fetched it does not show the secret any more, to whoever kept it.
func TestFetchForgetsTheSecret(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var kept *http.Request
	var sent []byte
	far := r.base
	r.base = via(func(q *http.Request) (*http.Response, error) {
		if q.URL.Path == "/v2/auth/oauth2-token" {
			kept = q
			body, err := io.ReadAll(q.Body)
			if err != nil {
				return nil, err
			}
			sent, q = body, q.Clone(q.Context())
			q.Body = io.NopCloser(bytes.NewReader(body))
		}
		return far.RoundTrip(q)
	})
	r.call(t, r.node(t), "")
	if !bytes.Contains(sent, []byte(canary)) || kept.ContentLength != int64(len(sent)) {
		t.Fatalf("a form of %d bytes, said to be %d", len(sent), kept.ContentLength)
	}
	again, err := kept.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []io.Reader{kept.Body, again} {
		if b, _ := io.ReadAll(body); bytes.Contains(b, []byte(canary)) {
			t.Error("the secret can still be read")
		}
	}
}

// via is a transport that is a function.
type via func(*http.Request) (*http.Response, error)

func (v via) RoundTrip(r *http.Request) (*http.Response, error) { return v(r) }
