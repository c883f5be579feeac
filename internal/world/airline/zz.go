// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"cmp"
	"slices"
)

// zzAirports is how many of the busiest airports the reserved test carrier connects.
const zzAirports = 30

// zzNumbers are the flight numbers it flies on every pair: the first of each scenario range, a few of the plain one.
func zzNumbers() []uint16 {
	ns := []uint16{1, 2, 3}
	for n := uint16(100); n < 650; n += 10 {
		if n < 560 || n >= 600 {
			ns = append(ns, n)
		}
	}
	return ns
}

// addTestCarrier appends the routes of ZZ behind the timetable, out of reach of the connection search: they are found
// only by who asks for the carrier or one of its flight numbers.
func (n *network) addTestCarrier(days *[]uint8) {
	zz, ok := n.w.Airline("ZZ")
	if !ok {
		return
	}
	n.zz, n.zzRoute = zz, len(n.routeTo)
	order := make([]uint16, len(n.w.Airports))
	for i := range order {
		order[i] = uint16(i)
	}
	slices.SortFunc(order, func(a, b uint16) int {
		return cmp.Or(cmp.Compare(n.w.Airports[b].Weight, n.w.Airports[a].Weight), cmp.Compare(a, b))
	})
	n.zzBusy = order[:zzAirports]
	slices.Sort(n.zzBusy)
	narrow, wide := n.typeIndex("32N"), n.typeIndex("789")
	numbers := zzNumbers()
	for _, from := range n.zzBusy {
		for _, to := range n.zzBusy {
			if from == to {
				continue
			}
			km := n.km(from, to)
			typ := narrow
			if km > 4500 {
				typ = wide
			}
			n.routeFrom, n.routeTo = append(n.routeFrom, from), append(n.routeTo, to)
			n.routeKm = append(n.routeKm, uint16(km))
			n.zzPairs = append(n.zzPairs, uint32(from)<<16|uint32(to))
			for i, number := range numbers {
				n.depart = append(n.depart, uint16(6*60+i*960/len(numbers)/5*5))
				n.airline, n.operator = append(n.airline, uint16(zz)), append(n.operator, uint16(zz))
				n.number, n.typ = append(n.number, number), append(n.typ, typ)
				*days = append(*days, 0x7F)
			}
			n.first = append(n.first, uint32(len(n.depart)))
		}
	}
}

func (n *network) typeIndex(code string) uint8 {
	for i := range n.w.Aircraft {
		if n.w.Aircraft[i].Code == code {
			return uint8(i)
		}
	}
	return 0
}

// zzRouteOf finds the test carrier's route between two airports.
func (n *network) zzRouteOf(from, to uint16) (uint32, bool) {
	i, ok := slices.BinarySearch(n.zzPairs, uint32(from)<<16|uint32(to))
	return uint32(n.zzRoute + i), ok
}
