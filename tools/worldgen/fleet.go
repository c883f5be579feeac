// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/airside-travel/airside/internal/world/pack"
)

func (g *gen) fleets() error {
	g.fleet = map[uint16][]uint8{}
	err := g.table("fleet.tsv", func(r *record) {
		al, ok := g.airline[r.s("airline")]
		if !ok {
			return // an airline that the route table does not know
		}
		for _, t := range r.list("types") {
			i, ok := g.typ[t]
			if !ok {
				r.err = fmt.Errorf("unknown aircraft %q", t)
				return
			}
			g.fleet[al] = append(g.fleet[al], i)
		}
	})
	for al, a := range g.f.Airlines {
		if _, ok := g.fleet[uint16(al)]; !ok {
			g.fleet[uint16(al)] = g.defaultFleet(uint64(al), a.Model)
		}
	}
	return err
}

func (g *gen) defaultFleet(al uint64, model uint8) []uint8 {
	codes := []string{"AT7", "E90", "319", "320", "32N", "321", "332", "359"}
	switch {
	case model == pack.ModelRegional:
		codes = []string{"AT7", "DH4", "E75"}
	case model == pack.ModelLowCost && hash(al)%2 == 0:
		codes = []string{"73H", "789"}
	case model == pack.ModelLowCost:
		codes = []string{"32A", "339"}
	case hash(al)%2 == 0:
		codes = []string{"DH4", "E75", "73G", "738", "7M8", "788", "77W"}
	}
	fleet := make([]uint8, len(codes))
	for i, c := range codes {
		fleet[i] = g.typ[c]
	}
	return fleet
}

// pick chooses the aircraft of a flight: one that reaches, wide on long routes, small on thin ones.
func (g *gen) pick(p planned, chance uint64) uint8 {
	want := byte('N')
	switch {
	case p.km > 4300, p.km > 2600 && chance%100 < 20, p.km > 900 && p.weekly > 25 && chance%100 < 6:
		want = 'W'
	case p.km < 1300 && p.weekly <= 21:
		want = 'R'
	}
	if want == 'R' && p.km < 450 {
		want = 'T'
	}
	best, bestScore := g.fleet[p.operator][0], -1<<30
	for i, t := range g.fleet[p.operator] {
		a := g.f.Aircraft[t]
		score := int(hash(chance, uint64(i)) % 40)
		switch {
		case a.Body == want:
			score += 200
		case want == 'T' && a.Body == 'R', want == 'R' && a.Body == 'N', want == 'N' && a.Body == 'W',
			want == 'W' && a.Body == 'N':
			score += 100
		case want == 'T' && a.Body == 'N':
			score += 60
		case want == 'R' && a.Body == 'T', want == 'N' && a.Body == 'R':
			score += 40
		}
		if lack := p.km*105/100 - int(a.RangeKm); lack > 0 {
			score -= 1000 + lack
		}
		if score > bestScore {
			best, bestScore = t, score
		}
	}
	return best
}
