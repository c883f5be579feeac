// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/airside-travel/airside/internal/vault"
)

// caller gives the token that API users are managed with.
type caller func(ctx context.Context, refused *token) (*token, error)

// as calls with a broker's token.
func as(b *broker) caller {
	return func(ctx context.Context, refused *token) (*token, error) {
		if refused != nil {
			b.refuse(refused)
		}
		return b.get(ctx, refused)
	}
}

// with calls with this token or not at all.
func with(t *token) caller {
	return func(_ context.Context, refused *token) (*token, error) {
		if refused != nil {
			return nil, errRefused
		}
		return t, nil
	}
}

// manage calls an operation of API users. Whoever calls has to tell apart what was not carried out (ErrThrottled,
// ErrUnavailable, errRefused, errFull, errGone) from what may have been (errLost).
func (c *Client) manage(ctx context.Context, who caller, op, method, path string, in, out any) error {
	var refused *token
	for {
		t, err := who(ctx, refused)
		if err != nil {
			return err
		}
		status, err := c.manageOnce(ctx, t, op, method, path, in, out)
		if status == http.StatusUnauthorized && refused == nil { // not carried out
			refused = t
			continue
		}
		return err
	}
}

func (c *Client) manageOnce(ctx context.Context, t *token, op, method, path string, in, out any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, c.env.Timeouts.Response)
	defer cancel()
	fail := func(kind error, status int, detail string, err error) error {
		return &Error{Kind: kind, Environment: c.env.Name, Op: op, Status: status, Detail: detail, cause: safeCause(err)}
	}
	var send io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return 0, fail(ErrInvalid, 0, "the request cannot be written", nil)
		}
		send = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.env.BaseURL+path, send)
	if err != nil {
		return 0, fail(ErrInvalid, 0, "the base URL cannot be used", nil)
	}
	req.Header.Set("Authorization", t.bearer())
	req.Header.Set("Accept", "application/json")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.base.RoundTrip(req)
	if unsent(err) {
		return 0, fail(ErrUnavailable, 0, "no connection", err)
	} else if err != nil {
		return 0, fail(errLost, 0, "", err)
	}
	unpack(res)
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	defer clear(text)
	status := res.StatusCode
	switch {
	case status/100 == 2 && out == nil:
		return status, nil
	case status == http.StatusOK:
		if err != nil || json.Unmarshal(text, out) != nil {
			return status, fail(errLost, status, "the answer cannot be read", err)
		}
		return status, nil
	case status == http.StatusTooManyRequests:
		f := &Error{Kind: ErrThrottled, Environment: c.env.Name, Op: op, Status: status}
		f.RetryAfter = retryAfter(res.Header.Get("Retry-After"), c.o.Clock.Now())
		return status, f
	case status == http.StatusNotFound:
		return status, fail(errGone, status, "", nil)
	case status == http.StatusConflict:
		return status, fail(errFull, status, "", nil)
	case status >= 500:
		return status, fail(errLost, status, "", nil)
	default:
		return status, fail(errRefused, status, "", nil)
	}
}

// rotateSecret replaces an API user's secret. Its old one and all its tokens are dead when this succeeds, and may
// be when it returns errLost.
func (c *Client) rotateSecret(ctx context.Context, who caller, client string) (credential, error) {
	var out pair
	err := c.manage(ctx, who, "rotate", http.MethodPost, "/v2/api-users/rotate", map[string]string{"clientId": client}, &out)
	if err == nil && out.ClientID == "" {
		out.ClientID = client
	}
	return c.issued("rotate", out, err, out.ClientID == client)
}

// createUser makes an API user with the environment's role.
func (c *Client) createUser(ctx context.Context, who caller) (credential, error) {
	in := map[string]string{"role": c.env.Role, "credentialType": "CLIENT_CREDENTIALS"}
	if c.env.TMC != "" {
		in["tmcId"] = c.env.TMC
	}
	if c.env.Company != "" {
		in["orgId"] = c.env.Company
	}
	var out pair
	err := c.manage(ctx, who, "create", http.MethodPost, "/v2/api-users", in, &out)
	return c.issued("create", out, err, out.ClientID != "")
}

// issued is the credential in an answer. One without a secret is as good as lost.
func (c *Client) issued(op string, out pair, err error, fits bool) (credential, error) {
	switch {
	case err != nil:
		return credential{}, err
	case !fits || out.ClientSecret == "":
		return credential{}, &Error{Kind: errLost, Environment: c.env.Name, Op: op, Detail: "the answer has no secret, or is of another API user"}
	}
	return credential{client: out.ClientID, secret: vault.NewSecret([]byte(out.ClientSecret))}, nil
}

// revokeUser revokes an API user; one that is gone already is a success.
func (c *Client) revokeUser(ctx context.Context, who caller, client string) error {
	err := c.manage(ctx, who, "revoke", http.MethodPost, "/v2/api-users/revoke", map[string]string{"clientId": client}, nil)
	if errors.Is(err, errGone) {
		return nil
	}
	return err
}

// listUsers gives the ids of the TMC's API users.
func (c *Client) listUsers(ctx context.Context, who caller) ([]string, error) {
	var out struct {
		APIUsers []struct {
			ClientID string `json:"clientId"`
		} `json:"apiUsers"`
	}
	if err := c.manage(ctx, who, "list", http.MethodGet, "/v2/api-users?limit=100", nil, &out); err != nil {
		return nil, err
	}
	var list []string
	for _, u := range out.APIUsers {
		list = append(list, u.ClientID)
	}
	return list, nil
}
