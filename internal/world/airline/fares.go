// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/supplier"
	"github.com/airside-travel/airside/internal/world"
)

// pricer is how the offers of one query are priced.
type pricer struct {
	tick     int32
	pax      [supplier.NumPaxTypes]int64
	order    []supplier.PaxCount
	seats    int32 // travelers that need a seat
	currency string
	curIndex int
	cents    world.Rate // US cents to the currency
	milli    world.Rate // thousandths of a US cent to the currency
	unit     int64      // fares are whole multiples of this many minor units
	discount int64      // percent off for an account code
	filters  *supplier.AirFilters
}

func (p *pricer) reset(e *Engine, q *supplier.AirQuery) error {
	*p = pricer{tick: priceTick(q.Now), order: p.order[:0], filters: &q.Filters}
	for _, t := range q.Travelers {
		if t.Type >= supplier.NumPaxTypes || t.Count < 0 || t.Count > maxPax {
			return reject("travelers", "unknown type or too many")
		}
		if t.Count == 0 {
			continue
		}
		p.pax[t.Type] += int64(t.Count)
		if i := slices.IndexFunc(p.order, func(x supplier.PaxCount) bool { return x.Type == t.Type }); i >= 0 {
			p.order[i].Count += t.Count
		} else {
			p.order = append(p.order, t)
		}
		if t.Type != supplier.InfantOnLap {
			p.seats += int32(t.Count)
		}
	}
	if p.seats < 1 || p.seats > maxPax {
		return reject("travelers", "between 1 and %d travelers with a seat", maxPax)
	}
	if p.pax[supplier.InfantOnLap] > int64(p.seats) {
		return reject("travelers", "more infants on laps than laps")
	}
	p.discount = accountDiscount(q.RateCodes)
	code := q.Currency
	if c, ok := e.w.Country(q.PointOfSale); ok && code == "" {
		code = e.w.Countries[c].Currency
	}
	return p.setCurrency(e, code)
}

func (p *pricer) setCurrency(e *Engine, code string) error {
	if code == "" {
		code = "USD"
	}
	rate, ok := e.w.Rate("USD", code)
	if !ok {
		return reject("currency", "no rate for %q", code)
	}
	p.cents, p.milli, p.currency = rate, rate.Per(1000), code
	p.curIndex, _ = e.w.Currency(code)
	p.unit = 1
	for range e.w.Currencies[p.curIndex].MinorUnits {
		p.unit *= 10
	}
	if perUSD := e.w.Currencies[p.curIndex].PerUSD; perUSD > 50_000_000 {
		p.unit *= 10 // a whole unit is small change
	}
	return nil
}

// accountDiscount reads the simulation's account codes: SIM05, SIM10, ... open corporate fares that many percent below
// the published ones.
func accountDiscount(codes []string) int64 {
	best := int64(0)
	for _, c := range codes {
		if d, ok := strings.CutPrefix(c, "SIM"); ok && len(d) == 2 && d[0] >= '0' && d[0] <= '3' && d[1] >= '0' && d[1] <= '9' {
			best = max(best, int64(d[0]-'0')*10+int64(d[1]-'0'))
		}
	}
	return best
}

// marketCents is the one-way fare of a market by distance, lowest bucket, US cents.
func marketCents(km int) int64 {
	points := [...][2]int64{{0, 2000}, {200, 3000}, {500, 4500}, {1500, 10000}, {3000, 16500}, {4300, 22000},
		{9000, 38000}, {15000, 56000}, {20100, 70000}}
	k := int64(km)
	for i := 1; i < len(points); i++ {
		if a, b := points[i-1], points[i]; k <= b[0] {
			return a[1] + (b[1]-a[1])*(k-a[0])/(b[0]-a[0])
		}
	}
	return points[len(points)-1][1]
}

var (
	monthPercent   = [...]int64{88, 86, 94, 102, 100, 110, 122, 120, 98, 96, 90, 115}
	weekdayPercent = [...]int64{112, 103, 92, 92, 100, 112, 97} // from Sunday
)

