// SPDX-License-Identifier: Apache-2.0

package telemetry

import "sync"

// Ring keeps the last n events, to explain a debugIdentifier. Older ones are forgotten.
type Ring struct {
	mu    sync.Mutex
	slots []*Event
	next  int
	byID  map[string]*Event
}

// NewRing makes a ring of n events.
func NewRing(n int) *Ring {
	return &Ring{slots: make([]*Event, n), byID: make(map[string]*Event, n)}
}

// Add keeps the event; the caller no longer changes it.
func (r *Ring) Add(e *Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.slots[r.next]; old != nil {
		delete(r.byID, old.ID)
	}
	r.slots[r.next] = e
	r.byID[e.ID] = e
	r.next = (r.next + 1) % len(r.slots)
}

// Get finds an event by its id; nil when it was never there or is forgotten.
func (r *Ring) Get(id string) *Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byID[id]
}
