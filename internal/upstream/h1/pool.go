// SPDX-License-Identifier: Apache-2.0

package h1

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/clock"
)

// Options say where a pool connects to and how long it waits. Everything is required but TLS.
type Options struct {
	Address string        // host:port
	TLS     *tls.Config   // nil: plain; only to this machine
	Connect time.Duration // for a connection, its handshake included
	Answer  time.Duration // from the request sent to the header of its answer
	Idle    time.Duration // after which an unused connection is closed
	MaxIdle int           // connections that are kept
}

// Pool holds the connections to one host. It is safe for concurrent use.
type Pool struct {
	o Options

	mu     sync.Mutex
	idle   []*conn     // by the time they were last used, which the next one is taken from the end of
	sweeps *time.Timer // runs while any is idle, for all of them; nil: never needed
	swept  bool        // it runs
}

// New makes a pool without connections.
func New(o Options) *Pool { return &Pool{o: o} }

// Send sends a request with a bearer and gives its answer, whose body must be closed; the connection is used again
// when the body was read to its end. within bounds all of it, the body of the answer included; 0 does not.
// Its Authorization header is not sent. Its body is closed, whatever becomes of it.
func (p *Pool) Send(req *http.Request, bearer string, within time.Duration) (*http.Response, error) {
	ctx := req.Context()
	defer func() { shut(req) }() // which may be another body by then
	now := clock.System().Now()
	var until time.Time
	if within > 0 {
		until = now.Add(within)
	}
	if d, ok := ctx.Deadline(); ok && (until.IsZero() || d.Before(until)) {
		until = d
	}
	for {
		c, err := p.take(ctx, now, until)
		if err != nil {
			return nil, err
		}
		resp, err := p.exchange(ctx, c, req, bearer, until)
		if err == nil {
			return resp, nil
		}
		if !again(ctx, c, req, err) {
			return nil, err
		}
		if req.GetBody != nil {
			shut(req)
			if req.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

func shut(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // it was read, or is of no use
	}
}

// again reports whether a failed request may be sent once more: its connection had been idle, and it was not
// written at all, or is a read to which no answer had begun.
func again(ctx context.Context, c *conn, req *http.Request, err error) bool {
	if !c.used || ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrRequest) {
		return false
	}
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return false
	}
	return c.written == 0 || c.got == 0 && (req.Method == http.MethodGet || req.Method == http.MethodHead)
}

// take finds an idle connection that is alive, or makes one.
func (p *Pool) take(ctx context.Context, now, until time.Time) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, p.unmade(err)
	}
	for {
		p.mu.Lock()
		n := len(p.idle)
		if n == 0 {
			p.mu.Unlock()
			return p.dial(ctx, until)
		}
		c := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		if now.Sub(c.since) < p.o.Idle && c.alive() {
			c.used = true
			return c, nil
		}
		_ = c.Close()
	}
}

// dial makes a connection. Whatever goes wrong until it can be used is of Op "dial": nothing was sent.
func (p *Pool) dial(ctx context.Context, until time.Time) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, p.o.Connect)
	defer cancel()
	if !until.IsZero() {
		ctx, cancel = context.WithDeadline(ctx, until)
		defer cancel()
	}
	d := net.Dialer{KeepAlive: 30 * time.Second}
	tcp, err := d.DialContext(ctx, "tcp", p.o.Address)
	if err != nil {
		if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
			err = p.unmade(context.DeadlineExceeded) // the socket's own error for it is another one
		}
		return nil, err
	}
	if p.o.TLS == nil {
		return newConn(tcp, tcp), nil
	}
	under := &ahead{Conn: tcp}
	secure := tls.Client(under, p.o.TLS)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = tcp.Close()
		return nil, p.unmade(err)
	}
	c := newConn(secure, tcp)
	c.ahead = under
	return c, nil
}

// unmade is why there is no connection.
func (p *Pool) unmade(err error) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: address(p.o.Address), Err: err}
}

