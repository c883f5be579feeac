// SPDX-License-Identifier: Apache-2.0

package clock

import (
	"sync"
	"time"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Func makes a Clock of a function.
type Func func() time.Time

// Now calls f.
func (f Func) Now() time.Time { return f() }

// System is the machine's clock, in UTC.
func System() Clock { return Func(func() time.Time { return time.Now().UTC() }) }

// State is how a tenant's clock differs from the system's. The zero State is real time.
type State struct {
	Frozen bool          `json:"frozen"`
	At     time.Time     `json:"at,omitzero"` // the moment shown while frozen
	Offset time.Duration `json:"offset"`      // added to the system's time while running
}

// Now is the tenant's time when the system shows t.
func (s State) Now(t time.Time) time.Time {
	if s.Frozen {
		return s.At
	}
	return t.Add(s.Offset)
}

// Tenants holds the clocks of all tenants; a tenant never seen runs in real time.
type Tenants struct {
	base Clock
	mu   sync.RWMutex
	m    map[string]State
}

// NewTenants makes the set on a base clock.
func NewTenants(base Clock) *Tenants { return &Tenants{base: base, m: map[string]State{}} }

// Now is the time of a tenant.
func (t *Tenants) Now(tenant string) time.Time { return t.State(tenant).Now(t.base.Now()) }

// Of is the tenant's clock as a Clock.
func (t *Tenants) Of(tenant string) Clock {
	return Func(func() time.Time { return t.Now(tenant) })
}

// State is the tenant's difference from the system's clock.
func (t *Tenants) State(tenant string) State {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.m[tenant]
}

// Set replaces the tenant's state; the caller has stored it already.
func (t *Tenants) Set(tenant string, s State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.m[tenant] = s
}

// Base is the clock under all of them.
func (t *Tenants) Base() Clock { return t.base }
