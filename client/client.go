// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bytes"
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

	"github.com/airside-travel/airside/contract"
)

// maxAnswer bounds what is read of one answer, in bytes.
const maxAnswer = 64 << 20

// Options say whom to talk to, and as whom.
type Options struct {
	BaseURL                string // such as https://airside.example.com
	ClientID, ClientSecret string // of an API user
	Token                  string // an access token instead of id and secret; it is not renewed

	HTTP      *http.Client // nil: one with a timeout of a minute, which follows no redirects
	UserAgent string
	Attempts  int // how often a call is tried where the server is busy, getting its token included; 0 for 6

	// Wait and Now stand for the clock in tests.
	Wait func(ctx context.Context, d time.Duration) error
	Now  func() time.Time
}

// Client calls operations. It is safe for use by many goroutines.
type Client struct {
	o        Options
	base     string
	contract *contract.Contract

	turn chan struct{} // has room for whoever is getting a token; unlike a mutex it can be given up waiting for

	mu      sync.Mutex
	token   string
	expires time.Time
}

// New makes a client; nothing is sent yet. It reads the contract, which takes about 0.1 s.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("client: %q is not the URL of a server", o.BaseURL)
	}
	c, err := contract.Load()
	if err != nil {
		return nil, err
	}
	return with(o, c), nil
}

// With is New for a caller that has read the contract already.
func With(o Options, c *contract.Contract) *Client { return with(o, c) }

func with(o Options, c *contract.Contract) *Client {
	if o.HTTP == nil {
		// A redirect would carry the token elsewhere, or turn a POST into a GET.
		refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		o.HTTP = &http.Client{Timeout: time.Minute, CheckRedirect: refuse}
	}
	if o.Attempts == 0 {
		o.Attempts = 6
	}
	if o.UserAgent == "" {
		o.UserAgent = "airside-go"
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Client{o: o, base: strings.TrimRight(o.BaseURL, "/"), contract: c, turn: make(chan struct{}, 1), token: o.Token}
}

// Params are path, query and header parameters by their names in the contract.
type Params = url.Values

// Request is a call with everything it can have.
type Request struct {
	Operation string
	Params    Params
	Header    http.Header // such as If-Match or Idempotency-Key
	Body      any         // json.RawMessage and []byte go out as they are; nil for none
}

// Response is the answer to a call that the server did not refuse.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// ETag is the version of the resource, empty when the server names none.
func (r *Response) ETag() string { return r.Header.Get("ETag") }

// Call calls an operation and decodes the answer into out, unless that is nil.
func (c *Client) Call(ctx context.Context, operation string, params Params, body, out any) error {
	r, err := c.Do(ctx, Request{Operation: operation, Params: params, Body: body})
	if err != nil || out == nil || len(r.Body) == 0 {
		return err
	}
	if err := json.Unmarshal(r.Body, out); err != nil {
		return fmt.Errorf("client: the answer of %s: %w", operation, err)
	}
	return nil
}

// Do calls an operation. A busy server (429, 503) is asked again, after as long as it says; a lost
// connection only where the operation changes nothing, because otherwise nobody knows what happened.
// What else the server says is its last word, about the credentials too.
func (c *Client) Do(ctx context.Context, q Request) (*Response, error) {
	op := c.contract.Operation(q.Operation)
	if op == nil {
		return nil, fmt.Errorf("client: the contract has no operation %q", q.Operation)
	}
	target, err := address(op, q.Params)
	if err != nil {
		return nil, err
	}
	body, err := encode(q.Body)
	if err != nil {
		return nil, fmt.Errorf("client: the body of %s: %w", op.ID, err)
	}
	left := &patience{attempts: c.o.Attempts, wait: c.o.Wait}
	for renewed := false; ; {
		token := ""
		if !op.Public {
			if token, err = c.bearer(ctx, left); err != nil {
				return nil, err
			}
		}
		r, err := c.once(ctx, op, target, q, body, token)
		if r != nil && r.Status == http.StatusUnauthorized && !renewed && token != "" && c.o.Token == "" {
			renewed = true // killed by a rotation, or by a clock that was moved
			c.forget(token)
			continue
		}
		if err == nil || op.Effect == contract.Read {
			if again, stop := left.again(ctx, r, err); stop != nil {
				return nil, stop
			} else if again {
				continue
			}
		}
		switch {
		case err != nil:
			return nil, err
		case r.Status/100 != 2:
			return nil, readError(op.ID, r)
		}
		return r, nil
	}
}

func (c *Client) once(ctx context.Context, op *contract.Operation, target string, q Request, body []byte, token string) (*Response, error) {
	header := http.Header{}
	maps.Copy(header, q.Header)
	for i := range op.Params {
		if p := &op.Params[i]; p.In == contract.InHeader && q.Params.Has(p.Name) {
			header.Set(p.Name, q.Params.Get(p.Name))
		}
	}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	if body != nil && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	return c.send(ctx, op.Method, target, header, body)
}

func (c *Client) send(ctx context.Context, method, target string, header http.Header, body []byte) (*Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = header
	req.Header.Set("User-Agent", c.o.UserAgent)
	res, err := c.o.HTTP.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // the URL may hold what should not be logged
		}
		return nil, &lost{fmt.Errorf("client: %s %s: %w", method, strings.SplitN(target, "?", 2)[0], err)}
	}
	defer res.Body.Close()
	out := &Response{Status: res.StatusCode, Header: res.Header}
	if out.Body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return nil, &lost{fmt.Errorf("client: the answer broke off: %w", err)}
	}
	return out, nil
}

// address is path and query of a call.
func address(op *contract.Operation, params Params) (string, error) {
	path, query := op.Path, url.Values{}
	for name, values := range params {
		known := false
		for i := range op.Params {
			p := &op.Params[i]
			if p.Name != name {
				continue
			}
			known = true
			switch {
			case len(values) == 0:
			case p.In == contract.InPath:
				path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(values[0]))
			case p.In == contract.InQuery && p.Comma:
				query.Set(name, strings.Join(values, ","))
			case p.In == contract.InQuery:
				query[name] = values
			}
		}
		if !known {
			return "", fmt.Errorf("client: %s has no parameter %q", op.ID, name)
		}
	}
	if strings.Contains(path, "{") {
		return "", fmt.Errorf("client: %s needs its parameters: %s", op.ID, op.Path)
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path, nil
}

func encode(body any) ([]byte, error) {
	switch b := body.(type) {
	case nil:
		return nil, nil
	case json.RawMessage:
		return b, nil
	case []byte:
		return b, nil
	}
	return json.Marshal(body)
}
