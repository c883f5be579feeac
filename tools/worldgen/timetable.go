// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"slices"
)

type flight struct {
	from, to, airline, operator, depart, number uint16
	days, typ                                   uint8
}

func (g *gen) timetable() {
	slices.SortFunc(g.plan, func(a, b planned) int {
		return cmp.Or(cmp.Compare(a.airline, b.airline), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to),
			cmp.Compare(a.operator, b.operator))
	})
	var flights []flight
	used := make([][]bool, len(g.f.Airlines))
	for _, p := range g.plan {
		n := (p.weekly + 6) / 7
		for k := range n {
			h := hash(uint64(p.operator), uint64(p.from), uint64(p.to), uint64(k))
			typ := g.pick(p, hash(uint64(p.operator), uint64(min(p.from, p.to)), uint64(max(p.from, p.to)), uint64(k/2)))
			flights = append(flights, flight{from: p.from, to: p.to, airline: p.airline, operator: p.operator,
				depart: g.depart(p, n, k, h, typ), number: number(used, p, h), days: days(p.weekly-7*k, h), typ: typ})
		}
	}
	slices.SortFunc(flights, func(a, b flight) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.depart, b.depart),
			cmp.Compare(a.airline, b.airline), cmp.Compare(a.number, b.number))
	})
	t := &g.f.Table
	for i, f := range flights {
		if i == 0 || f.from != flights[i-1].from || f.to != flights[i-1].to {
			t.RouteOrigin, t.RouteDest = append(t.RouteOrigin, f.from), append(t.RouteDest, f.to)
			t.RouteKm, t.RouteFlights = append(t.RouteKm, uint16(g.km(f.from, f.to))), append(t.RouteFlights, 0)
		}
		t.RouteFlights[len(t.RouteFlights)-1]++
		t.Airline, t.Operator = append(t.Airline, f.airline), append(t.Operator, f.operator)
		t.Depart, t.Days = append(t.Depart, f.depart), append(t.Days, f.days)
		t.Number, t.Type = append(t.Number, f.number), append(t.Type, f.typ)
	}
}

// days spreads up to seven flights over the week.
func days(left int, h uint64) uint8 {
	if left >= 7 {
		return 0x7F
	}
	var mask uint8
	turn := int(h>>20) % 7
	for i := range left {
		mask |= 1 << ((i*7/left + turn) % 7)
	}
	return mask
}

// number gives a flight its number: low ones on long routes, four digits for flights of a regional partner.
func number(used [][]bool, p planned, h uint64) uint16 {
	if used[p.airline] == nil {
		used[p.airline] = make([]bool, 10000)
	}
	lo, hi := 100, 2999
	switch {
	case p.operator != p.airline:
		lo, hi = 3000, 6999
	case p.km > 5000:
		lo, hi = 1, 999
	}
	n := lo + int(h>>8)%(hi-lo+1)
	for range 9999 {
		if !used[p.airline][n] {
			used[p.airline][n] = true
			return uint16(n)
		}
		if n++; n > 9999 {
			n = 1
		}
	}
	return uint16(n) // more flights than numbers: the route tells them apart
}

// depart finds the departure of the k-th of n daily flights: near its share of the day, at decent hours at both ends,
// in the bank of a hub.
func (g *gen) depart(p planned, n, k int, h uint64, typ uint8) uint16 {
	from, to := g.f.Airports[p.from], g.f.Airports[p.to]
	shift := g.utcOffset[to.Zone] - g.utcOffset[from.Zone]
	block := 30 + p.km*60/int(g.f.Aircraft[typ].CruiseKmh)
	first, last := 360, 1320 // where the day's flights may start
	if p.km > 4500 {
		switch {
		case shift > 120 && shift < 720:
			first, last = 960, 1400 // eastward overnight
		case shift < -120 && shift > -720:
			first, last = 540, 1080
		default:
			first, last = 600, 1420
		}
	}
	slot := (last - first) / n
	target := first + slot*k + int(h>>32)%max(slot, 1)
	reach := max(slot, 90)
	best, bestCost := target, 1<<30
	for t := max(target-reach, 0); t <= min(target+reach, 1435); t += 5 {
		t5 := t / 5 * 5
		arrive := ((t5+block+shift)%1440 + 1440) % 1440
		cost := abs(t5-target)/8 + nightCost(t5, p.km) + arriveCost(arrive)
		if slices.Contains(g.f.Airlines[p.airline].Hubs, p.from) {
			cost += bankCost(p.airline, p.from, t5, 20)
		}
		if slices.Contains(g.f.Airlines[p.airline].Hubs, p.to) {
			cost += bankCost(p.airline, p.to, arrive, -50)
		}
		if cost < bestCost {
			best, bestCost = t5, cost
		}
	}
	return uint16(min(best/5*5, 1435))
}

func nightCost(t, km int) int {
	switch {
	case t < 330:
		return 60
	case t > 1350 && km < 3000:
		return 25
	}
	return 0
}

func arriveCost(t int) int {
	switch {
	case t < 290:
		return 50
	case t < 330, t > 1425:
		return 12
	}
	return 0
}

// bankCost is how far a time is from the wave of a hub; offset moves the wave for arrivals and departures.
func bankCost(airline, hub uint16, t, offset int) int {
	const every = 150
	phase := int(hash(uint64(airline), uint64(hub), 77) % 60)
	d := ((t-offset-phase)%every + every) % every
	return min(max(min(d, every-d)-20, 0)/2, 40)
}

func abs(x int) int { return max(x, -x) }
