// SPDX-License-Identifier: Apache-2.0

package outbox

import "time"

// seat is an attempt's place among the workers. An attempt that takes longer than Options.Patience gives
// it up, so that however many endpoints hang, those that answer find workers.
type seat struct {
	timer   *time.Timer
	waiting bool // given up
	left    bool // the attempt is over
}

// seat begins the time that an attempt counts as a worker; mu is held.
func (c *courier) seat(q *queue) *seat {
	s := &seat{}
	s.timer = time.AfterFunc(c.options.Patience, func() { c.giveUp(q, s) })
	return s
}

// giveUp takes an attempt off the workers, if there is room among those that wait; otherwise it is tried
// again, as some of them will end.
func (c *courier) giveUp(q *queue, s *seat) {
	c.mu.Lock()
	if s.left || c.stopped {
		c.mu.Unlock()
		return
	}
	if c.waiting >= c.options.Waiting {
		s.timer.Reset(c.options.Patience)
		c.mu.Unlock()
		return
	}
	s.waiting = true
	c.waiting++
	c.running--
	hungry := c.refill(q)
	c.tell()
	c.mu.Unlock()
	for tenant := range hungry {
		c.wake(tenant)
	}
	if len(hungry) > 0 { // its own lanes may wait, too
		c.wake(q.tenant)
	}
}

// refill gives a free worker away: to the queue's own lanes, or, if others waited for one, to whom the loop
// shares it out; those are returned. mu is held.
func (c *courier) refill(q *queue) (hungry map[string]struct{}) {
	if len(c.starved) > 0 {
		hungry, c.starved = c.starved, map[string]struct{}{}
		return hungry
	}
	c.start(q)
	return nil
}
