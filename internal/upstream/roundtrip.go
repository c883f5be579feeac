// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
)

// most is how often a request is sent. A 401 says that the upstream did not process it, so it is repeated whatever
// its method, once, and once more when another rotation fell in between.
const most = 3

// RoundTrip sends a request to the upstream: it waits while a rotation holds the gate and while the limits are
// reached, adds the bearer, and repeats a request that was refused with 401 because its token had died. The caller's
// Authorization header is replaced. Nothing is repeated after any other failure. The errors are those of the package;
// one of ErrUnavailable with Op "send" that is not Unsent means that the upstream may or may not have processed it.
func (c *Client) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := c.roundTrip(req)
	if err != nil && req.Body != nil {
		req.Body.Close() // as RoundTripper demands; closing twice is allowed
	}
	return res, err
}

func (c *Client) roundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	switch {
	case c.env.Mode == DryRun:
		return nil, c.fail(ErrDryRun, "", nil)
	case req.URL == nil || hostPort(req.URL) != c.host:
		return nil, c.fail(ErrInvalid, "the request is for another host than the environment's", nil)
	}
	b, err := keep(req, c.env.Limits.Replay)
	if err != nil {
		return nil, c.fail(ErrInvalid, "the body could not be read", err)
	}
	if err := c.enter(ctx); err != nil {
		b.first.Close()
		return nil, err
	}
	left := func() {
		<-c.slots
		c.gate.leave()
	}
	var refused *token
	for n := 1; ; n++ {
		t, err := c.broker.get(ctx, refused)
		if err != nil {
			b.first.Close()
			left()
			return nil, err
		}
		res, err := c.send(req, b, t)
		if err != nil {
			left()
			if unsent(err) {
				return nil, &Error{Kind: ErrUnavailable, Environment: c.env.Name, Op: "send", Detail: "no connection", Unsent: true, cause: safeCause(err)}
			}
			return nil, c.fail(ErrUnavailable, "no answer; it may have been processed", err)
		}
		if res.StatusCode == http.StatusUnauthorized {
			c.refused.Add(1)
			if c.broker.refuse(t) && b.again != nil && n < most {
				c.event(ctx, Event{Kind: EventRefused})
				discard(res)
				c.gate.over(t.client)
				if b.first, err = b.again(); err != nil {
					left()
					return nil, c.fail(ErrInvalid, "the body cannot be read again", err)
				}
				c.replayed.Add(1)
				refused = t
				continue
			}
		}
		res.Request = req // not ours, which has the bearer
		client := t.client
		res.Body = &answer{ReadCloser: res.Body, done: func() {
			c.gate.over(client)
			left()
		}}
		return res, nil
	}
}

// enter waits for the gate and the limits, the gate first, so that what it held does not leave all at once.
func (c *Client) enter(ctx context.Context) error {
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
				return c.fail(ErrThrottled, "the environment's own rate limit", err)
			}
		}
		select {
		case c.slots <- struct{}{}:
		case <-ctx.Done():
			return c.fail(ErrThrottled, "the environment's own limit of requests at once", ctx.Err())
		}
		if c.gate.enter() {
			return nil
		}
		<-c.slots
	}
}

// send sends once. The request that the caller gave stays as it is.
func (c *Client) send(req *http.Request, b *body, t *token) (*http.Response, error) {
	out := req.WithContext(req.Context()) // a shallow copy
	out.Header = maps.Clone(req.Header)
	if out.Header == nil {
		out.Header = http.Header{}
	}
	out.Header["Authorization"] = []string{t.bearer()}
	out.Body, out.GetBody, out.ContentLength = b.first, b.again, b.size
	if b.first == http.NoBody {
		out.Body, out.GetBody, out.ContentLength = nil, nil, 0
	}
	c.sent.Add(1)
	c.gate.sent(t.client)
	res, err := c.base.RoundTrip(out)
	if err != nil {
		c.gate.over(t.client)
	}
	return res, err
}

// discard reads a short answer to its end, so that the connection is used again.
func discard(res *http.Response) {
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer) // a longer one costs the connection
	res.Body.Close()
}

func (c *Client) fail(kind error, detail string, err error) error {
	return &Error{Kind: kind, Environment: c.env.Name, Op: "send", Detail: detail, cause: safeCause(err)}
}
