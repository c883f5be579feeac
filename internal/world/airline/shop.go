// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"slices"

	"github.com/airside-travel/airside/internal/supplier"
)

// shop runs a query on borrowed memory.
func (e *Engine) shop(s *scratch, q *supplier.AirQuery) (*supplier.AirResult, error) {
	if err := e.compile(s, q); err != nil {
		return nil, err
	}
	s.book = e.ledger.book(q.Tenant)
	s.book.mu.RLock()
	defer s.book.mu.RUnlock()
	first, legs := 0, len(q.Legs)
	if q.LegByLeg {
		if len(q.Chosen) > 0 {
			t, err := e.decode(q.Chosen)
			if err != nil {
				return nil, err
			}
			if first = len(t.legs); first >= legs {
				return nil, reject("chosen", "all legs are chosen")
			}
			for i := range t.legs {
				if !e.choose(s, i, &t) {
					return nil, reject("chosen", "not an offer of this query")
				}
			}
		}
		legs = first + 1
	}
	for i := first; i < legs; i++ {
		e.search(s, &s.legs[i])
		e.price(s, &s.legs[i])
	}
	e.combine(s, q, legs)
	r := e.facts(s, legs)
	if r.Total == 0 {
		r.NearestDate = e.nearest(s, q, first, legs)
	}
	e.page(s, q, legs, r)
	return r, nil
}

// choose fills leg i with the one way that was chosen for it.
func (e *Engine) choose(s *scratch, i int, t *token) bool {
	w, l := &s.legs[i], &t.legs[i]
	if w.q.frame.date != l.date || t.pax != s.pricer.pax {
		return false
	}
	c, ok := e.rebuild(l)
	if !ok {
		return false
	}
	w.cands = append(w.cands[:0], c)
	w.priced = append(w.priced[:0], e.priceAs(&s.pricer, &w.cands[0], l.brand, l.bucket, l.seats))
	return true
}

// price makes an offer of every way to fly in every brand that the query wants and that has seats.
func (e *Engine) price(s *scratch, w *legWork) {
	p := &s.pricer
	w.priced = w.priced[:0]
	date := w.q.frame.date
	for i := range w.cands {
		c := &w.cands[i]
		e.fare(c, date)
		_, _, bps := e.share(c)
		abroad := e.abroad(c)
		var fixed [2]int64
		var have [2]bool
		var seg availability
		shown := 0
		for bi := range brands[e.archetype(c.carrier)] {
			b := &brands[e.archetype(c.carrier)][bi]
			if !p.wants(b) || shown == brandsShown {
				continue
			}
			if seg.cabin != b.cabin {
				seg = e.availability(s.book, c, date, b.cabin, p)
			}
			if !seg.ok || p.filters.CabinMode == supplier.CabinAll && seg.mixed {
				continue
			}
			k := 0
			if b.cabin > supplier.Economy {
				k = 1
			}
			if !have[k] {
				sink := taxSink{rate: p.milli}
				e.fixedTaxes(c, k == 1, &sink)
				fixed[k], have[k] = sink.sum, true
			}
			base := p.baseFare(c, b, seg.bucket)
			shown++
			w.priced = append(w.priced, priced{cand: int32(i), brand: uint8(bi), bucket: seg.bucket, seats: seg.seats,
				base: base, tax: fixed[k], total: p.sum(base, fixed[k], bps, abroad)})
		}
	}
}

// priceAs prices a known way in a known brand and bucket.
func (e *Engine) priceAs(p *pricer, c *cand, brandIndex, bucket uint8, seats uint16) priced {
	b := &brands[e.archetype(c.carrier)][brandIndex]
	_, _, bps := e.share(c)
	sink := taxSink{rate: p.milli}
	e.fixedTaxes(c, b.cabin > supplier.Economy, &sink)
	base := p.baseFare(c, b, bucket)
	return priced{brand: brandIndex, bucket: bucket, seats: seats, base: base, tax: sink.sum,
		total: p.sum(base, sink.sum, bps, e.abroad(c))}
}

