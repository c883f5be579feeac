// SPDX-License-Identifier: Apache-2.0

package airline

// How many two-stop paths are timed: more than enough that the twenty best of all are among them.
const (
	pathsNormal = 1000
	pathsRich   = 500 // when the simpler passes found plenty
	plenty      = 200
)

// twoStops enumerates paths of three routes, keeps the fastest by a lower bound and times those.
func (f *finder) twoStops() {
	f.s.paths = f.s.paths[:0]
	for _, o := range f.q.origins {
		f.pathsFrom(o)
	}
	paths := f.s.paths
	f.some = f.some || len(paths) > 0
	keep := f.keep
	if keep > 0 && len(f.out) > plenty {
		keep /= 2
	}
	if keep > 0 && len(paths) > keep {
		fastest(paths, keep)
		paths = paths[:keep]
	}
	for i := range paths {
		if len(f.out) == 0 || paths[i].lower <= f.twoStopLimit() {
			f.joinThree(&paths[i])
		}
	}
}

func (f *finder) pathsFrom(o uint16) {
	n, s := f.n, f.s
	direct := 0
	for _, d := range f.q.dests {
		direct = max(direct, n.km(o, d))
	}
	far := longestKm(direct, 2, f.own)
	budget := min(f.budget(direct), f.twoStopLimit())
	nearest := f.q.dests[0]
	for r1 := n.out[o]; r1 < n.out[o+1]; r1++ {
		x := n.routeTo[r1]
		mask1 := n.airMask[r1] & f.q.allowMask
		if mask1 == 0 || !f.stopAllowed(x) || int(n.routeKm[r1])+n.km(x, nearest)-100 > far {
			continue
		}
		b1 := int32(n.minBlock[r1])
		for r2 := n.out[x]; r2 < n.out[x+1]; r2++ {
			y := n.routeTo[r2]
			if s.marked[y] != s.epoch {
				continue
			}
			mask2 := n.airMask[r2] & mask1
			if f.own {
				mask2 = n.airMask[r2] & f.q.allowMask
			}
			km2 := int(n.routeKm[r1]) + int(n.routeKm[r2])
			b2 := b1 + int32(n.minBlock[r2]) + 2*mctDomestic
			if mask2 == 0 || km2 >= far || b2 >= budget || !f.stopAllowed(y) {
				continue
			}
			for at := s.head[y]; at >= 0; at = s.edges[at].next {
				r3 := s.edges[at].route
				if lower := b2 + int32(n.minBlock[r3]); (f.own || mask2&n.airMask[r3] != 0) && lower <= budget &&
					km2+int(n.routeKm[r3]) <= far {
					s.paths = append(s.paths, path{lower, r1, r2, r3})
				}
			}
		}
	}
}

// joinThree times a path: for every first flight the onward pair that arrives first.
func (f *finder) joinThree(p *path) {
	n := f.n
	least2, longest2 := n.connection(p.r1, p.r2, f.own)
	least3, longest3 := n.connection(p.r2, p.r3, f.own)
	zone := n.zone[n.routeFrom[p.r1]]
	for fl := n.first[p.r1]; fl < n.first[p.r1+1]; fl++ {
		if !f.flies(fl, 0) || !passes(f.q.depart, int32(n.depart[fl])) {
			continue
		}
		dep := f.q.frame.departure(zone, 0, n.depart[fl])
		if dep < f.q.floor {
			continue
		}
		c := cand{flight: [3]int32{int32(fl)}, route: [3]uint32{p.r1, p.r2, p.r3}, n: 3, dep: dep,
			arr: dep + int32(n.block[fl])}
		var second onward
		f.onward(&second, &c, 0, p.r2, least2, longest2, maxOnward)
		best := cand{}
		for i := range second.n {
			c.flight[1], c.day[1], c.arr = second.flight[i], second.day[i], second.arr[i]
			var third onward
			f.onward(&third, &c, 1, p.r3, least3, longest3, 1)
			if third.n > 0 && (best.n == 0 || third.arr[0] < best.arr) {
				best = c
				best.flight[2], best.day[2], best.arr = third.flight[0], third.day[0], third.arr[0]
			}
		}
		if best.n > 0 && best.arr-best.dep <= f.twoStopLimit() {
			f.add(best)
		}
	}
}

// fastest moves the k paths with the lowest bound to the front (quick-select). Equal bounds go by the routes, so that
// the choice does not depend on how the partition went.
func fastest(p []path, k int) {
	lo, hi := 0, len(p)-1
	for lo < hi {
		pivot := p[(lo+hi)/2]
		i, j := lo, hi
		for i <= j {
			for before(&p[i], &pivot) {
				i++
			}
			for before(&pivot, &p[j]) {
				j--
			}
			if i <= j {
				p[i], p[j] = p[j], p[i]
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
			return
		}
	}
}

func before(a, b *path) bool {
	if a.lower != b.lower {
		return a.lower < b.lower
	}
	if a.r1 != b.r1 {
		return a.r1 < b.r1
	}
	if a.r2 != b.r2 {
		return a.r2 < b.r2
	}
	return a.r3 < b.r3
}
