// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"maps"
	"sync"
)

// anyEndpoint stands for endpoints that are not known by name.
const anyEndpoint = ""

// signal collects tenants that have something to send, and which endpoints may have a new head of a
// lane. Hooks of transactions write to it, so it must never block.
type signal struct {
	mu       sync.Mutex
	dirty    map[string]map[string]struct{}
	forgiven map[[2]string]struct{}        // tenants' endpoints whose breaker somebody closed
	known    map[string]map[string]*stored // what endpoints tenants have, where that was read anew
	ping     chan struct{}
}

func newSignal() signal {
	return signal{ping: make(chan struct{}, 1), dirty: map[string]map[string]struct{}{}, forgiven: map[[2]string]struct{}{}, known: map[string]map[string]*stored{}}
}

// wake says that the tenant may have something due at these endpoints, or that there is room for what
// is in hand.
func (c *courier) wake(tenant string, endpoints ...string) {
	c.signal.mark(tenant, endpoints...)
	select {
	case c.signal.ping <- struct{}{}:
	default:
	}
}

// insist closes an endpoint's breaker and wakes the courier: somebody wants it tried now.
func (c *courier) insist(tenant, endpoint string) {
	c.signal.mu.Lock()
	c.signal.forgiven[[2]string{tenant, endpoint}] = struct{}{}
	c.signal.mu.Unlock()
	c.wake(tenant, endpoint)
}

// mark is for the next pass, whenever that is.
func (s *signal) mark(tenant string, endpoints ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.dirty[tenant]
	if news == nil {
		news = map[string]struct{}{}
		s.dirty[tenant] = news
	}
	for _, id := range endpoints {
		news[id] = struct{}{}
	}
}

func (s *signal) take() map[string]map[string]struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.dirty
	s.dirty = map[string]map[string]struct{}{}
	return taken
}

// retain says which endpoints the tenant has: others need not be kept.
func (s *signal) retain(tenant string, endpoints map[string]*stored) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[tenant] = endpoints
}

// retire drops the endpoints that are gone and have nothing in hand; the queue's owner holds the courier's lock, and
// no attempt of it is between its end and what follows.
func (s *signal) retire(q *queue) {
	s.mu.Lock()
	known, news := s.known[q.tenant]
	delete(s.known, q.tenant)
	s.mu.Unlock()
	if !news {
		return
	}
	left := false
	maps.DeleteFunc(q.endpoints, func(id string, e *endpoint) bool {
		gone := known[id] == nil
		idle := e.running == 0 && len(e.ready) == 0
		left = left || gone && !idle
		return gone && idle
	})
	if left {
		s.again(q.tenant, known)
	}
}

// again is for the next pass, unless something newer is known.
func (s *signal) again(tenant string, endpoints map[string]*stored) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[tenant] == nil {
		s.known[tenant] = endpoints
	}
}

// forgive closes the breakers that somebody insisted on; the queue's owner holds the courier's lock.
func (s *signal) forgive(q *queue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.forgiven {
		if k[0] != q.tenant {
			continue
		}
		if e := q.endpoints[k[1]]; e != nil {
			e.breaker = breaker{}
		}
		delete(s.forgiven, k)
	}
}
