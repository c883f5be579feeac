// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
)

// Limits of reading a partner's key set.
const (
	jwksTimeout = 5 * time.Second
	jwksMaxSize = 1 << 20
	jwksEvery   = time.Minute // an unknown kid asks again at most this often
	jwksMaxAge  = time.Hour   // after that a revoked key must be gone
)

// JWKS is a partner's key set behind a URL (auth page §5.1): fetched when a kid is unknown or the
// copy is an hour old, never inside a transaction.
type JWKS struct {
	url    string
	client *http.Client
	clock  clock.Clock
	log    *slog.Logger

	mu      sync.Mutex
	set     jose.JSONWebKeySet
	fetched time.Time // of the last good answer
	asked   time.Time
}

// NewJWKS makes the key set of a URL; nothing is fetched yet.
func NewJWKS(url string, c clock.Clock, log *slog.Logger) *JWKS {
	client := &http.Client{Timeout: jwksTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &JWKS{url: url, client: client, clock: c, log: log}
}

// Keys are the RSA keys with a kid from the copy at hand; none when that is too old to be trusted.
func (j *JWKS) Keys(kid string) []jose.JSONWebKey {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.clock.Now().Sub(j.fetched) > jwksMaxAge {
		return nil
	}
	return j.set.Key(kid)
}

// Prepare fetches the set when a kid is not in the copy. A failure is logged; the token is then
// refused for its unknown key.
func (j *JWKS) Prepare(ctx context.Context, kid string) {
	if j == nil || len(j.Keys(kid)) > 0 {
		return
	}
	j.mu.Lock()
	now := j.clock.Now()
	if now.Sub(j.asked) < jwksEvery {
		j.mu.Unlock()
		return
	}
	j.asked = now
	j.mu.Unlock()
	set, err := j.fetch(ctx)
	if err != nil {
		j.log.WarnContext(ctx, "partner keys", slog.String("url", j.url), slog.Any("error", err))
		return
	}
	j.mu.Lock()
	j.set, j.fetched = set, now
	j.mu.Unlock()
}

func (j *JWKS) fetch(ctx context.Context) (set jose.JSONWebKeySet, err error) {
	defer errs.Wrap(&err, "fetch JWKS")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, j.url, http.NoBody)
	if err != nil {
		return set, err
	}
	res, err := j.client.Do(req)
	if err != nil {
		return set, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return set, fmt.Errorf("status %d", res.StatusCode)
	}
	return set, json.NewDecoder(io.LimitReader(res.Body, jwksMaxSize)).Decode(&set)
}

// PrepareToken runs before the transaction of fetchOauth2Token: it makes sure that the key a subject
// token names has been looked for.
func (s *Service) PrepareToken(ctx context.Context, in TokenIn) error {
	if in.GrantType != GrantExchange {
		return nil
	}
	if t, err := jwt.ParseSigned(in.SubjectToken, []jose.SignatureAlgorithm{jose.RS256}); err == nil {
		s.jwks.Prepare(ctx, t.Headers[0].KeyID)
	}
	return nil
}
