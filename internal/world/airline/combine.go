// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"cmp"
	"slices"

	"github.com/airside-travel/airside/internal/supplier"
)

// Bounds of the work of combining legs.
const (
	keptPerFare = 8   // ways of one leg per airline and brand
	keptPerLeg  = 480 // ways of one leg
	beam        = 300 // combinations carried to the next leg
	keptMixed   = 12  // ways of one leg that combine with any other airline
)

// roundPercent is a half return fare next to a one-way fare.
const roundPercent = 92

// combine fills s.combos with one priced way per leg. Legs of one airline in one brand make a through fare, at return
// level when the second leg goes back; the cheapest ways also combine over airlines.
func (e *Engine) combine(s *scratch, q *supplier.AirQuery, legs int) {
	s.combos = s.combos[:0]
	for i := range s.legs[0].priced {
		x := &s.legs[0].priced[i]
		s.combos = append(s.combos, combo{part: [maxLegs]int32{int32(i)}, total: x.total,
			multi: s.legs[0].cands[x.cand].multi})
	}
	if legs > 1 {
		back := legs == 2 && len(q.Legs) == 2 && s.goesBack()
		for leg := 1; leg < legs; leg++ {
			e.extend(s, leg, back, q.Filters.HideMultiTicket)
		}
	}
	f := &q.Filters
	if f.FareMin > 0 || f.FareMax > 0 {
		s.combos = slices.DeleteFunc(s.combos, func(c combo) bool {
			return c.total < f.FareMin || f.FareMax > 0 && c.total > f.FareMax
		})
	}
}

func (s *scratch) goesBack() bool {
	a, b := &s.legs[0].q, &s.legs[1].q
	return has(b.origins, a.dests[0]) && has(b.dests, a.origins[0])
}

// extend combines what there is with the next leg.
func (e *Engine) extend(s *scratch, leg int, back, hideMulti bool) {
	s.prune(leg - 1)
	ways := s.bestWays(leg)
	before := len(s.combos)
	w := &s.legs[leg]
	for i := range before {
		head := s.combos[i]
		p0, c0 := s.part(&head, 0)
		_, last := s.part(&head, leg-1)
		landed := int64(s.legs[leg-1].q.frame.date)*1440 + int64(last.arr)
		for rank, at := range ways {
			p, c := &w.priced[at], &w.cands[w.priced[at].cand]
			if int64(w.q.frame.date)*1440+int64(c.dep) < landed+mctAbroad {
				continue
			}
			next := head
			next.part[leg] = at
			switch {
			case !head.multi && !c.multi && c.carrier == c0.carrier && p.brand == p0.brand:
				if next.round = back; back {
					next.total = e.roundTotal(s, p0, c0) + e.roundTotal(s, p, c)
				} else {
					next.total = head.total + p.total
				}
			case i < keptMixed && rank < keptMixed && (p.brand == p0.brand || c.carrier != c0.carrier):
				next.multi = head.multi || c.multi || !e.net.sameTicket(c.carrier, c0.carrier)
				if next.multi && hideMulti {
					continue
				}
				next.total = head.total + p.total
			default:
				continue
			}
			s.combos = append(s.combos, next)
		}
	}
	s.combos = s.combos[:copy(s.combos, s.combos[before:])]
}

func (s *scratch) part(c *combo, leg int) (*priced, *cand) {
	w := &s.legs[leg]
	p := &w.priced[c.part[leg]]
	return p, &w.cands[p.cand]
}

// roundTotal is the total of a way at the level of half a return fare.
func (e *Engine) roundTotal(s *scratch, p *priced, c *cand) int64 {
	_, _, bps := e.share(c)
	return s.pricer.sum(s.pricer.half(p.base), p.tax, bps, e.abroad(c))
}

// half is half a return fare from a one-way fare.
func (p *pricer) half(base int64) int64 { return p.whole(base * roundPercent / 100) }

// prune keeps the cheapest combinations of the legs so far, a few of each airline and brand.
func (s *scratch) prune(leg int) {
	slices.SortFunc(s.combos, func(a, b combo) int {
		return cmp.Or(cmp.Compare(a.total, b.total), slices.Compare(a.part[:leg+1], b.part[:leg+1]))
	})
	per := s.perFare()
	kept := s.combos[:0]
	for _, c := range s.combos {
		p, first := s.part(&c, 0)
		if k := int(first.carrier)*16 + int(p.brand); len(kept) < beam && per[k] < keptPerFare*uint16(leg+1) {
			per[k]++
			kept = append(kept, c)
		}
	}
	s.combos = kept
}

// bestWays lists the cheapest ways of a leg, a few of each airline and brand.
func (s *scratch) bestWays(leg int) []int32 {
	w := &s.legs[leg]
	s.order = s.order[:0]
	for i := range w.priced {
		s.order = append(s.order, int32(i))
	}
	slices.SortFunc(s.order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(w.priced[a].total, w.priced[b].total), cmp.Compare(a, b))
	})
	per := s.perFare()
	kept := s.order[:0]
	for _, i := range s.order {
		k := int(w.cands[w.priced[i].cand].carrier)*16 + int(w.priced[i].brand)
		if len(kept) < keptPerLeg && per[k] < keptPerFare {
			per[k]++
			kept = append(kept, i)
		}
	}
	return kept
}

func (s *scratch) perFare() []uint16 {
	if s.fares == nil {
		s.fares = make([]uint16, len(s.allowed)*16)
	}
	clear(s.fares)
	return s.fares
}
