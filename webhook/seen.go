// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"context"
	"sync"
)

// Seen remembers which deliveries were handled. An implementation over a database is best written in
// the same transaction as the effect of the event. Both methods are called concurrently.
type Seen interface {
	// Has reports whether the delivery was handled before.
	Has(ctx context.Context, id string) (bool, error)
	// Add notes that it was.
	Add(ctx context.Context, id string) error
}

// Memory is a Seen that keeps the most recent ids in this process.
type Memory struct {
	mu   sync.Mutex
	ids  map[string]struct{}
	ring []string
	next int
}

// NewMemory keeps up to n ids; the oldest is forgotten first. n below 1 means 1.
func NewMemory(n int) *Memory {
	n = max(n, 1)
	return &Memory{ids: make(map[string]struct{}), ring: make([]string, n)}
}

// Has implements Seen; the error is always nil.
func (m *Memory) Has(_ context.Context, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.ids[id]
	return ok, nil
}

// Add implements Seen; the error is always nil.
func (m *Memory) Add(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.ids[id]; ok {
		return nil
	}
	delete(m.ids, m.ring[m.next])
	m.ring[m.next] = id
	m.ids[id] = struct{}{}
	m.next = (m.next + 1) % len(m.ring)
	return nil
}