// fare fills in what a cand costs in the lowest bucket and brand, who sells it, and how far it is.
func (e *Engine) fare(c *cand, date supplier.Date) {
	n := e.net
	c.km = int32(n.km(c.from, c.to))
	longest := 0
	for i := 1; i < int(c.n); i++ {
		if n.routeKm[c.route[i]] > n.routeKm[c.route[longest]] {
			longest = i
		}
	}
	c.carrier = n.airline[c.flight[longest]]
	if int(c.carrier) == n.zz {
		c.cents = 10000
		return
	}
	if c.multi {
		c.cents = 0
		for i := range int(c.n) {
			c.cents += e.sector(int(n.routeKm[c.route[i]]), n.airline[c.flight[i]], c.flight[i])
		}
	} else {
		c.cents = e.sector(int(c.km), c.carrier, c.flight[0])
		switch c.n {
		case 1:
			c.cents = c.cents * e.competition(c.route[0]) / 100
		case 2:
			c.cents = c.cents * 90 / 100
		case 3:
			c.cents = c.cents * 86 / 100
		}
	}
	day := date.UTC()
	c.cents = c.cents * monthPercent[day.Month()-1] / 100 * weekdayPercent[day.Weekday()] / 100
	floor := int64(900)
	for _, r := range c.route[:c.n] {
		floor += int64(n.routeKm[r]) * 2
	}
	c.cents = max(c.cents, floor)
}

// sector is the fare of a distance on an airline; every flight is a little dearer or cheaper than the next.
func (e *Engine) sector(km int, airline uint16, flight int32) int64 {
	c := marketCents(km) * int64(90+mix(e.seed^uint64(airline)<<32)%21) / 100
	if e.archetype(airline) == lowCost {
		c = c * 76 / 100
	}
	return c * int64(95+mix(e.seed^uint64(flight))%11) / 100
}

// competition is the price level of a route by how many flights it has.
func (e *Engine) competition(route uint32) int64 {
	switch n := e.net.first[route+1] - e.net.first[route]; {
	case n <= 1:
		return 122
	case n <= 4:
		return 114
	case n <= 10:
		return 106
	}
	return 98
}

// baseFare is the fare of one adult in a brand and bucket, in whole units of the currency.
func (p *pricer) baseFare(c *cand, b *brand, bucket uint8) int64 {
	cents := c.cents * bucketFares[bucket] / 100 * b.percent / 100
	if c.km > 4000 && b.cabin >= supplier.Business {
		cents = cents * 165 / 100
	}
	if p.discount > 0 {
		cents = cents * (100 - p.discount) / 100
	}
	return p.whole(p.cents.Convert(cents))
}

// whole rounds up to whole units of the currency.
func (p *pricer) whole(minor int64) int64 { return (minor + p.unit - 1) / p.unit * p.unit }

// paxPercent is the fare of a traveler type in percent of the adult fare.
func paxPercent(t supplier.PaxType, abroad bool) int64 {
	switch t {
	case supplier.Child, supplier.Infant:
		return 75
	case supplier.InfantOnLap:
		if abroad {
			return 10
		}
		return 0
	case supplier.Youth:
		return 95
	case supplier.Senior:
		return 92
	}
	return 100
}

// each is the base and tax of one traveler of a type, given the adult's base and fixed taxes.
func (p *pricer) each(t supplier.PaxType, base, fixed, bps int64, abroad bool) (b, tax int64) {
	b = base
	if pc := paxPercent(t, abroad); pc != 100 {
		b = p.whole(base * pc / 100)
	}
	if t == supplier.InfantOnLap {
		fixed = 0
	}
	return b, fixed + shareOf(b, bps)
}

// sum is the total of all travelers.
func (p *pricer) sum(base, fixed, bps int64, abroad bool) int64 {
	total := int64(0)
	for t, n := range p.pax {
		if n > 0 {
			b, tax := p.each(supplier.PaxType(t), base, fixed, bps, abroad)
			total += n * (b + tax)
		}
	}
	return total
}
