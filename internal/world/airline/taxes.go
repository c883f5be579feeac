// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"github.com/airside-travel/airside/internal/supplier"
	"github.com/airside-travel/airside/internal/world"
)

// taxWhen is what a tax is levied on.
type taxWhen uint8

const (
	departAbroad  taxWhen = iota // once, leaving the country
	departWithin                 // once, domestic itinerary
	departAny                    // once, first departure
	arriveAbroad                 // once, at the final arrival from another country
	everyBoarding                // each flight that departs there
	everyDomestic                // each domestic flight there
	shareWithin                  // percent of the base fare of a domestic itinerary
)

// taxRule is one tax. Money is thousandths of a US cent, converted from the local amount when the engine is made.
type taxRule struct {
	code         string
	when         taxWhen
	low, high    int64 // economy, other cabins
	minKm, maxKm int32 // distance band of the itinerary; maxKm 0 = no end
	bps          int64 // with shareWithin
	kept         bool  // not refundable
}

// taxTable turns the table in local money into rules by country index.
func taxTable(w *world.World) [][]taxRule {
	rules := make([][]taxRule, len(w.Countries))
	for _, c := range countryTaxes {
		i, ok := w.Country(c.country)
		if !ok {
			continue
		}
		rate, ok := w.Rate(c.currency, "USD")
		if !ok {
			continue
		}
		for _, t := range c.taxes {
			high := t.high
			if high == 0 {
				high = t.low
			}
			rules[i] = append(rules[i], taxRule{t.code, t.when, rate.Convert(t.low * 1000), rate.Convert(high * 1000),
				t.minKm, t.maxKm, t.bps, t.kept})
		}
	}
	for i := range rules {
		if rules[i] == nil { // the rest of the world: a departure tax and a security charge
			rules[i] = []taxRule{{code: "YX", when: departAbroad, low: 1_800_000, high: 1_800_000},
				{code: "YX", when: departWithin, low: 500_000, high: 500_000},
				{code: "XT", when: departAny, low: 450_000, high: 450_000}}
		}
	}
	return rules
}

// taxSink adds up taxes and, when items is set, lists them.
type taxSink struct {
	rate  world.Rate // thousandths of a US cent to minor units of the offer
	sum   int64
	items *[]supplier.Tax
	leg   int
}

func (t *taxSink) add(code, country string, milliCents int64, kept bool) {
	t.put(code, country, t.rate.Convert(milliCents), kept)
}

func (t *taxSink) put(code, country string, amount int64, kept bool) {
	if amount == 0 {
		return
	}
	t.sum += amount
	if t.items != nil {
		*t.items = append(*t.items, supplier.Tax{Code: code, Country: country, Amount: amount, Refundable: !kept, Leg: t.leg})
	}
}

// fixedTaxes adds the taxes of one adult that do not depend on the fare.
func (e *Engine) fixedTaxes(c *cand, premium bool, to *taxSink) {
	n := e.net
	home, away := e.w.Airports[c.from].Country, e.w.Airports[c.to].Country
	if int(c.carrier) == n.zz {
		to.add("XT", e.w.Countries[home].Alpha2, 2_000_000, false)
		return
	}
	abroad := home != away
	for i := range e.taxes[home] {
		t := &e.taxes[home][i]
		if t.when <= departAny && (t.when == departAny || (t.when == departAbroad) == abroad) && t.band(c.km) {
			to.add(t.code, e.w.Countries[home].Alpha2, t.amount(premium), t.kept)
		}
	}
	for _, r := range c.route[:c.n] {
		at := e.w.Airports[n.routeFrom[r]].Country
		for i := range e.taxes[at] {
			t := &e.taxes[at][i]
			if t.when == everyBoarding || t.when == everyDomestic && n.domestic[r] {
				to.add(t.code, e.w.Countries[at].Alpha2, t.amount(premium), t.kept)
			}
		}
	}
	if abroad {
		for i := range e.taxes[away] {
			if t := &e.taxes[away][i]; t.when == arriveAbroad {
				to.add(t.code, e.w.Countries[away].Alpha2, t.amount(premium), t.kept)
			}
		}
		if c.km > 3500 && e.archetype(c.carrier) != lowCost {
			surcharge := min(int64(c.km)*1_100, 24_000_000) // carrier surcharge of long flights
			if premium {
				surcharge *= 2
			}
			to.add("YQ", "", surcharge, true)
		}
	}
}

// share is the tax on the fare itself: its code, country and basis points; zero for international itineraries.
func (e *Engine) share(c *cand) (code, country string, bps int64) {
	home := e.w.Airports[c.from].Country
	if home != e.w.Airports[c.to].Country || int(c.carrier) == e.net.zz {
		return "", "", 0
	}
	for i := range e.taxes[home] {
		if t := &e.taxes[home][i]; t.when == shareWithin {
			return t.code, e.w.Countries[home].Alpha2, t.bps
		}
	}
	return "", "", 0
}

func (t *taxRule) band(km int32) bool { return km >= t.minKm && (t.maxKm == 0 || km < t.maxKm) }

func (t *taxRule) amount(premium bool) int64 {
	if premium {
		return t.high
	}
	return t.low
}

func shareOf(base, bps int64) int64 { return (base*bps + 5000) / 10000 }
