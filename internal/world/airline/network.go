// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"math"
	"math/bits"
	"slices"

	"github.com/airside-travel/airside/internal/world"
	"github.com/airside-travel/airside/internal/world/pack"
)

// network is the timetable with the indexes the search walks. All columns of flights are parallel, and so are those
// of routes; flights of a route are contiguous and sorted by local departure.
type network struct {
	w *world.World

	out       []uint32 // airport -> first route; len(airports)+1
	in        []uint32 // airport -> first entry of inRoutes
	inRoutes  []uint32
	routeFrom []uint16
	routeTo   []uint16
	routeKm   []uint16
	first     []uint32 // route -> first flight; one more at the end
	minBlock  []uint16
	airMask   []uint64 // route -> who flies it: groups exactly, single airlines by a hash
	domestic  []bool

	depart   []uint16
	block    []uint16
	days     [2][]uint8 // northern winter, northern summer
	airline  []uint16
	operator []uint16
	number   []uint16
	typ      []uint8

	groups    []uint64 // airline -> alliances and partnerships, exact bits
	lead      []uint16 // partnership -> the airline whose partners the others are
	mask      []uint64 // airline -> groups plus a hashed bit of its own
	terminals []uint8  // airport -> number of terminals
	xyz       [][3]float64
	zone      []uint16 // airport -> zone

	zz       int      // airline index of the test carrier
	zzPairs  []uint32 // sorted from<<16|to; entry i is route zzRoute+i
	zzRoute  int
	zzBusy   []uint16 // the airports it serves
	operated int      // flights of the timetable; later ones are the test carrier's
}

// groupBits are the low bits of a mask that stand for alliances and partnerships; the others are hashed airlines.
const (
	groupBits = 36
	alliances = 6
)

func newNetwork(w *world.World) *network {
	t := &w.Table
	n := &network{w: w, routeFrom: t.RouteOrigin, routeTo: t.RouteDest, routeKm: t.RouteKm, depart: t.Depart,
		airline: t.Airline, operator: t.Operator, number: t.Number, typ: t.Type}
	n.places()
	n.affiliations()
	n.out = make([]uint32, len(w.Airports)+1)
	n.first = make([]uint32, 1, len(t.RouteDest)+1000)
	for r := range t.RouteDest {
		n.out[t.RouteOrigin[r]+1]++
		n.first = append(n.first, n.first[r]+uint32(t.RouteFlights[r]))
	}
	for a := range w.Airports {
		n.out[a+1] += n.out[a]
	}
	n.inbound(len(t.RouteDest))
	n.operated = len(t.Depart)
	days := t.Days
	n.addTestCarrier(&days)
	n.seasons(days)
	n.routes()
	return n
}

