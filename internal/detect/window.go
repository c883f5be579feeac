// SPDX-License-Identifier: Apache-2.0

package detect

// parts is into how many a window is cut. One more is kept, so that a window is never shorter than
// the rule says, and at most a seventh longer.
const parts = 7

// counter sums over a sliding window of event time. Times are milliseconds since 1970.
type counter struct {
	head  int64 // index of the newest slice
	sums  [parts + 1]float32
	total float32
	proof *evidence
}

// add puts n at time t, when the engine's time is now, and returns the sum of the window up to now.
// What is too old to count is left out.
func (c *counter) add(t, now, window int64, n float32) float32 {
	width := max(window/parts, 1)
	cur := now / width
	i := cur
	if t != now {
		i = t / width
	}
	if c.head > cur+1 || c.head == 0 { // new, or left over from before the clock was set back
		*c = counter{head: cur}
	}
	c.advance(max(cur, c.head))
	if i > c.head-int64(len(c.sums)) {
		c.sums[uint64(i)%uint64(len(c.sums))] += n
		c.total += n
	}
	return c.total
}

func (c *counter) advance(to int64) {
	if to-c.head >= int64(len(c.sums)) {
		*c = counter{head: to}
		return
	}
	for c.head < to {
		c.head++
		c.sums[uint64(c.head)%uint64(len(c.sums))] = 0
		c.total = 0
		for _, s := range c.sums { // summed anew: subtracting would drift
			c.total += s
		}
	}
}

// read is the sum of the window that ends now.
func (c *counter) read(now, window int64) float32 {
	cur := now / max(window/parts, 1)
	if c.head == 0 || c.head > cur+1 {
		return 0
	}
	c.advance(max(cur, c.head))
	return c.total
}

// maxEvidence is how many event ids an alert carries.
const maxEvidence = 10

// evidence keeps the ids of the newest events behind a count.
type evidence struct {
	ids  [maxEvidence]string
	next int
}

func (e *evidence) put(id string) {
	e.ids[e.next%maxEvidence] = id
	e.next++
}

// list is oldest first.
func (e *evidence) list() []string {
	if e == nil {
		return nil
	}
	var out []string
	for i := max(0, e.next-maxEvidence); i < e.next; i++ {
		out = append(out, e.ids[i%maxEvidence])
	}
	return out
}

// witness keeps the id of an event once a count is so near its limit that the event may be among the
// last ten.
func (h hasher) witness(kept **evidence, ev *Event, value, limit float64) {
	if value < limit-maxEvidence+0.5 || ev.ID == "" {
		return
	}
	if *kept == nil {
		*kept = new(evidence)
	}
	(*kept).put(h.clip(ev.ID))
}
