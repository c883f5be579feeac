// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/airside-travel/airside/internal/upstream/h1"
)

// most is how often a request is sent. A 401 says that the upstream did not process it, so it is repeated whatever
// its method: once, and again when other rotations fell in between, as they do on a slow machine that rotates in a
// row.
const most = 4

// RoundTrip sends a request to the upstream: it waits while a rotation holds the gate and while the limits are
// reached, adds the bearer, and repeats a request that was refused with 401 because its token had died. The caller's
// Authorization header is replaced. Nothing is repeated after any other failure. The errors are those of the package;
// one of ErrUnavailable with Op "send" that is not Unsent means that the upstream may or may not have processed it.
func (c *Client) RoundTrip(req *http.Request) (*http.Response, error) { return c.Send(req, 0) }

// Send is RoundTrip that gives up after a time, the answer's body included; what waits for a rotation, a limit or a
// token has that time for itself. 0 is no bound but the request's context.
func (c *Client) Send(req *http.Request, within time.Duration) (*http.Response, error) {
	res, err := c.roundTrip(req, within)
	if err != nil && req.Body != nil {
		req.Body.Close() // as RoundTripper demands; closing twice is allowed
	}
	return res, err
}

func (c *Client) roundTrip(req *http.Request, within time.Duration) (*http.Response, error) {
	ctx := req.Context()
	if req.URL == nil || hostPort(req.URL) != c.host {
		return nil, c.fail(ErrInvalid, "the request is for another host than the environment's", nil)
	}
	out := req
	if req.Body != nil || req.ContentLength != 0 || req.GetBody != nil {
		own := *req // the caller's stays as it is
		out = &own
		if err := keep(out, c.env.Limits.Replay); err != nil {
			return nil, c.fail(ErrInvalid, "the body could not be read", err)
		}
	}
	if err := c.enter(ctx, within); err != nil {
		shut(out)
		return nil, err
	}
	var refused *token
	for n := 1; ; n++ {
		t, err := c.token(ctx, refused, within)
		if err != nil {
			shut(out)
			c.left()
			return nil, err
		}
		res, err := c.send(out, t, within)
		if err != nil {
			c.left()
			return nil, err
		}
		if res.StatusCode == http.StatusUnauthorized {
			c.refused.Add(1)
			if c.broker.refuse(t) && (out.Body == nil || out.GetBody != nil) && n < most {
				c.event(ctx, Event{Kind: EventRefused})
				discard(res)
				c.gate.over(t.client)
				if out.Body != nil {
					if out.Body, err = out.GetBody(); err != nil {
						c.left()
						return nil, c.fail(ErrInvalid, "the body cannot be read again", err)
					}
				}
				c.replayed.Add(1)
				refused = t
				continue
			}
		}
		res.Request = req // not ours
		unpack(res)
		res.Body = &answer{ReadCloser: res.Body, c: c, client: t.client}
		return res, nil
	}
}

// left ends what enter began.
func (c *Client) left() {
	<-c.slots
	c.gate.leave()
}

// token is the broker's, which is waited for only when there is none.
func (c *Client) token(ctx context.Context, refused *token, within time.Duration) (*token, error) {
	if t := c.broker.ready(refused); t != nil {
		return t, nil
	}
	ctx, cancel := bounded(ctx, within)
	defer cancel()
	return c.broker.get(ctx, refused)
}

func bounded(ctx context.Context, within time.Duration) (context.Context, context.CancelFunc) {
	if within <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, within)
}

// enter waits for the gate and the limits, the gate first, so that what it held does not leave all at once.
func (c *Client) enter(ctx context.Context, within time.Duration) error {
	if c.rate == nil { // mostly nothing holds a request, and then there is nothing to wait for
		select {
		case c.slots <- struct{}{}:
			if c.gate.enter() {
				return nil
			}
			<-c.slots
		default:
		}
	}
	ctx, end := bounded(ctx, within)
	defer end()
	hold, cancel := context.WithTimeoutCause(ctx, c.env.Timeouts.Hold, ErrHeld)
	defer cancel()
	for {
		if err := c.gate.wait(hold); err != nil {
			if errors.Is(err, ErrHeld) {
				return c.fail(ErrHeld, "", nil)
			}
			return c.fail(ErrHeld, "", err)
		}
		if c.rate != nil {
			if err := c.rate.Wait(ctx); err != nil {
				return c.limited("calls per second", c.rateFree(), err)
			}
		}
		select {
		case c.slots <- struct{}{}:
		case <-ctx.Done():
			return c.limited("calls at once", 0, ctx.Err())
		}
		if c.gate.enter() {
			return nil
		}
		<-c.slots
	}
}

// rateFree is how long it takes until the rate lets another request through.
func (c *Client) rateFree() time.Duration {
	r := c.rate.Reserve()
	defer r.Cancel()
	return r.Delay()
}

// limited is a request that waited for a limit of ours for as long as it could.
func (c *Client) limited(of string, wait time.Duration, err error) error {
	return &Error{Kind: ErrLimit, Environment: c.env.Name, Op: "send", Detail: of, RetryAfter: wait, cause: safeCause(err)}
}

// send sends once.
func (c *Client) send(req *http.Request, t *token, within time.Duration) (*http.Response, error) {
	c.sent.Add(1)
	c.gate.sent(t.client)
	res, err := c.calls.Send(req, t.bearer(), within)
	if err == nil {
		return res, nil
	}
	c.gate.over(t.client)
	switch {
	case errors.Is(err, h1.ErrRequest):
		return nil, c.fail(ErrInvalid, "the request cannot be written", nil)
	case unsent(err):
		return nil, &Error{Kind: ErrUnavailable, Environment: c.env.Name, Op: "send", Detail: "no connection", Unsent: true, cause: safeCause(err)}
	}
	return nil, c.fail(ErrUnavailable, "no answer; it may have been processed", err)
}

// discard reads a short answer to its end, so that the connection is used again.
func discard(res *http.Response) {
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer) // a longer one costs the connection
	res.Body.Close()
}

func (c *Client) fail(kind error, detail string, err error) error {
	return &Error{Kind: kind, Environment: c.env.Name, Op: "send", Detail: detail, cause: safeCause(err)}
}
