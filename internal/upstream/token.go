// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
)

// token is an access token that is in use.
type token struct {
	client  string
	access  vault.Secret
	expires time.Time
	refresh time.Time // from when on another one is fetched
	fetched time.Time
	version string // of the secret it was made with
}

func (t *token) live(now time.Time) bool { return t != nil && now.Before(t.expires) }

func (t *token) same(o *token) bool { return t != nil && o != nil && t.access.Equal(o.access) }

// bearer is the value of the header.
func (t *token) bearer() (out string) {
	t.access.Use(func(b []byte) { out = "Bearer " + string(b) })
	return out
}

// shortest is how long a token is taken to live when its answer does not say.
const shortest = 5 * time.Minute

// age sets the times of a token that was asked for at a moment. It is replaced in the last thirtieth of its life, at a
// moment that differs from node to node.
func (t *token) age(asked time.Time, life time.Duration) {
	t.fetched, t.expires = asked, asked.Add(life)
	spare := min(life/30, 5*time.Minute)
	t.refresh = t.expires.Add(-spare - jitter(spare/2))
}

// jitter is a random part of d.
func jitter(d time.Duration) time.Duration {
	b := ids.Bytes(2)
	return time.Duration(float64(d) * float64(int(b[0])<<8|int(b[1])) / (1 << 16))
}

const maxAnswer = 64 << 10

// endpoint asks the token endpoint.
type endpoint struct {
	base     http.RoundTripper
	url      string
	audience string
	name     string
	timeout  time.Duration
	clock    clock.Clock
}

// fetch trades a credential for a token. Errors: errRefused, ErrThrottled, ErrUnavailable.
func (e *endpoint) fetch(ctx context.Context, c credential) (*token, error) {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	f := newForm(c, e.audience)
	defer f.forget()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, f.open())
	if err != nil {
		return nil, e.fail(ErrInvalid, 0, "the token URL cannot be used", nil)
	}
	req.ContentLength, req.GetBody = int64(len(f.text)), func() (io.ReadCloser, error) { return f.open(), nil }
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	asked := e.clock.Now()
	res, err := e.base.RoundTrip(req) // no client: a credential follows no redirect
	if err != nil {
		return nil, e.fail(ErrUnavailable, 0, "no answer", err)
	}
	unpack(res)
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	defer clear(text)
	switch {
	case err != nil:
		return nil, e.fail(ErrUnavailable, res.StatusCode, "the answer broke off", err)
	case res.StatusCode == http.StatusTooManyRequests:
		fail := e.fail(ErrThrottled, res.StatusCode, "", nil)
		fail.RetryAfter = retryAfter(res.Header.Get("Retry-After"), e.clock.Now())
		return nil, fail
	case res.StatusCode == http.StatusForbidden, res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusBadRequest:
		return nil, e.fail(errRefused, res.StatusCode, "", nil)
	case res.StatusCode != http.StatusOK:
		fail := e.fail(ErrUnavailable, res.StatusCode, "", nil)
		fail.RetryAfter = retryAfter(res.Header.Get("Retry-After"), e.clock.Now())
		return nil, fail
	}
	var out struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	if json.Unmarshal(text, &out) != nil || !headerSafe(out.AccessToken) {
		return nil, e.fail(ErrUnavailable, res.StatusCode, "the answer has no token", nil)
	}
	t := &token{client: c.client, access: vault.NewSecret([]byte(out.AccessToken)), version: c.held.Version.ID}
	life := time.Duration(min(out.ExpiresIn, 365*24*3600)) * time.Second
	if life <= 0 {
		life = shortest
	}
	t.age(asked, life)
	return t, nil
}

func (e *endpoint) fail(kind error, status int, detail string, err error) *Error {
	return &Error{Kind: kind, Environment: e.name, Op: "token", Status: status, Detail: detail, cause: safeCause(err)}
}

// headerSafe holds a token to the characters that a bearer token has (RFC 6750).
func headerSafe(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != ""
}

// retryAfter reads seconds or a date; 0 when there is neither.
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return time.Duration(min(n, 24*3600)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return min(at.Sub(now), 24*time.Hour)
	}
	return 0
}
