// SPDX-License-Identifier: Apache-2.0

package upstream_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/ids"
)

// fake is the upstream as its reference describes it: rotating kills secret and tokens at once, a secret is shown
// once, five API users.
type fake struct {
	life time.Duration

	mu      sync.Mutex
	users   map[string]string // id -> secret
	roles   map[string]string
	tokens  map[string]string // token -> user
	ends    map[string]time.Time
	fetched []time.Time
	calls   map[string]int // "POST /path"
	created map[string]int // externalId -> how often
	rotates int
	limit   int

	// before and after are called around each call of a path, and break the connection by returning false.
	before, after func(path string) bool
	throttle      string                    // Retry-After of the token endpoint; empty: not throttled
	dress         func(token string) string // of the token endpoint's answer; nil: as it is
	bodies        []string
}

func newFake() *fake {
	return &fake{
		life: time.Hour, users: map[string]string{}, roles: map[string]string{}, tokens: map[string]string{}, ends: map[string]time.Time{},
		calls: map[string]int{}, created: map[string]int{}, limit: 5,
	}
}

// user makes an API user and gives its secret.
func (f *fake) user(id string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users[id] = ids.Secret("asc_" + canary)
	f.roles[id] = "TMC_ADMIN"
	return f.users[id]
}

// canary is part of every secret and token; it may be seen nowhere.
const canary = "CaNaRy"

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if f.before != nil && !f.before(path) {
		panic(http.ErrAbortHandler)
	}
	f.mu.Lock()
	f.calls[r.Method+" "+path]++
	f.mu.Unlock()
	status, body := f.answer(r)
	if f.after != nil && !f.after(path) {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", f.throttle)
	}
	w.WriteHeader(status)
	if body != nil {
		_ = json.NewEncoder(w).Encode(body)
	}
}

func (f *fake) answer(r *http.Request) (int, any) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return http.StatusBadRequest, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := clock.System().Now()
	refusal := map[string]any{"errorMessages": []any{map[string]any{"message": "no " + canary}}}
	if r.URL.Path == "/v2/auth/oauth2-token" {
		if f.throttle != "" {
			return http.StatusTooManyRequests, refusal
		}
		r.Body = io.NopCloser(strings.NewReader(string(raw)))
		if err := r.ParseForm(); err != nil {
			return http.StatusBadRequest, refusal
		}
		id := r.PostForm.Get("client_id")
		if s := f.users[id]; s == "" || s != r.PostForm.Get("client_secret") {
			return http.StatusForbidden, refusal
		}
		t := ids.Secret("ast_" + canary)
		f.tokens[t], f.ends[t] = id, now.Add(f.life)
		f.fetched = append(f.fetched, now)
		if f.dress != nil {
			t = f.dress(t)
		}
		return http.StatusOK, map[string]any{"access_token": t, "expires_in": int(f.life / time.Second), "token_type": "Bearer"}
	}
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	caller := f.tokens[bearer]
	if caller == "" || !now.Before(f.ends[bearer]) {
		return http.StatusUnauthorized, refusal
	}
	var in struct{ ClientID, Role, ExternalID string }
	_ = json.Unmarshal(raw, &in)
	switch r.Method + " " + r.URL.Path {
	case "GET /v2/api-users":
		list := []any{}
		for id := range f.users {
			list = append(list, map[string]any{"clientId": id})
		}
		return http.StatusOK, map[string]any{"apiUsers": list, "totalCount": len(list)}
	case "POST /v2/api-users":
		if len(f.users) >= f.limit {
			return http.StatusConflict, refusal
		}
		id := ids.UUID()
		f.users[id], f.roles[id] = ids.Secret("asc_"+canary), in.Role
		return http.StatusOK, map[string]any{"clientId": id, "clientSecret": f.users[id]}
	case "POST /v2/api-users/rotate":
		if f.users[in.ClientID] == "" {
			return http.StatusNotFound, refusal
		}
		f.rotates++
		f.users[in.ClientID] = ids.Secret("asc_" + canary)
		f.kill(in.ClientID)
		return http.StatusOK, map[string]any{"clientId": in.ClientID, "clientSecret": f.users[in.ClientID]}
	case "POST /v2/api-users/revoke":
		if f.users[in.ClientID] == "" {
			return http.StatusNotFound, refusal
		}
		delete(f.users, in.ClientID)
		f.kill(in.ClientID)
		return http.StatusNoContent, nil
	}
	f.bodies = append(f.bodies, string(raw))
	if in.ExternalID != "" {
		f.created[in.ExternalID]++
	}
	return http.StatusOK, map[string]any{"caller": caller}
}

func (f *fake) kill(id string) {
	for t, of := range f.tokens {
		if of == id {
			delete(f.tokens, t)
		}
	}
}

// killTokens makes all tokens invalid, as a rotation by somebody else would.
func (f *fake) killTokens() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.tokens)
}

func (f *fake) count(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[call]
}

func (f *fake) fetches() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.fetched)
}

// direct sends without a network, for tests in which time is simulated.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (res *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("connection reset %s", canary)
		}
	}()
	out := r.Clone(context.WithoutCancel(r.Context()))
	if out.Body == nil {
		out.Body = http.NoBody
	}
	defer out.Body.Close()
	w := httptest.NewRecorder()
	d.ServeHTTP(w, out)
	res = w.Result()
	res.Request = r
	return res, nil
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv.URL
}
