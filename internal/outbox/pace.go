// SPDX-License-Identifier: Apache-2.0

package outbox

import "time"

// pace keeps an endpoint to a rate on the tenant's clock, with up to a second's worth at once.
type pace struct {
	spent time.Time // when all that was sent would have gone out at an even pace
	slot  time.Time // the last time that was promised to a waiting delivery
}

func interval(rate float64) time.Duration { return time.Duration(float64(time.Second) / rate) }

// free is when the next may be sent; not after now when it may be sent at once.
func (p *pace) free(now time.Time, rate float64) time.Time {
	if rate <= 0 {
		return now
	}
	burst := time.Second - interval(rate)
	return p.spent.Add(-max(burst, 0))
}

// spend counts one that is sent.
func (p *pace) spend(now time.Time, rate float64) {
	if rate <= 0 {
		return
	}
	if p.spent.Before(now) {
		p.spent = now
	}
	p.spent = p.spent.Add(interval(rate))
}

// promise gives the next waiting delivery a time of its own.
func (p *pace) promise(now time.Time, rate float64) time.Time {
	at := p.free(now, rate)
	if next := p.slot.Add(interval(rate)); next.After(at) {
		at = next
	}
	p.slot = at
	return at
}
