// SPDX-License-Identifier: Apache-2.0

package telemetry

import "sync"

// Ring keeps the last n events, to explain a debugIdentifier. Older ones are forgotten.
type Ring struct {
	mu    sync.Mutex
	slots []*Event
	next  int
}

// NewRing makes a ring of n events.
func NewRing(n int) *Ring {
	return &Ring{slots: make([]*Event, n)}
}

// Add keeps the event; the caller no longer changes it.
func (r *Ring) Add(e *Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slots[r.next] = e
	r.next = (r.next + 1) % len(r.slots)
}

// Get finds an event by its id; nil when it was never there or is forgotten. It looks at all of them: every
// request is added, and hardly one is asked for.
func (r *Ring) Get(id string) *Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.slots {
		if e != nil && e.ID == id {
			return e
		}
	}
	return nil
}
