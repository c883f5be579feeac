// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"slices"
)

// planned is how often an airline flies a route.
type planned struct {
	airline, operator, from, to uint16
	weekly, km                  int
}

// regionalRule says for whom a regional carrier flies at some airports; no airports means everywhere else.
type regionalRule struct {
	operator, marketing uint16
	hubs                []uint16
}

func (g *gen) regionals() error {
	return g.table("regional.tsv", func(r *record) {
		op, ok1 := g.airline[r.s("operator")]
		mk, ok2 := g.airline[r.s("marketing")]
		if !ok1 || !ok2 {
			r.err = fmt.Errorf("unknown airline %s or %s", r.s("operator"), r.s("marketing"))
			return
		}
		rule := regionalRule{operator: op, marketing: mk}
		for _, h := range r.list("hubs") {
			rule.hubs = append(rule.hubs, g.airport[h])
		}
		g.regional = append(g.regional, rule)
	})
}

// seller is the airline whose number is on the ticket of a flight that op operates.
func (g *gen) seller(op, from, to uint16) uint16 {
	for _, r := range g.regional {
		if r.operator == op && (len(r.hubs) == 0 || slices.Contains(r.hubs, from) || slices.Contains(r.hubs, to)) {
			return r.marketing
		}
	}
	return op
}

func (g *gen) routes() error {
	return g.table("airline_routes.tsv.gz", func(r *record) {
		op, ok1 := g.airline[r.s("airline")]
		from, ok2 := g.airport[r.s("origin")]
		to, ok3 := g.airport[r.s("destination")]
		if ok1 && ok2 && ok3 && from != to {
			g.add(op, from, to, r.int("weekly_flights"))
		}
	})
}

func (g *gen) add(op, from, to uint16, weekly int) {
	km := g.km(from, to)
	if km < 15 || weekly < 1 {
		return
	}
	g.plan = append(g.plan, planned{airline: g.seller(op, from, to), operator: op, from: from, to: to,
		weekly: min(weekly, 7*40), km: km})
}

// extraRoutes adds the routes of airlines that the route table lacks: from a base to the busiest airports of the
// same continent within range.
func (g *gen) extraRoutes() error {
	have := map[[3]uint16]bool{}
	for _, p := range g.plan {
		have[[3]uint16{p.airline, p.from, p.to}] = true
	}
	return g.table("extra_routes.tsv", func(r *record) {
		al, base := g.airline[r.s("airline")], g.airport[r.s("base")]
		continent := func(a uint16) string { return g.f.Countries[g.f.Airports[a].Country].Continent }
		type option struct {
			to    uint16
			score uint64
		}
		var opts []option
		for i, a := range g.f.Airports {
			to := uint16(i)
			km := g.km(base, to)
			if continent(to) != continent(base) || km < r.int("min_km") || km > r.int("max_km") || a.Weight < 4000 {
				continue
			}
			// Chance mixes with size so that not every base serves the same airports.
			opts = append(opts, option{to, uint64(a.Weight) * (40 + hash(uint64(al), uint64(base), uint64(to))%100)})
		}
		slices.SortFunc(opts, func(a, b option) int {
			if a.score != b.score {
				return int(math.Copysign(1, float64(b.score)-float64(a.score)))
			}
			return int(a.to) - int(b.to)
		})
		for _, o := range opts[:min(len(opts), r.int("destinations"))] {
			weekly := max(2, r.int("weekly")*(50+int(hash(uint64(base), uint64(o.to))%100))/100)
			for _, d := range [][2]uint16{{base, o.to}, {o.to, base}} {
				if key := [3]uint16{al, d[0], d[1]}; !have[key] {
					have[key] = true
					g.add(al, d[0], d[1], weekly)
				}
			}
		}
		if a := &g.f.Airlines[al]; !slices.Contains(a.Hubs, base) && len(a.Hubs) < 6 {
			a.Hubs = append(a.Hubs, base)
		}
	})
}

// km is the great-circle distance.
func (g *gen) km(a, b uint16) int {
	const rad = math.Pi / 180 / 1e5
	p, q := g.f.Airports[a], g.f.Airports[b]
	la, lb := float64(p.Lat)*rad, float64(q.Lat)*rad
	sl, so := math.Sin((lb-la)/2), math.Sin(float64(q.Lon-p.Lon)*rad/2)
	h := float64(sl*sl) + float64(math.Cos(la)*math.Cos(lb))*float64(so*so)
	return int(math.Round(2 * 6371 * math.Asin(math.Min(1, math.Sqrt(h)))))
}

// hash is splitmix64 over the parts: chance without state.
func hash(parts ...uint64) uint64 {
	h := uint64(0x9E3779B97F4A7C15)
	for _, p := range parts {
		h += p + 0x9E3779B97F4A7C15
		h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
		h = (h ^ h>>27) * 0x94D049BB133111EB
		h ^= h >> 31
	}
	return h
}
