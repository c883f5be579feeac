// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"sync"
	"time"
)

// mostLocations is more than the zone database has names. It bounds the memory nevertheless, for a path like
// "Europe/./Paris" opens a zone as well, and zones come from callers.
const mostLocations = 1024

// locations remembers zones by name: to load one reads and parses a file, and every end of every flight shown
// needs one.
type locations struct {
	mu    sync.RWMutex
	known map[string]*time.Location
}

var loaded = locations{known: map[string]*time.Location{}} //nolint:gochecknoglobals // a cache of what is the same for everybody

// location is a zone by name, UTC when there is no such zone or no name.
func location(name string) *time.Location { return loaded.get(name) }

func (l *locations) get(name string) *time.Location {
	if name == "" || name == "UTC" || name == "Local" {
		return time.UTC
	}
	l.mu.RLock()
	loc := l.known[name]
	l.mu.RUnlock()
	if loc != nil {
		return loc
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC // not remembered: there is no end of names that are no zone
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.known) < mostLocations {
		l.known[name] = loc
	}
	return loc
}
