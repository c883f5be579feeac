// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/airside-travel/airside/internal/clock"
)

// Refusal makes the body of the answer to a connection that broke a rule, and notes it. The rule has a name for
// programs, such as bare-lf, and message says it to people.
type Refusal func(remote net.Addr, rule, message string) (body []byte)

// Listen puts the rules in front of a listener's connections.
func Listen(l net.Listener, refuse Refusal) net.Listener { return &listener{l, refuse} }

type listener struct {
	net.Listener
	refuse Refusal
}

// Accept waits for a connection.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, refuse: l.refuse}, nil
}

type conn struct {
	net.Conn
	refuse   Refusal
	scanner  scanner
	answered atomic.Bool // something was written since the last head came
	refused  atomic.Bool
	heads    int
	writeBy  time.Time // until when bytes may wait for the caller; one goroutine writes at a time
}

// State is for http.Server's ConnState: when a connection waits for its next request, what was written before is a
// whole answer, and a refusal is one more.
func State(c net.Conn, s http.ConnState) {
	if c, ok := c.(*conn); ok && s == http.StateIdle {
		c.answered.Store(false)
	}
}

// linger is how long a refusal may take to be written.
const linger = 2 * time.Second

// Read passes on what keeps the rules.
func (c *conn) Read(p []byte) (int, error) {
	if c.refused.Load() {
		return 0, io.EOF
	}
	n, err := c.Conn.Read(p)
	if n == 0 {
		return n, err
	}
	why := c.scanner.scan(p[:n])
	if c.scanner.heads != c.heads {
		c.heads = c.scanner.heads
		c.answered.Store(false)
	}
	if why == nil {
		return n, err
	}
	if c.refused.CompareAndSwap(false, true) {
		body := c.refuse(c.RemoteAddr(), why.name, why.message)
		if !c.answered.Load() { // else an answer may be on its way, and ours would be read as part of it
			_ = c.Conn.SetWriteDeadline(clock.System().Now().Add(linger))
			_, _ = fmt.Fprintf(c.Conn, "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"+
				"Connection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}
	}
	return 0, io.EOF
}

// A caller who takes less than a piece in a stall is not reading: it would hold what its answer holds, a connection to
// a real API for one, for as long as it likes.
const (
	stall = 30 * time.Second
	piece = 64 << 10 // bytes
)

// Write sends an answer, unless the connection was refused meanwhile. A caller who does not take it has
// os.ErrDeadlineExceeded as its end.
func (c *conn) Write(p []byte) (n int, err error) {
	c.answered.Store(true) // first: of two who come at once, one sees the other
	if c.refused.Load() {
		return 0, net.ErrClosed
	}
	for first := true; first || len(p) > 0; first = false {
		now := clock.System().Now()
		if !first || c.writeBy.Sub(now) < stall/2 { // not for each small answer: it costs more than the write of some
			c.writeBy = now.Add(stall)
			if err := c.SetWriteDeadline(c.writeBy); err != nil {
				return n, err
			}
		}
		m, err := c.Conn.Write(p[:min(len(p), piece)])
		n += m
		if err != nil {
			return n, err
		}
		p = p[m:]
	}
	return n, nil
}