// address is one that a name stands for.
type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }

// give takes a connection back.
func (p *Pool) give(c *conn) {
	c.since = clock.System().Now()
	p.mu.Lock()
	full := len(p.idle) >= p.o.MaxIdle
	if !full {
		p.idle = append(p.idle, c)
		p.watch(p.o.Idle)
	}
	p.mu.Unlock()
	if full {
		_ = c.Close()
	}
}

// watch has the idle connections looked through after a time, unless they are going to be anyway. p.mu is held.
func (p *Pool) watch(after time.Duration) {
	switch {
	case p.swept:
		return
	case p.sweeps == nil:
		p.sweeps = time.AfterFunc(after, p.sweep)
	default:
		p.sweeps.Reset(after)
	}
	p.swept = true
}

// sweep closes what nobody used for too long: where it is quiet, no call does.
func (p *Pool) sweep() {
	now := clock.System().Now()
	p.mu.Lock()
	old := 0
	for old < len(p.idle) && now.Sub(p.idle[old].since) >= p.o.Idle {
		old++
	}
	closing := slices.Clone(p.idle[:old])
	p.idle = slices.Delete(p.idle, 0, old)
	if p.swept = false; len(p.idle) > 0 {
		p.watch(p.o.Idle - now.Sub(p.idle[0].since))
	}
	p.mu.Unlock()
	for _, c := range closing {
		_ = c.Close()
	}
}

// CloseIdle closes the connections that are not used at present.
func (p *Pool) CloseIdle() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	if p.swept && p.sweeps.Stop() { // else it is about to find nothing
		p.swept = false
	}
	p.mu.Unlock()
	for _, c := range idle {
		_ = c.Close()
	}
}

// exchange writes a request and reads the answer's header.
func (p *Pool) exchange(ctx context.Context, c *conn, req *http.Request, bearer string, until time.Time) (*http.Response, error) {
	header := clock.System().Now().Add(p.o.Answer)
	if !until.IsZero() && until.Before(header) {
		header = until
	}
	_ = c.SetDeadline(header) // fails on a closed one, as does the next act
	stop := context.AfterFunc(ctx, c.abort)
	c.written, c.got = 0, 0
	resp, err := c.ask(req, p.o.Address, bearer)
	if err != nil {
		stop()
		_ = c.Close()
		return nil, reason(ctx, err)
	}
	if header != until {
		_ = c.SetDeadline(until)
		if ctx.Err() != nil {
			c.abort() // again: its deadline may be the one that was just replaced
		}
	}
	b := &body{ReadCloser: resp.Body, ctx: ctx, c: c, p: p, stop: stop, keep: !resp.Close && !req.Close}
	if resp.Body == http.NoBody || resp.ContentLength == 0 {
		b.end(true)
	} else {
		resp.Body = b
	}
	return resp, nil
}

// reason says in other words what ended the wait.
func reason(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return cause
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return context.DeadlineExceeded
	}
	return err
}

// body is that of an answer; its end gives the connection back.
type body struct {
	io.ReadCloser
	ctx  context.Context //nolint:containedctx // of the request that this answers
	c    *conn
	p    *Pool
	stop func() bool
	keep bool
	over bool
}

// Read reads.
func (b *body) Read(to []byte) (int, error) {
	n, err := b.ReadCloser.Read(to)
	switch {
	case err == io.EOF: //nolint:errorlint // io.Reader returns it bare
		b.end(true)
	case err != nil:
		b.end(false)
		err = reason(b.ctx, err)
	}
	return n, err
}

// Close gives up what was not read, and with it the connection.
func (b *body) Close() error {
	b.end(false)
	return nil
}

func (b *body) end(whole bool) {
	if b.over {
		return
	}
	b.over = true
	if untouched := b.stop(); whole && b.keep && untouched && b.c.spent() {
		b.p.give(b.c)
		return
	}
	_ = b.c.Close()
}
