// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"sync"
)

// pool keeps connections for reuse and bounds how many there are.
type pool struct {
	dial  func(ctx context.Context) (*conn, error)
	slots chan struct{}

	mu         sync.Mutex
	idle       []*conn
	generation int
}

func newPool(size int, dial func(context.Context) (*conn, error)) *pool {
	return &pool{dial: dial, slots: make(chan struct{}, size)}
}

// get waits for a free connection until ctx ends.
func (p *pool) get(ctx context.Context) (*conn, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	generation := p.generation
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	c, err := p.dial(ctx)
	if err != nil {
		<-p.slots
		return nil, err
	}
	c.made = generation
	return c, nil
}

// put gives a connection back; what is not fit for another transaction is closed.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	keep := c.made == p.generation && c.usable()
	if keep {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		c.close()
	}
	<-p.slots
}

// purge closes the idle connections, and those in use when they come back: when one of them broke,
// the others did too, or lead to a server that is not the primary any more.
func (p *pool) purge() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.generation++
	p.mu.Unlock()
	for _, c := range idle {
		c.close()
	}
}
