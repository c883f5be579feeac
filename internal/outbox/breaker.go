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
	slot     time.Time // the last time that was promised to a waiting delivery
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
	b.until = now.Add(b.wait(b.trips))
	b.trips++
	return opened
}

func (b *breaker) wait(trips int) time.Duration {
	return min(tripBase<<min(max(trips, 0), 20), tripMax)
}

// promise gives the next waiting delivery a time of its own, so that each time the breaker is half open
// there is one to try and the others need not be put off again. When it closes all of them are due.
func (b *breaker) promise() time.Time {
	at := b.until
	if next := b.slot.Add(b.wait(b.trips - 1)); next.After(at) {
		at = next
	}
	if last := b.until.Add(slowMax); at.After(last) {
		at = last
	}
	b.slot = at
	return at
}

func (b *breaker) succeed() change {
	was := !b.until.IsZero()
	*b = breaker{}
	if was {
		return closed
	}
	return unchanged
}
