// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/telemetry"
)

// forward carries a call out on the real API. Reads are streamed, and repeated when nothing came back.
// Everything else is written to the audit trail before it leaves and again when the outcome is known.
func (m *Mux) forward(ctx context.Context, c *call) error {
	op := c.ep.op
	if err := m.maySend(ctx, c); err != nil {
		return err
	}
	if op.Effect == contract.Read {
		resp, err := m.read(ctx, c)
		if err != nil {
			return m.upstreamFailed(c, err)
		}
		if err := m.looked(ctx, c, resp); err != nil {
			_ = resp.Body.Close()
			return err
		}
		return m.stream(ctx, c, resp)
	}
	return m.change(ctx, c)
}

// looked records a read that leaves a trace, before anything of the answer is passed on.
func (m *Mux) looked(ctx context.Context, c *call, resp *http.Response) error {
	if !m.audited(c.ep.op) {
		c.event.Decide(telemetry.Audit, telemetry.None, "", "")
		return nil
	}
	outcome := outcomeDone
	if resp.StatusCode >= http.StatusBadRequest {
		outcome = outcomeRefused
	}
	act := m.act(c, outcome, "")
	return m.wrote(c, outcome, m.o.Store.Update(ctx, func(ctx context.Context) error { return m.note(ctx, act) }))
}

// maySend holds the call to the environment's mode.
func (m *Mux) maySend(ctx context.Context, c *call) error {
	op := c.ep.op
	c.at = telemetry.Mode
	mode := c.upstream.Mode()
	switch mode {
	case ModeReadOnly:
		if op.Effect != contract.Read {
			return c.readOnly()
		}
	case ModeDryRun:
		return m.rehearse(ctx, c)
	}
	c.event.Decide(telemetry.Mode, telemetry.Passed, mode, "")
	c.at = telemetry.Handle
	return nil
}

func (c *call) readOnly() error {
	return errs.New(errs.EnvironmentReadOnly, "the environment %s takes only reads at present", c.event.Environment).With("environment", c.event.Environment)
}

// passed are the request headers that go on: what the contract names besides these goes too.
func passed(name string) bool {
	switch name {
	case "Accept", "Accept-Language", "Content-Type", "If-Match", "If-None-Match", "Prefer", "Traceparent", "Tracestate":
		return true
	}
	return false
}

// answered are the response headers that come back.
func answered(name string) bool {
	switch name {
	case "Content-Type", "Content-Language", "Content-Disposition", "Etag", "Last-Modified", "Retry-After", "Location", "Link":
		return true
	}
	return false
}

