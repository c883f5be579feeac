// SPDX-License-Identifier: Apache-2.0

package outbox

import "time"

// What an endpoint's failures in a row lead to.
const (
	suspectAfter = 3  // one attempt at a time
	tripAfter    = 10 // no attempts for a while
	tripBase     = time.Second
	tripMax      = 5 * time.Minute // doubling; always shorter than the retry timetable's own wait after so many failures
)

// breaker stops sending to an endpoint that fails whatever it is sent. When its time is over it is
// half open: one attempt is let through and decides.
type breaker struct {
	failures int       // in a row, over all lanes
	since    time.Time // of the first of them, on the tenant's clock
	trips    int       // how often it opened since the last success
	until    time.Time // zero: closed
}

// change is what an attempt did to a breaker.
type change int

const (
	unchanged change = iota
	opened           // or opened again
	closed
)

// open says whether nothing may be sent now.
func (b *breaker) open(now time.Time) bool { return now.Before(b.until) }

func (b *breaker) fail(now time.Time) change {
	if b.failures++; b.failures == 1 {
		b.since = now
	}
	if b.failures < tripAfter || b.open(now) { // the latter: others that were under way when it opened
		return unchanged
	}
	b.until = now.Add(min(tripBase<<min(b.trips, 20), tripMax))
	b.trips++
	return opened
}

func (b *breaker) succeed() change {
	was := !b.until.IsZero()
	*b = breaker{}
	if was {
		return closed
	}
	return unchanged
}
