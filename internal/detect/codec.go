// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"encoding/binary"
	"math"
)

// codec writes values, or reads them back: one walk through the state serves both, so that they cannot
// disagree. After the first error it reads zeros.
type codec struct {
	b       []byte
	reading bool
	bad     bool
}

func (c *codec) u64(v *uint64) {
	if !c.reading {
		c.b = binary.AppendUvarint(c.b, *v)
		return
	}
	x, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.bad, c.b, x, n = true, nil, 0, 0
	}
	*v, c.b = x, c.b[n:]
}

func whole[T ~int | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint64](c *codec, v *T) {
	u := uint64(*v)<<1 ^ uint64(int64(*v)>>63) // small negative numbers stay short
	c.u64(&u)
	*v = T(int64(u>>1) ^ -int64(u&1))
}

func (c *codec) f32(v *float32) {
	u := uint64(math.Float32bits(*v)) // zero, the most frequent, is one byte
	c.u64(&u)
	*v = math.Float32frombits(uint32(u))
	if math.IsNaN(float64(*v)) {
		c.bad, *v = true, 0
	}
}

func (c *codec) f64(v *float64) {
	u := math.Float64bits(*v)
	c.u64(&u)
	if *v = math.Float64frombits(u); math.IsNaN(*v) {
		c.bad, *v = true, 0
	}
}

func (c *codec) flag(v *bool) {
	var u uint64
	if *v {
		u = 1
	}
	c.u64(&u)
	*v = u == 1
}

func (c *codec) text(v *string) {
	n := c.length(len(*v), 1)
	if !c.reading {
		c.b = append(c.b, *v...)
		return
	}
	*v, c.b = string(c.b[:n]), c.b[n:]
}

func (c *codec) raw(v []byte) {
	if !c.reading {
		c.b = append(c.b, v...)
		return
	}
	if len(c.b) < len(v) {
		c.bad, c.b = true, nil
		return
	}
	copy(v, c.b)
	c.b = c.b[len(v):]
}

// length is a number of things that take at least so many bytes each: what is read cannot promise more
// than there is.
func (c *codec) length(n, each int) int {
	u := uint64(n)
	c.u64(&u)
	if c.reading && u > uint64(len(c.b)/each) {
		c.bad, c.b = true, nil
		return 0
	}
	return int(u)
}

// list walks a slice; what a snapshot may hold of it is bounded.
func list[T any](c *codec, s *[]T, most int, one func(*T)) {
	n := c.length(len(*s), 1)
	if c.reading {
		if n > most {
			c.bad, n = true, 0
		}
		*s = make([]T, n)
	}
	for i := range *s {
		one(&(*s)[i])
	}
}

func (c *counter) walk(k *codec) {
	whole(k, &c.head)
	for i := range c.sums {
		k.f32(&c.sums[i])
	}
	k.f32(&c.total)
	walkProof(k, &c.proof)
}

func walkProof(k *codec, p **evidence) {
	has := *p != nil
	if k.flag(&has); !has {
		return
	}
	if *p == nil {
		*p = new(evidence)
	}
	e := *p
	whole(k, &e.next)
	if e.next < 0 {
		k.bad, e.next = true, 0
	}
	for i := range e.ids {
		k.text(&e.ids[i])
	}
}

func (u *usual) walk(k *codec) {
	whole(k, &u.day)
	whole(k, &u.days)
	k.f32(&u.peak)
	k.f32(&u.level)
}

func (s *sample) walk(k *codec) {
	whole(k, &s.level)
	whole(k, &s.swept)
	list(k, &s.entries, maxSample, k.u64)
	walkProof(k, &s.proof)
	if s.level > 32 {
		k.bad, s.level = true, 0
	}
}

func (m *known) walk(k *codec) { list(k, &m.entries, maxKnown, k.u64) }

func (s *series) walk(k *codec) {
	s.window.walk(k)
	whole(k, &s.hour)
	whole(k, &s.since)
	k.f32(&s.peak)
	for i := range s.week {
		whole(k, &s.week[i])
	}
	for i := range s.day {
		whole(k, &s.day[i])
	}
	for _, v := range append(s.week[:], s.day[:]...) {
		k.bad = k.bad || v >= 0xff00 // no number
	}
	k.raw(s.weekHas[:])
	k.raw(s.dayHas[:])
	s.limitHour = 0 // it is computed again
}

func (c *counting) walk(k *codec) { c.counter.walk(k); c.usual.walk(k) }
func (s *sampling) walk(k *codec) { s.sample.walk(k); s.usual.walk(k) }
func (p *pairing) walk(k *codec)  { p.part.walk(k); p.whole.walk(k) }
