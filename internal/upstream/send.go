// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"crypto/tls"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/airside-travel/airside/internal/upstream/h1"
)

// sender sends a request once, with a bearer; within bounds it and its answer, 0 does not.
type sender interface {
	Send(req *http.Request, bearer string, within time.Duration) (*http.Response, error)
	CloseIdle()
}

// newPool keeps as many idle connections as there may be busy ones.
func newPool(env Environment, base *url.URL) *h1.Pool {
	o := h1.Options{
		Address: base.Host, Connect: env.Timeouts.Connect, Answer: env.Timeouts.Response, Idle: 90 * time.Second, MaxIdle: env.Limits.Connections,
	}
	port := "80"
	if base.Scheme == "https" {
		port = "443"
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: base.Hostname()}
	}
	if base.Port() == "" {
		o.Address = net.JoinHostPort(base.Hostname(), port)
	}
	return h1.New(o)
}

// whole sends over any transport, which gets a request of its own: the one with the bearer is nobody else's.
type whole struct{ http.RoundTripper }

// Send sends.
func (t whole) Send(req *http.Request, bearer string, within time.Duration) (*http.Response, error) {
	ctx, cancel := req.Context(), context.CancelFunc(func() {})
	if within > 0 {
		ctx, cancel = context.WithTimeout(ctx, within)
	}
	out := req.WithContext(ctx) // a shallow copy
	out.Header = maps.Clone(req.Header)
	if out.Header == nil {
		out.Header = http.Header{}
	}
	out.Header["Authorization"] = []string{bearer}
	res, err := t.RoundTrip(out)
	if err != nil {
		cancel()
		return nil, err
	}
	res.Body = &cancelling{res.Body, cancel}
	return res, nil
}

// CloseIdle is the transport's own business.
func (t whole) CloseIdle() {}

// cancelling ends the context of a request with its body.
type cancelling struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close closes the body and ends the request.
func (c *cancelling) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}
