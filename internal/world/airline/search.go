// SPDX-License-Identifier: Apache-2.0

package airline

import "slices"

// fewResults is below how many ways to fly the search tries separate tickets and long layovers.
const fewResults = 12

// never is longer than any journey and small enough to be multiplied.
const never = 1 << 24

// finder is one pass over the network for one leg.
type finder struct {
	n      *network
	s      *scratch
	q      *legQuery
	out    []cand
	best   int32 // shortest elapsed time so far
	own    bool  // second pass: separate tickets
	direct bool  // there is a nonstop flight
	some   bool  // there are routes to follow, whether or not they fit together on the date
	keep   int   // how many two-stop paths to time; 0 = all
}

// search fills w.cands with all ways to fly the leg.
func (e *Engine) search(s *scratch, w *legWork) {
	f := finder{n: e.net, s: s, q: &w.q, out: w.cands[:0], best: never, keep: e.keep}
	f.mark()
	if f.q.maxStops >= 0 {
		f.nonstops()
		f.direct = len(f.out) > 0
	}
	if f.q.maxStops >= 1 {
		f.oneStops()
	}
	if f.q.maxStops >= 2 {
		f.twoStops()
	}
	f.dropSlow()
	if len(f.out) < fewResults && !f.q.hideMulti && f.q.maxStops >= 1 {
		f.own = true
		f.oneStops()
		if len(f.out) == 0 && f.q.maxStops >= 2 {
			f.twoStops()
		}
		f.dropSlow()
	}
	w.cands, w.reachable = f.out, f.some
}

// mark links every route into the destinations to the airport it comes from.
func (f *finder) mark() {
	s := f.s
	s.epoch++
	s.edges = s.edges[:0]
	for _, d := range f.q.dests {
		for _, r := range f.n.inRoutes[f.n.in[d]:f.n.in[d+1]] {
			if f.n.airMask[r]&f.q.allowMask == 0 {
				continue
			}
			x := f.n.routeFrom[r]
			next := int32(-1)
			if s.marked[x] == s.epoch {
				next = s.head[x]
			}
			s.marked[x], s.head[x] = s.epoch, int32(len(s.edges))
			s.edges = append(s.edges, edge{r, next})
		}
	}
}

// flies tells whether a flight runs on day k and its carrier passes the filters.
func (f *finder) flies(fl uint32, k int) bool {
	fr := f.q.frame
	if f.n.days[fr.season[k]][fl]&fr.week[k] == 0 {
		return false
	}
	return !f.q.filterAir || f.s.allowed[f.n.airline[fl]]
}

func (f *finder) nonstops() {
	for _, o := range f.q.origins {
		for _, d := range f.q.dests {
			if r, ok := f.n.route(o, d); ok {
				f.nonstop(r)
			}
			if f.q.testCarrier {
				if r, ok := f.n.zzRouteOf(o, d); ok {
					f.nonstop(r)
				}
			}
		}
	}
}

func (f *finder) nonstop(r uint32) {
	f.some = true
	if len(f.q.via) > 0 {
		return
	}
	zone := f.n.zone[f.n.routeFrom[r]]
	for fl := f.n.first[r]; fl < f.n.first[r+1]; fl++ {
		if !f.flies(fl, 0) || !passes(f.q.depart, int32(f.n.depart[fl])) {
			continue
		}
		dep := f.q.frame.departure(zone, 0, f.n.depart[fl])
		if dep < f.q.floor {
			continue
		}
		f.add(cand{flight: [3]int32{int32(fl)}, route: [3]uint32{r}, n: 1, dep: dep, arr: dep + int32(f.n.block[fl])})
	}
}

// add keeps a candidate that passes the filters on whole legs.
func (f *finder) add(c cand) {
	last := c.route[c.n-1]
	c.from, c.to = f.n.routeFrom[c.route[0]], f.n.routeTo[last]
	if f.own && f.foundBefore(&c) {
		return
	}
	if len(f.q.arrive) > 0 && !passes(f.q.arrive, f.q.frame.at(f.n.zone[c.to], c.arr)) {
		return
	}
	if len(f.q.flights) > 0 && !f.hasFlight(&c) || len(f.q.marketing) > 0 && !f.sold(&c) {
		return
	}
	f.best = min(f.best, c.arr-c.dep)
	f.out = append(f.out, c)
}

// foundBefore tells whether the first pass would have found what the second did, and notes in c whether it needs
// separate tickets.
func (f *finder) foundBefore(c *cand) bool {
	n := f.n
	usual := true
	for i := 1; i < int(c.n); i++ {
		if !f.together(c, i-1, n.airline[c.flight[i]]) {
			c.multi = true
			return false
		}
		x := n.zone[n.routeFrom[c.route[i]]]
		dep := f.q.frame.departure(x, int(c.day[i]), n.depart[c.flight[i]])
		prev := c.flight[i-1]
		arr := f.q.frame.departure(n.zone[n.routeFrom[c.route[i-1]]], int(c.day[i-1]), n.depart[prev]) + int32(n.block[prev])
		_, longest := n.connection(c.route[i-1], c.route[i], false)
		usual = usual && dep-arr <= longest
	}
	return usual
}

func (f *finder) hasFlight(c *cand) bool {
	for _, fl := range c.flight[:c.n] {
		for _, want := range f.q.flights {
			if int(f.n.number[fl]) == want.Number && (f.n.w.Airlines[f.n.airline[fl]].Code == want.Carrier ||
				f.n.w.Airlines[f.n.operator[fl]].Code == want.Carrier) {
				return true
			}
		}
	}
	return false
}

func (f *finder) sold(c *cand) bool {
	for _, fl := range c.flight[:c.n] {
		ok := false
		for _, a := range f.q.marketing {
			ok = ok || a == f.n.airline[fl]
		}
		if !ok {
			return false
		}
	}
	return true
}

// dropSlow drops what takes unreasonably longer than the fastest way.
func (f *finder) dropSlow() {
	if len(f.out) == 0 {
		return
	}
	limit, limit2 := reasonable(f.best), f.twoStopLimit()
	kept := f.out[:0]
	for i := range f.out {
		if took := f.out[i].arr - f.out[i].dep; took <= limit && (f.out[i].n < 3 || took <= limit2) {
			kept = append(kept, f.out[i])
		}
	}
	f.out = kept
}

// twoStopLimit is the longest elapsed time with two stops: where nonstop flights exist, people accept them only when
// they cost little time.
func (f *finder) twoStopLimit() int32 {
	if f.direct {
		return min(f.best*3/2+60, reasonable(f.best))
	}
	return reasonable(f.best)
}

// stopAllowed tells whether the traveler may connect at an airport.
func (f *finder) stopAllowed(x uint16) bool {
	if slices.Contains(f.q.avoid, x) {
		return false
	}
	if slices.Contains(f.q.origins, x) {
		return false
	}
	if slices.Contains(f.q.dests, x) {
		return false
	}
	if len(f.q.via) == 0 {
		return true
	}
	return slices.Contains(f.q.via, x)
}
