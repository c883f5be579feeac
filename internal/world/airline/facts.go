// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"cmp"
	"slices"

	"github.com/airside-travel/airside/internal/supplier"
)

// facts describes the whole result before it is cut to a page.
func (e *Engine) facts(s *scratch, legs int) *supplier.AirResult {
	r := &supplier.AirResult{Total: len(s.combos), Fares: supplier.FareStats{Currency: s.pricer.currency}}
	for i := range s.legs[0].cands {
		if s.legs[0].cands[i].n == 1 {
			r.NonstopSchedules++
		}
	}
	s.seen.reset()
	s.via.reset()
	s.totals = s.totals[:0]
	for i := range s.combos {
		s.totals = append(s.totals, s.combos[i].total)
		e.count(s, &s.combos[i], legs)
	}
	if len(s.totals) > 0 {
		r.Fares.Min, r.Fares.Max = slices.Min(s.totals), slices.Max(s.totals)
		r.Fares.Median = nth(s.totals, (len(s.totals)-1)/2)
	}
	r.Airlines = s.seen.list(func(i uint16) string { return e.w.Airlines[i].Code })
	r.ConnectingAirports = s.via.list(func(i uint16) string { return e.w.Airports[i].Code })
	var present [8]bool
	for _, a := range s.seen.used {
		present[e.w.Airlines[a].Alliance&7] = true
	}
	for a := supplier.StarAlliance; a <= supplier.ValueAlliance; a++ {
		if present[a] {
			r.Alliances = append(r.Alliances, a)
		}
	}
	return r
}

// count adds the airlines and connecting airports of one offer, each once.
func (e *Engine) count(s *scratch, x *combo, legs int) {
	var airlines, vias [maxLegs * 3]uint16
	na, nv := 0, 0
	for leg := range legs {
		_, c := s.part(x, leg)
		for i := range int(c.n) {
			if a := e.net.airline[c.flight[i]]; !has(airlines[:na], a) {
				airlines[na] = a
				na++
				s.seen.add(a, 1)
			}
			if i == 0 {
				continue
			}
			if v := e.net.routeFrom[c.route[i]]; !has(vias[:nv], v) {
				vias[nv] = v
				nv++
				s.via.add(v, 1)
			}
		}
	}
}

// list is the counts, largest first, then by code.
func (c *counter) list(code func(uint16) string) []supplier.Count {
	out := make([]supplier.Count, len(c.used))
	for i, x := range c.used {
		out[i] = supplier.Count{Code: code(x), N: int(c.n[x])}
	}
	slices.SortFunc(out, func(a, b supplier.Count) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Code, b.Code))
	})
	return out
}

// nth is the element that would be at index k if v were sorted; it reorders v.
func nth(v []int64, k int) int64 {
	lo, hi := 0, len(v)-1
	for lo < hi {
		pivot := v[(lo+hi)/2]
		i, j := lo, hi
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for pivot < v[j] {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return v[k]
		}
	}
	return v[k]
}
