// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/client"
)

// server answers in place of one, and notes which paths it was asked for.
type server struct {
	asked  []string
	answer func(nth int, path string) (*http.Response, error) // nth of this path
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, r.URL.Path)
	n := 0
	for _, p := range s.asked {
		if p == r.URL.Path {
			n++
		}
	}
	return s.answer(n, r.URL.Path)
}

func says(status int, body string, header ...string) (*http.Response, error) {
	res := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(header); i += 2 {
		res.Header.Set(header[i], header[i+1])
	}
	return res, nil
}

const tokens = "/v2/auth/oauth2-token"

func token() (*http.Response, error) { return says(200, `{"access_token":"t","expires_in":3600}`) }

// One budget of attempts is all that a call has, its token included; what will not get better is asked once.
func TestRepeatsOnlyWhatMaySucceed(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection reset by peer")
	const companies, create = "/v2/companies", "/v2/users"
	seconds := func(of ...float64) (out []time.Duration) {
		for _, s := range of {
			out = append(out, time.Duration(s*float64(time.Second)))
		}
		return out
	}
	for name, tc := range map[string]struct {
		operation string
		anonymous bool
		attempts  int
		answer    func(nth int, path string) (*http.Response, error)
		asked     []string
		waited    []time.Duration
		status    int    // of the *Error
		of        string // its operation
		lost      bool
	}{
		"a wrong secret": {
			answer: func(int, string) (*http.Response, error) { return says(403, `{}`) },
			asked:  []string{tokens}, status: 403, of: "fetchOauth2Token",
		},
		"no credentials": {anonymous: true, answer: func(int, string) (*http.Response, error) { return says(500, ``) }},
		"an answer without a token": {
			answer: func(int, string) (*http.Response, error) { return says(200, `{}`) }, asked: []string{tokens},
		},
		"a busy token endpoint": {
			answer: func(int, string) (*http.Response, error) { return says(429, ``, "Retry-After", "3") },
			asked:  []string{tokens, tokens, tokens, tokens, tokens, tokens},
			waited: seconds(3, 3, 3, 3, 3), status: 429, of: "fetchOauth2Token",
		},
		"a busy token endpoint that names a time": {
			attempts: 3,
			answer: func(int, string) (*http.Response, error) {
				return says(429, ``, "Retry-After", "Sun, 29 Nov 2026 08:00:09 GMT", "Date", "Sun, 29 Nov 2026 08:00:00 GMT")
			},
			asked:  []string{tokens, tokens, tokens},
			waited: seconds(9, 9), status: 429, of: "fetchOauth2Token",
		},
		"both busy, one after the other": {
			answer: func(nth int, path string) (*http.Response, error) {
				if path == tokens && nth > 2 {
					return token()
				}
				return says(503, ``)
			},
			asked:  []string{tokens, tokens, tokens, companies, companies, companies, companies},
			waited: seconds(0.25, 0.5, 1, 2, 4), status: 503, of: "listCompanies",
		},
		"one attempt is a token and a call": {
			attempts: 1,
			answer: func(_ int, path string) (*http.Response, error) {
				if path == tokens {
					return token()
				}
				return says(503, ``)
			},
			asked: []string{tokens, companies}, status: 503, of: "listCompanies",
		},
		"a read whose connection is lost": {
			attempts: 2,
			answer: func(_ int, path string) (*http.Response, error) {
				if path == tokens {
					return token()
				}
				return nil, lost
			},
			asked: []string{tokens, companies, companies}, waited: seconds(0.25), lost: true,
		},
		"a creation whose connection is lost": {
			operation: "createUser",
			answer: func(_ int, path string) (*http.Response, error) {
				if path == tokens {
					return token()
				}
				return nil, lost
			},
			asked: []string{tokens, create}, lost: true,
		},
		"a creation whose token is lost": {
			operation: "createUser",
			answer: func(nth int, path string) (*http.Response, error) {
				switch {
				case path == tokens && nth == 1:
					return nil, lost
				case path == tokens:
					return token()
				}
				return says(400, `{}`)
			},
			asked: []string{tokens, tokens, create}, waited: seconds(0.25), status: 400, of: "createUser",
		},
		"a certificate nobody trusts": {
			answer: func(int, string) (*http.Response, error) {
				return nil, &tls.CertificateVerificationError{Err: errors.New("unknown authority")}
			},
			asked: []string{tokens},
		},
		"a token that is refused again": {
			answer: func(_ int, path string) (*http.Response, error) {
				if path == tokens {
					return token()
				}
				return says(401, `{}`)
			},
			asked: []string{tokens, companies, tokens, companies}, status: 401, of: "listCompanies",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := &server{answer: tc.answer}
			var waited []time.Duration
			o := client.Options{BaseURL: "http://airside.test", ClientID: "id", ClientSecret: "secret", Attempts: tc.attempts,
				HTTP: &http.Client{Transport: srv},
				Wait: func(_ context.Context, d time.Duration) error { waited = append(waited, d); return nil }}
			if tc.anonymous {
				o.ClientID, o.ClientSecret = "", ""
			}
			c, err := client.New(o)
			if err != nil {
				t.Fatal(err)
			}
			operation, body := "listCompanies", any(nil)
			if tc.operation != "" {
				operation, body = tc.operation, client.Object{}
			}
			err = c.Call(t.Context(), operation, nil, body, nil)
			if err == nil || errors.Is(err, lost) != tc.lost {
				t.Errorf("got the error %v", err)
			}
			if e, ok := errors.AsType[*client.Error](err); ok != (tc.of != "") || ok && (e.Status != tc.status || e.Operation != tc.of) {
				t.Errorf("got the error %v, want %d of %s", err, tc.status, tc.of)
			}
			if diff := cmp.Diff(tc.asked, srv.asked); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.waited, waited); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// While one call waits for the token endpoint, another one waits for the same token, and may give up.
func TestWaitingForATokenCanBeGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &server{answer: func(nth int, path string) (*http.Response, error) {
			if path == tokens && nth == 1 {
				return says(429, ``, "Retry-After", "60")
			} else if path == tokens {
				return token()
			}
			return says(200, `{}`)
		}}
		c, err := client.New(client.Options{BaseURL: "http://airside.test", ClientID: "id", ClientSecret: "secret", HTTP: &http.Client{Transport: srv}})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- c.Call(t.Context(), "listCompanies", nil, nil, nil) }()
		synctest.Wait()
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Call(hurried, "listCompanies", nil, nil, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the second call ended with %v", err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{tokens, tokens, "/v2/companies"}, srv.asked); diff != "" {
			t.Error(diff)
		}
	})
}
