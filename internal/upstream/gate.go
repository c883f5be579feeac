// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"sync"
)

// gate counts the requests that are on their way, in all and by API user, and holds new ones back while a secret
// is rotated.
type gate struct {
	mu    sync.Mutex
	open  chan struct{} // closed while requests may pass; another one, not closed, while they are held
	all   int
	by    map[string]int // client id -> requests sent with its token
	fell  chan struct{}  // closed when a count has become zero, then replaced
	waits int            // requests that are held
}

func newGate() *gate {
	g := &gate{open: make(chan struct{}), by: map[string]int{}, fell: make(chan struct{})}
	close(g.open)
	return g
}

// wait returns when the gate is open; it may be closed again by then.
func (g *gate) wait(ctx context.Context) error {
	g.mu.Lock()
	open := g.open
	select {
	case <-open:
		g.mu.Unlock()
		return nil
	default:
	}
	g.waits++
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.waits--
		g.mu.Unlock()
	}()
	select {
	case <-open:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// enter counts a request in when the gate is open.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
		g.all++
		return true
	default:
		return false
	}
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all--; g.all == 0 {
		g.tell()
	}
}

// sent counts a request for an API user; over is called when its answer has been read.
func (g *gate) sent(client string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.by[client]++
}

func (g *gate) over(client string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.by[client]--; g.by[client] == 0 {
		delete(g.by, client)
		g.tell()
	}
}

func (g *gate) tell() {
	close(g.fell)
	g.fell = make(chan struct{})
}

// hold keeps new requests back. Holding twice is holding once.
func (g *gate) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
		g.open = make(chan struct{})
	default:
	}
}

// release lets them pass.
func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

// drain waits until none is on its way; with a client id, none of that API user's.
func (g *gate) drain(ctx context.Context, client string) error {
	for {
		g.mu.Lock()
		n, fell := g.all, g.fell
		if client != "" {
			n = g.by[client]
		}
		g.mu.Unlock()
		if n == 0 {
			return nil
		}
		select {
		case <-fell:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// counts are for Status.
func (g *gate) counts() (held bool, onTheWay, waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
	default:
		held = true
	}
	return held, g.all, g.waits
}

// Traffic says whether requests are held, and how many are on their way and waiting.
func (c *Client) Traffic() (held bool, onTheWay, waiting int) { return c.gate.counts() }