// request makes the request for the real API anew: nothing that the caller wrote into hop-by-hop headers,
// forwarding headers or Authorization can reach it.
func (c *call) request(ctx context.Context) *http.Request {
	u := *c.upstream.BaseURL()
	u.Path = strings.TrimSuffix(u.Path, "/") + c.r.URL.Path // escaped anew; carriable has seen its values
	u.RawPath, u.RawQuery = "", c.r.URL.RawQuery
	r := (&http.Request{Method: c.r.Method, URL: &u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: make(http.Header, 8)}).WithContext(ctx)
	if body := c.body; len(body) > 0 {
		r.ContentLength = int64(len(body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		r.Body, _ = r.GetBody() // it has no error
	}
	for name, v := range c.r.Header {
		if passed(name) {
			r.Header[name] = v // nobody writes into it
		}
	}
	if v := r.Header["Content-Type"]; len(v) > 1 {
		r.Header["Content-Type"] = v[:1] // the one that was checked
	}
	for i := range c.ep.op.Params {
		if p := &c.ep.op.Params[i]; p.In == contract.InHeader {
			name := http.CanonicalHeaderKey(p.Name)
			if v := c.r.Header[name]; len(v) > 0 {
				r.Header[name] = v[:1] // likewise
			}
		}
	}
	r.Header["User-Agent"] = ourName
	r.Header["X-Request-Id"] = []string{c.event.ID}
	return r
}

var ourName = []string{"airside"} //nolint:gochecknoglobals // constant; Go has no constant slices

// send makes one attempt and notes it.
func (m *Mux) send(ctx context.Context, c *call) (*http.Response, error) {
	r := c.request(ctx)
	began := m.o.Clock.Now()
	resp, err := c.upstream.Send(r, c.upstream.Timeout())
	if c.event.Upstream == nil {
		c.event.Upstream = &telemetry.Upstream{}
	}
	up := c.event.Upstream
	up.Attempts++
	up.Took += m.o.Clock.Now().Sub(began)
	if err != nil {
		return nil, err
	}
	up.Status, up.RequestID = resp.StatusCode, clip(resp.Header.Get("X-Request-Id"), 1024)
	if err := plain(resp); err != nil {
		return nil, err
	}
	return resp, nil
}

// readAttempts is how often a read is sent at most. Nothing is sent again once an answer has begun.
const readAttempts = 3

// read sends a read until an answer begins.
func (m *Mux) read(ctx context.Context, c *call) (*http.Response, error) {
	var last error
	for range readAttempts {
		resp, err := m.send(ctx, c)
		if err == nil {
			again := resp.StatusCode == http.StatusBadGateway || resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") == ""
			if !again || c.event.Upstream.Attempts == readAttempts { // who says when to come back is not asked before
				return resp, nil
			}
			_, _ = io.CopyN(io.Discard, resp.Body, maxDrift) // so that the connection can be used again
			_ = resp.Body.Close()
			continue
		}
		if last = err; ctx.Err() != nil || errs.As(err) != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errEncoded) {
			break // the caller went away, it was refused on our side, or a repeat would take as long again or end alike
		}
	}
	return nil, last
}

// maxDrift bounds what is kept of a streamed answer, in bytes: to hold it to the contract, to find prices in it, and to
// give it an ETag.
const maxDrift = 256 << 10

// stream passes an answer on as it comes.
func (m *Mux) stream(ctx context.Context, c *call, resp *http.Response) error {
	defer resp.Body.Close()
	kept := keepers.Get().(*keeper) //nolint:forcetypeassert // the pool holds nothing else
	defer kept.done()
	if err := m.tag(c, resp, kept); err != nil {
		return err
	}
	c.copyHeaders(resp.StatusCode, resp.Header)
	c.sent = true
	c.event.Status = resp.StatusCode
	h := c.Header()
	h["Cache-Control"], h["X-Content-Type-Options"] = noStore, noSniff
	if resp.ContentLength >= 0 {
		h["Content-Length"] = []string{strconv.FormatInt(resp.ContentLength, 10)}
	}
	if len(h["Content-Type"]) == 0 {
		h["Content-Type"] = nil // none is guessed
	}
	c.WriteHeader(resp.StatusCode)
	n, err := kept.copy(c.ResponseWriter, resp.Body, resp.ContentLength < 0)
	c.event.BytesOut = int(n)
	m.said(c, kept.kept)
	if err != nil {
		c.event.Internal = err.Error()
		c.event.ErrorCode = string(errs.UpstreamBroken)
		c.event.Decide(telemetry.Handle, telemetry.Broken, "", "the answer ended early; the connection was cut, so that the caller sees it")
		panic(http.ErrAbortHandler) // finish logs; net/http closes the connection
	}
	c.event.Decide(telemetry.Handle, telemetry.Done, "forwarded", "")
	c.event.Upstream.Debug = debugOf(resp.StatusCode, kept.whole())
	m.drift(c, resp.StatusCode, resp.Header.Get("Content-Type"), kept.whole())
	caller := c.caller
	if caller != nil && caller.Application.Quotes && resp.StatusCode < 300 {
		if body := kept.whole(); body != nil {
			return m.quoted(ctx, c, body)
		}
	}
	return nil
}

// copyHeaders takes over the headers that callers may see.
func (c *call) copyHeaders(status int, from http.Header) {
	h := c.Header()
	for name, v := range from {
		if answered(name) {
			h[name] = v // the answer is nobody else's
		}
	}
	if l := h["Location"]; len(l) > 0 {
		h.Set("Location", strings.TrimPrefix(l[0], strings.TrimSuffix(c.upstream.BaseURL().String(), "/")))
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		if !isWait(h.Get("Retry-After")) {
			h.Set("Retry-After", soon)
		}
	}
	if id := c.event.Upstream.RequestID; id != "" {
		h["X-Upstream-Request-Id"] = []string{id}
	}
}

// isWait reports whether a Retry-After is seconds or a date (RFC 9110, section 10.2.3).
func isWait(v string) bool {
	if n, err := strconv.Atoi(v); err == nil {
		return n >= 0
	}
	_, err := http.ParseTime(v)
	return err == nil
}

// upstreamFailed turns what went wrong between us and the API into the caller's answer.
func (m *Mux) upstreamFailed(c *call, err error) error {
	if errs.As(err) != nil {
		return err
	}
	var late net.Error
	switch {
	case c.r.Context().Err() != nil && (errors.Is(err, context.Canceled) || !isNotSent(err)):
		return gone().Because(err)
	case errors.Is(err, errEncoded):
		return errs.New(errs.UpstreamBroken, "the answer of the environment %s is encoded in a way that was not asked for", c.event.Environment).Because(err)
	case isNotSent(err):
		return errs.New(errs.UpstreamUnavailable, "the environment %s cannot be reached", c.event.Environment).Because(err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return errs.New(errs.UpstreamTimeout, "the environment %s did not answer within %s", c.event.Environment, c.upstream.Timeout().Round(time.Millisecond)).Because(err)
	}
	return errs.New(errs.UpstreamBroken, "the answer of the environment %s broke off", c.event.Environment).Because(err)
}

func isNotSent(err error) bool {
	_, ok := errors.AsType[*NotSent](err)
	return ok
}
