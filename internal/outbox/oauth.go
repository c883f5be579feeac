// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Bounds of a receiver's token.
const (
	tokenAnswer = 64 << 10         // bytes read of the answer that holds it
	tokenSpare  = 30 * time.Second // it is replaced this long before it expires
	tokenMax    = 24 * time.Hour   // and at least this often
)

// tokens keeps the tokens that receivers gave, in memory only, by tenant and endpoint: with an endpoint's client goes
// the secret of it. Each is asked for by one delivery at a time; the others wait for it.
type tokens struct {
	sender *sender
	mu     sync.Mutex
	all    map[[2]string]*tokenEntry
}

type tokenEntry struct {
	client  oauth
	turn    chan struct{} // holds one while nobody asks
	value   string        // type and token, as the header has it
	expires time.Time     // on the system's clock
}

// deliver makes the attempt, at a broker or at an endpoint, with a token where the receiver asks for one. A token that is refused is
// replaced once.
func (s *Service) deliver(ctx context.Context, p *parcel) answer {
	if to, relayed, _ := destination(p.sub.URL); relayed { // it was right when it was stored, and is checked again
		return s.relay(ctx, p.delivery.Tenant, to, &p.letter, p.delivery.Resource)
	}
	client := p.sub.Settings.OAuth
	if client == nil {
		return s.sender.send(ctx, &p.letter)
	}
	var a answer
	refused := ""
	for range 2 {
		token, err := s.tokens.get(ctx, [2]string{p.delivery.Tenant, p.sub.ID}, *client, refused)
		if err != nil {
			why := s.sender.explain(err)
			if why.code == failedConnection {
				why.code = failedToken
			}
			why.text = "not sent: " + strings.TrimPrefix(why.text, "not sent: ")
			return answer{problem: why}
		}
		p.letter.authorization = token
		if a = s.sender.send(ctx, &p.letter); a.status != http.StatusUnauthorized {
			break
		}
		refused = token
	}
	return a
}

// drop forgets the token of an endpoint, and its client.
func (t *tokens) drop(tenant, endpoint string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, [2]string{tenant, endpoint})
}

// retain forgets what the tenant's endpoints do not use any more.
func (t *tokens) retain(tenant string, endpoints map[string]*stored) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.all, func(k [2]string, e *tokenEntry) bool {
		sub := endpoints[k[1]]
		return k[0] == tenant && (sub == nil || sub.Settings.OAuth == nil || *sub.Settings.OAuth != e.client)
	})
}

// get gives a token that is not the refused one.
func (t *tokens) get(ctx context.Context, endpoint [2]string, client oauth, refused string) (string, error) {
	t.mu.Lock()
	e := t.all[endpoint]
	if e == nil || e.client != client {
		if t.all == nil {
			t.all = map[[2]string]*tokenEntry{}
		}
		e = &tokenEntry{client: client, turn: make(chan struct{}, 1)}
		e.turn <- struct{}{}
		t.all[endpoint] = e
	}
	t.mu.Unlock()
	select {
	case <-e.turn:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { e.turn <- struct{}{} }()
	now := t.sender.clock.Now()
	if e.value != "" && e.value != refused && now.Before(e.expires) {
		return e.value, nil
	}
	value, life, err := t.sender.fetchToken(ctx, client)
	if err != nil {
		return "", err
	}
	e.value, e.expires = value, now.Add(min(life, tokenMax)-tokenSpare)
	return value, nil
}

// fetchToken asks the receiver's token endpoint (reference: webhook onboarding).
func (s *sender) fetchToken(ctx context.Context, client oauth) (value string, life time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client.ID}, "client_secret": {client.Secret}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, client.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, err
	}
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	res, err := s.transport.RoundTrip(r)
	if err != nil {
		return "", 0, fmt.Errorf("the token endpoint: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // it was read as far as it counts
	if res.StatusCode != http.StatusOK {
		return "", 0, fmt.Errorf("the token endpoint answered %d, only 200 counts", res.StatusCode)
	}
	var got struct {
		Token   string  `json:"access_token"`
		Type    string  `json:"token_type"`
		Expires float64 `json:"expires_in"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, tokenAnswer)).Decode(&got); err != nil {
		return "", 0, errors.New("the token endpoint's answer is not the JSON of a token")
	}
	if got.Type == "" {
		got.Type = "Bearer"
	}
	value = got.Type + " " + got.Token
	if got.Token == "" || !isToken(got.Type) || !isFieldValue(value) {
		return "", 0, errors.New("the token endpoint's answer holds no token that a header can carry")
	}
	return value, time.Duration(min(max(got.Expires, 0), tokenMax.Seconds()) * float64(time.Second)), nil
}