func (n *network) places() {
	n.xyz = make([][3]float64, len(n.w.Airports))
	n.zone = make([]uint16, len(n.w.Airports))
	n.terminals = make([]uint8, len(n.w.Airports))
	for i := range n.w.Airports {
		a := &n.w.Airports[i]
		lat, lon := float64(a.Lat)*(math.Pi/180e5), float64(a.Lon)*(math.Pi/180e5)
		n.xyz[i] = [3]float64{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
		n.zone[i] = a.Zone
		n.terminals[i] = uint8(min(1+a.Weight/70000, 5))
	}
}

func (n *network) affiliations() {
	n.groups = make([]uint64, len(n.w.Airlines))
	n.mask = make([]uint64, len(n.w.Airlines))
	for g, members := range n.w.Partners[:min(len(n.w.Partners), groupBits-alliances)] {
		for _, a := range members {
			n.groups[a] |= 1 << (alliances + g)
		}
		n.lead = append(n.lead, members[0])
	}
	for a := range n.w.Airlines {
		if al := n.w.Airlines[a].Alliance; al > 0 {
			n.groups[a] |= 1 << (al - 1)
		}
		n.mask[a] = n.groups[a] | 1<<(groupBits+mix(uint64(a))%(64-groupBits))
	}
}

func (n *network) inbound(routes int) {
	n.in = make([]uint32, len(n.w.Airports)+1)
	for _, to := range n.routeTo[:routes] {
		n.in[to+1]++
	}
	for a := range n.w.Airports {
		n.in[a+1] += n.in[a]
	}
	at := slices.Clone(n.in)
	n.inRoutes = make([]uint32, routes)
	for r, to := range n.routeTo[:routes] {
		n.inRoutes[at[to]] = uint32(r)
		at[to]++
	}
}

// routes derives what is known per route from its flights.
func (n *network) routes() {
	routes := len(n.routeTo)
	n.minBlock = make([]uint16, routes)
	n.airMask = make([]uint64, routes)
	n.domestic = make([]bool, routes)
	n.block = make([]uint16, len(n.depart))
	var perType [64]uint16
	for r := range routes {
		from, to := n.routeFrom[r], n.routeTo[r]
		n.domestic[r] = n.w.Airports[from].Country == n.w.Airports[to].Country
		wind := n.tailwind(from, to, int(n.routeKm[r]))
		clear(perType[:])
		shortest := uint16(math.MaxUint16)
		for f := n.first[r]; f < n.first[r+1]; f++ {
			t := n.typ[f]
			if perType[t] == 0 {
				perType[t] = blockMinutes(int(n.routeKm[r]), &n.w.Aircraft[t], wind)
			}
			n.block[f] = perType[t]
			shortest = min(shortest, perType[t])
			n.airMask[r] |= n.mask[n.airline[f]]
		}
		n.minBlock[r] = shortest
	}
}

// blockMinutes is the scheduled time from gate to gate, in steps of five minutes.
func blockMinutes(km int, a *pack.Aircraft, tailwind int) uint16 {
	taxi := 28
	switch a.Body {
	case 'N':
		taxi = 33
	case 'W':
		taxi = 48
	}
	m := taxi + km*60/int(a.CruiseKmh)
	m -= m * tailwind / 1000
	return uint16((m + 4) / 5 * 5)
}

// tailwind is how much the prevailing westerlies help on long flights, in thousandths of the time; negative westward.
func (n *network) tailwind(from, to uint16, km int) int {
	if km < 1500 {
		return 0
	}
	a, b := &n.w.Airports[from], &n.w.Airports[to]
	east := int(b.Lon-a.Lon) / 100_000
	if east > 180 {
		east -= 360
	} else if east < -180 {
		east += 360
	}
	return max(min(east, 60), -60) * 70 / 60
}

// seasons makes the two weekly patterns: about one flight in twelve differs in winter.
func (n *network) seasons(days []uint8) {
	n.days[1] = days
	n.days[0] = slices.Clone(days)
	for f := range n.operated {
		h := mix(uint64(f)<<20 ^ uint64(n.number[f]))
		if h%100 >= 8 {
			continue
		}
		switch d := days[f]; {
		case d == 0x7F:
			n.days[0][f] = d &^ (1 << (h >> 8 % 7))
		case bits.OnesCount8(d) < 7:
			n.days[0][f] = (d<<1 | d>>6) & 0x7F
		}
	}
}

// km is the great-circle distance between any two airports.
func (n *network) km(a, b uint16) int {
	p, q := &n.xyz[a], &n.xyz[b]
	dot := float64(p[0]*q[0]) + float64(p[1]*q[1]) + float64(p[2]*q[2])
	return int(math.Round(6371 * math.Acos(max(-1, min(1, dot)))))
}

// route finds the route between two airports.
func (n *network) route(from, to uint16) (uint32, bool) {
	lo, hi := n.out[from], n.out[from+1]
	i, ok := slices.BinarySearch(n.routeTo[lo:hi], to)
	return lo + uint32(i), ok
}

// routeOf finds the route of a flight.
func (n *network) routeOf(f int32) int {
	i, _ := slices.BinarySearch(n.first, uint32(f)+1)
	return i - 1
}

// sameTicket tells whether two carriers sell each other's flights.
func (n *network) sameTicket(a, b uint16) bool {
	if a == b {
		return true
	}
	common := n.groups[a] & n.groups[b]
	if common&(1<<alliances-1) != 0 {
		return true
	}
	for g := common >> alliances; g != 0; g &= g - 1 { // partners of one airline are not partners of each other
		if lead := n.lead[bits.TrailingZeros64(g)]; lead == a || lead == b {
			return true
		}
	}
	return false
}

// terminal numbers the terminal an airline uses; alliance partners share one.
func (n *network) terminal(airline, airport uint16) uint8 {
	count := n.terminals[airport]
	if count <= 1 {
		return 1
	}
	who := uint64(airline) << 8
	if al := n.w.Airlines[airline].Alliance; al != 0 {
		who = uint64(al)
	}
	return 1 + uint8(mix(who<<16^uint64(airport))%uint64(count))
}
