// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// early is how long before its end a token is renewed.
const early = time.Minute

// bearer is the access token, a new one when there is none or it is about to expire. Callers that come
// while it is fetched wait for the same one.
func (c *Client) bearer(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" && (c.o.Token != "" || c.o.Now().Before(c.expires)) {
		return c.token, nil
	}
	if c.o.ClientID == "" || c.o.ClientSecret == "" {
		return "", errors.New("client: neither a token nor client id and secret are set")
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.o.ClientID}, "client_secret": {c.o.ClientSecret}}
	for attempt := 1; ; attempt++ {
		header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		r, err := c.send(ctx, http.MethodPost, "/v2/auth/oauth2-token", header, []byte(form.Encode()))
		if err != nil {
			return "", err
		}
		if (r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable) && attempt < c.o.Attempts {
			if err := c.o.Wait(ctx, pause(r.Header, attempt)); err != nil {
				return "", err
			}
			continue
		}
		var got struct {
			Token string `json:"access_token"`
			Life  int    `json:"expires_in"` // seconds
		}
		if r.Status != http.StatusOK {
			return "", readError("fetchOauth2Token", r)
		}
		if err := json.Unmarshal(r.Body, &got); err != nil || got.Token == "" {
			return "", errors.New("client: the token endpoint answered without a token")
		}
		c.token, c.expires = got.Token, c.o.Now().Add(time.Duration(got.Life)*time.Second-early)
		return c.token, nil
	}
}

// forget drops the token after the server refused it.
func (c *Client) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token = ""
}

// pause is how long to wait before the next attempt: what the server says, else twice as long as
// before, from a quarter of a second to half a minute.
func pause(h http.Header, attempt int) time.Duration {
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil && s >= 0 {
		return min(time.Duration(s)*time.Second, 5*time.Minute)
	}
	return min(time.Duration(math.Pow(2, float64(attempt-1))*float64(250*time.Millisecond)), 30*time.Second)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
