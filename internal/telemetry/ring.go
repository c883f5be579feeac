// SPDX-License-Identifier: Apache-2.0

package telemetry

import "sync"

// Ring keeps the last events, to explain a debugIdentifier. Older ones are forgotten, those that went well sooner:
// nobody asks what was wrong with them.
type Ring struct {
	mu     sync.Mutex
	failed turn
	fine   turn
}

// turn is a list of which the oldest is replaced by the next.
type turn struct {
	slots []*Event
	next  int
}

// NewRing makes a ring of n events that failed, and an eighth as many that went well.
func NewRing(n int) *Ring {
	return &Ring{failed: turn{slots: make([]*Event, n)}, fine: turn{slots: make([]*Event, max(n/8, 1))}}
}

// Add keeps the event; the caller no longer changes it.
func (r *Ring) Add(e *Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := &r.fine
	if e.Status >= 400 {
		t = &r.failed
	}
	t.slots[t.next] = e
	t.next = (t.next + 1) % len(t.slots)
}

// Get finds an event by its id; nil when it was never there or is forgotten. It looks at all of them: every
// request is added, and hardly one is asked for.
func (r *Ring) Get(id string) *Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range []turn{r.failed, r.fine} {
		for _, e := range t.slots {
			if e != nil && e.ID == id {
				return e
			}
		}
	}
	return nil
}
