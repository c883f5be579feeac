// SPDX-License-Identifier: Apache-2.0

package airline

import "math/bits"

// longestKm is how long a way with connections may be next to the direct distance.
func longestKm(direct, stops int, own bool) int {
	km := direct*(130+10*stops)/100 + 300 + 200*stops
	if own {
		km += direct*30/100 + 400
	}
	return km
}

// budget is an upper bound of the elapsed time that can still be reasonable.
func (f *finder) budget(direct int) int32 {
	b := reasonable(int32(40+direct*60/780)+150) + 240
	if f.own {
		b += 900
	}
	if len(f.out) > 0 {
		b = min(b, reasonable(f.best))
	}
	return b
}

func (f *finder) oneStops() {
	for _, o := range f.q.origins {
		// The direct distance of a metro pair hardly differs between its airports; the longest one decides.
		direct := 0
		for _, d := range f.q.dests {
			direct = max(direct, f.n.km(o, d))
		}
		far := longestKm(direct, 1, f.own)
		for r1 := f.n.out[o]; r1 < f.n.out[o+1]; r1++ {
			x := f.n.routeTo[r1]
			if f.s.marked[x] != f.s.epoch || f.n.airMask[r1]&f.q.allowMask == 0 || !f.stopAllowed(x) {
				continue
			}
			for at := f.s.head[x]; at >= 0; at = f.s.edges[at].next {
				r2 := f.s.edges[at].route
				if int(f.n.routeKm[r1])+int(f.n.routeKm[r2]) > far || !f.own && f.n.airMask[r1]&f.n.airMask[r2] == 0 {
					continue
				}
				least, longest := f.n.connection(r1, r2, f.own)
				if int32(f.n.minBlock[r1])+int32(f.n.minBlock[r2])+least > f.budget(direct) {
					continue
				}
				f.joinTwo(r1, r2, least, longest)
			}
		}
	}
}

// joinTwo pairs every flight of r1 with the next onward flights of r2.
func (f *finder) joinTwo(r1, r2 uint32, least, longest int32) {
	f.some = true
	zone := f.n.zone[f.n.routeFrom[r1]]
	for fl := f.n.first[r1]; fl < f.n.first[r1+1]; fl++ {
		if !f.flies(fl, 0) || !passes(f.q.depart, int32(f.n.depart[fl])) {
			continue
		}
		dep := f.q.frame.departure(zone, 0, f.n.depart[fl])
		if dep < f.q.floor {
			continue
		}
		c := cand{flight: [3]int32{int32(fl)}, route: [3]uint32{r1, r2}, n: 2, dep: dep, arr: dep + int32(f.n.block[fl])}
		var next onward
		f.onward(&next, &c, 0, r2, least, longest, maxOnward)
		for i := range next.n {
			c.flight[1], c.day[1], c.arr = next.flight[i], next.day[i], next.arr[i]
			f.add(c)
		}
	}
}

// maxOnward is how many onward flights an arriving flight is paired with.
const maxOnward = 2

// onward is the first few connections from a flight.
type onward struct {
	n      int
	flight [maxOnward]int32
	day    [maxOnward]uint8
	arr    [maxOnward]int32
}

// onward finds the first flights of route r that c, whose i-th flight arrives at c.arr, can reach.
func (f *finder) onward(to *onward, c *cand, i int, r uint32, least, longest int32, want int) {
	n, fr, x := f.n, f.q.frame, f.n.routeFrom[r]
	zone, prev := n.zone[x], c.flight[i]
	lo, hi := n.first[r], n.first[r+1]
	for k := int(c.day[i]); k < frameDays; k++ {
		off := fr.local[k][zone]
		// Local minutes of day k between which a departure can connect; an hour wider when clocks change.
		from := c.arr + least - int32(k)*1440 + int32(min(off.before, off.after))
		till := c.arr + longest - int32(k)*1440 + int32(max(off.before, off.after))
		if from >= 1440 {
			continue
		}
		if till < 0 {
			return
		}
		for fl := n.firstFrom(lo, hi, from); fl < hi && int32(n.depart[fl]) <= till; fl++ {
			if !f.flies(fl, k) {
				continue
			}
			if !f.own && !f.together(c, i, n.airline[fl]) {
				continue
			}
			dep := fr.departure(zone, k, n.depart[fl])
			wait := dep - c.arr
			if wait < least || wait > longest || wait < least+n.terminalChange(prev, int32(fl), x) {
				continue
			}
			to.flight[to.n], to.day[to.n], to.arr[to.n] = int32(fl), uint8(k), dep+int32(n.block[fl])
			if to.n++; to.n == want {
				return
			}
		}
	}
}

// together tells whether an airline can be on one ticket with the flights 0..i of c.
func (f *finder) together(c *cand, i int, airline uint16) bool {
	a := f.n.airline[c.flight[0]]
	if i == 0 {
		return f.n.sameTicket(a, airline)
	}
	b := f.n.airline[c.flight[1]]
	switch {
	case a == b, b == airline:
		return f.n.sameTicket(a, airline)
	case a == airline:
		return true // a and b are together already
	}
	// Three airlines: all of one alliance, or all partners of one of them.
	common := f.n.groups[a] & f.n.groups[b] & f.n.groups[airline]
	if common&(1<<alliances-1) != 0 {
		return true
	}
	for g := common >> alliances; g != 0; g &= g - 1 {
		if l := f.n.lead[bits.TrailingZeros64(g)]; l == a || l == b || l == airline {
			return true
		}
	}
	return false
}

// firstFrom is the first flight of [lo,hi) that departs at or after a local minute.
func (n *network) firstFrom(lo, hi uint32, minute int32) uint32 {
	if minute <= int32(n.depart[lo]) {
		return lo
	}
	for lo < hi {
		mid := (lo + hi) / 2
		if int32(n.depart[mid]) < minute {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
