// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// early is how long before its end a token is renewed.
const early = time.Minute

// bearer is the access token, a new one when there is none or it is about to expire. Callers that come
// while it is fetched wait for the same one, as long as they care to. A lost connection is made anew
// whatever the call is for: nothing of it was sent yet.
func (c *Client) bearer(ctx context.Context, left *patience) (string, error) {
	if token := c.current(); token != "" {
		return token, nil
	}
	if c.o.ClientID == "" || c.o.ClientSecret == "" {
		return "", errors.New("client: neither a token nor client id and secret are set")
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.o.ClientID}, "client_secret": {c.o.ClientSecret}}
	for {
		if token := c.current(); token != "" { // of who had the turn before
			return token, nil
		}
		header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		r, err := c.send(ctx, http.MethodPost, "/v2/auth/oauth2-token", header, []byte(form.Encode()))
		if err == nil && r.Status == http.StatusOK {
			return c.keep(r)
		}
		if again, stop := left.again(ctx, r, err); stop != nil {
			return "", stop
		} else if again {
			continue
		}
		if err != nil {
			return "", err
		}
		return "", readError("fetchOauth2Token", r)
	}
}

// current is the token to use; empty when there is none.
func (c *Client) current() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.o.Token == "" && !c.o.Now().Before(c.expires) {
		return ""
	}
	return c.token
}

// keep remembers the token of an answer.
func (c *Client) keep(r *Response) (string, error) {
	var got struct {
		Token string `json:"access_token"`
		Life  int    `json:"expires_in"` // seconds
	}
	if err := json.Unmarshal(r.Body, &got); err != nil || got.Token == "" {
		return "", errors.New("client: the token endpoint answered without a token")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token, c.expires = got.Token, c.o.Now().Add(time.Duration(got.Life)*time.Second-early)
	return got.Token, nil
}

// forget drops a token that the server refused, unless somebody has renewed it already.
func (c *Client) forget(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == token {
		c.token = ""
	}
}