func (e *Engine) abroad(c *cand) bool {
	return e.w.Airports[c.from].Country != e.w.Airports[c.to].Country
}

// brandsShown is how many fare brands one itinerary is offered in.
const brandsShown = 3

// wants tells whether the filters let a brand pass. Without filters on cabin or category it is economy.
func (p *pricer) wants(b *brand) bool {
	f := p.filters
	if f.CabinMode != supplier.CabinAny {
		if b.cabin != f.Cabin {
			return false
		}
	} else if len(f.Shelves)+len(f.Views) == 0 && b.cabin != supplier.Economy {
		return false
	}
	if len(f.Shelves) > 0 && !has(f.Shelves, b.shelf) || len(f.Views) > 0 && !has(f.Views, b.view) {
		return false
	}
	if f.FreeCheckedBag && b.checked == 0 && b.kg == 0 || f.FreeCarryOn && b.carryOn == 0 {
		return false
	}
	money := b.cancel.kind == supplier.RuleFree || b.cancel.kind == supplier.RuleFee
	switch f.Change {
	case supplier.ChangeableOrRefundable:
		return money || b.change.kind != supplier.RuleNotAllowed
	case supplier.RefundableWithPenalty:
		return money
	case supplier.RefundableWithoutPenalty:
		return b.cancel.kind == supplier.RuleFree
	}
	return !f.CorporateOnly || p.discount > 0
}

func has[T comparable](s []T, v T) bool {
	return slices.Contains(s, v)
}

// availability is what a way to fly has left in a cabin.
type availability struct {
	cabin  supplier.Cabin // asked for
	ok     bool           // seats on every flight, and at least one flight has the cabin
	mixed  bool           // some flight has another cabin
	bucket uint8
	seats  uint16
}

func (e *Engine) availability(b *book, c *cand, date supplier.Date, cabin supplier.Cabin, p *pricer) availability {
	a := availability{cabin: cabin}
	for i := range int(c.n) {
		got := e.cabinOn(c.flight[i], cabin)
		a.mixed = a.mixed || got != cabin
		a.ok = a.ok || got == cabin
		day := date + supplier.Date(c.day[i])
		free, installed := e.seats(b, c.flight[i], day, got, p.tick)
		if free < p.seats {
			a.ok = false
			return a
		}
		if int(c.carrier) != e.net.zz {
			a.bucket = max(a.bucket, bucket(free, installed, p.seats, int32(day)-p.tick/4))
		}
		a.seats |= uint16(min(free, 9)) << (4 * i)
	}
	return a
}

// cabinOn is the cabin a flight really has for who pays for another.
func (e *Engine) cabinOn(flight int32, want supplier.Cabin) supplier.Cabin {
	seats := &e.w.Aircraft[e.net.typ[flight]].Seats
	if seats[want-1] > 0 {
		return want
	}
	if want == supplier.First && seats[supplier.Business-1] > 0 {
		return supplier.Business
	}
	return supplier.Economy
}

// nearest looks for the closest date within a week on which something flies.
func (e *Engine) nearest(s *scratch, q *supplier.AirQuery, first, legs int) supplier.Date {
	for i := first; i < legs; i++ {
		w := &s.legs[i]
		if len(w.cands) > 0 {
			continue
		}
		if !w.reachable {
			return 0
		}
		asked := q.Legs[i].Date
		for _, d := range [...]supplier.Date{1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7} {
			if day := asked + d; int64(day) >= q.Now.Unix()/86400 {
				w.q.frame = e.frames.get(day)
				w.q.floor = int32(max(q.Now.Unix()/60-int64(day)*1440+closeDoors, -100_000))
				if e.search(s, w); len(w.cands) > 0 {
					w.cands = w.cands[:0]
					return day
				}
			}
		}
		return 0
	}
	return 0
}
