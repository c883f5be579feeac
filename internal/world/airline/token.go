// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"encoding/binary"
	"fmt"

	"github.com/airside-travel/airside/internal/supplier"
)

// token is what a Ref says: everything from which an offer is rebuilt without state.
type token struct {
	multi, round bool
	adjust       int8 // percent a scenario put on the fare
	discount     int64
	currency     int
	tick         int32
	pax          [supplier.NumPaxTypes]int64
	order        [supplier.NumPaxTypes]uint8 // traveler types in the order they were asked for
	types        int                         // entries of order
	total        int64
	legs         []tokenLeg
}

type tokenLeg struct {
	date   supplier.Date
	multi  bool // the leg itself is on separate tickets
	brand  uint8
	bucket uint8
	seats  uint16
	n      uint8
	flight [3]int32
	day    [3]uint8
}

const tokenVersion = 1

// dateZero keeps dates short.
const dateZero = supplier.Date(18262) // 2020-01-01

// encode appends the token to b: about 30 bytes for a nonstop, at most 80 for three legs with two stops each.
func (e *Engine) encode(b []byte, t *token) []byte {
	flags := byte(0)
	if t.multi {
		flags |= 1
	}
	if t.round {
		flags |= 2
	}
	b = append(b, tokenVersion, byte(e.w.Version), byte(e.w.Version>>8), flags|byte(len(t.legs))<<4, byte(t.adjust),
		byte(t.discount), byte(t.currency))
	b = binary.AppendUvarint(b, uint64(t.tick))
	b = binary.AppendUvarint(b, uint64(t.total))
	for _, typ := range t.order[:t.types] {
		b = append(b, typ<<4|byte(t.pax[typ]))
	}
	b = append(b, 0)
	for i := range t.legs {
		l := &t.legs[i]
		b = binary.LittleEndian.AppendUint16(b, uint16(l.date-dateZero))
		fare := l.brand<<4 | l.bucket
		if l.multi {
			fare |= 0x80
		}
		b = append(b, fare, l.n<<6|l.day[1]<<3|l.day[2])
		b = binary.LittleEndian.AppendUint16(b, l.seats)
		for _, f := range l.flight[:l.n] {
			b = binary.AppendUvarint(b, uint64(f))
		}
	}
	return b
}

// decode reads a Ref. One of another world is ErrExpired; anything else that does not fit is ErrNotFound. What it
// answers is safe to rebuild.
func (e *Engine) decode(ref supplier.Ref) (token, error) {
	r := reader{b: ref}
	if r.byte() != tokenVersion {
		return token{}, fmt.Errorf("offer reference: %w", supplier.ErrNotFound)
	}
	if r.byte() != byte(e.w.Version) || r.byte() != byte(e.w.Version>>8) {
		return token{}, fmt.Errorf("offer of an earlier timetable: %w", supplier.ErrExpired)
	}
	flags := r.byte()
	t := token{multi: flags&1 != 0, round: flags&2 != 0, adjust: int8(r.byte()), discount: int64(r.byte()),
		currency: int(r.byte()), tick: int32(r.uint(1 << 30)), total: int64(r.uint(1 << 60))}
	for {
		x := r.byte()
		if x == 0 {
			break
		}
		typ := x >> 4
		if t.types >= supplier.NumPaxTypes || typ >= supplier.NumPaxTypes || t.pax[typ] != 0 || x&15 == 0 {
			r.bad = true
			break
		}
		t.order[t.types], t.pax[typ] = typ, int64(x&15)
		t.types++
	}
	for range flags >> 4 {
		var l tokenLeg
		l.date = dateZero + supplier.Date(r.word())
		x := r.byte()
		l.multi, l.brand, l.bucket = x&0x80 != 0, x>>4&7, x&15
		x = r.byte()
		l.n, l.day[1], l.day[2] = x>>6, x>>3&7, x&7
		l.seats = r.word()
		if l.n == 0 || l.bucket >= uint8(len(bucketFares)) || l.day[1] >= frameDays || l.day[2] >= frameDays {
			r.bad = true
		}
		for i := range l.n {
			l.flight[i] = int32(r.uint(uint64(len(e.net.depart))))
		}
		t.legs = append(t.legs, l)
	}
	n := len(t.legs)
	if r.bad || len(r.b) > 0 || n == 0 || n > maxLegs || t.currency >= len(e.w.Currencies) ||
		e.w.Currencies[t.currency].PerUSD == 0 || t.discount > 39 || t.types == 0 {
		return token{}, fmt.Errorf("offer reference: %w", supplier.ErrNotFound)
	}
	return t, nil
}

// reader takes a reference apart; what is missing reads as zero and marks it bad.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	x := r.b[0]
	r.b = r.b[1:]
	return x
}

func (r *reader) word() uint16 { lo := r.byte(); return uint16(lo) | uint16(r.byte())<<8 }

func (r *reader) uint(below uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v >= below {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

// rebuild makes the way to fly that a leg of a token names; false when the flights do not connect.
func (e *Engine) rebuild(l *tokenLeg) (cand, bool) {
	n := e.net
	c := cand{flight: l.flight, day: l.day, n: l.n, multi: l.multi}
	fr := e.frames.get(l.date)
	for i := range int(c.n) {
		c.route[i] = uint32(n.routeOf(c.flight[i]))
		if i > 0 && n.routeFrom[c.route[i]] != n.routeTo[c.route[i-1]] {
			return c, false
		}
		dep := fr.departure(n.zone[n.routeFrom[c.route[i]]], int(c.day[i]), n.depart[c.flight[i]])
		if i == 0 {
			c.dep = dep
		} else if dep < c.arr {
			return c, false
		}
		c.arr = dep + int32(n.block[c.flight[i]])
	}
	c.from, c.to = n.routeFrom[c.route[0]], n.routeTo[c.route[c.n-1]]
	e.fare(&c, l.date)
	return c, int(l.brand) < len(brands[e.archetype(c.carrier)])
}
