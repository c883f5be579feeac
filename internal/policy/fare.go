// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// maxMinor bounds amounts, so that sums and percentages of them stay exact and cannot overflow.
const maxMinor = int64(1e15)

// minor reads an amount of a policy in minor units of the policy's currency.
func (j *judge) minor(a amount) (int64, bool) {
	minor, ok := jsondoc.Scaled(string(a.Amount), j.s.rates.Digits(a.Currency))
	if !ok || max(minor, -minor) > maxMinor {
		return 0, false
	}
	return j.convert(minor, a.Currency)
}

// percentDigits is how many decimals of a percentage count.
const percentDigits = 6

// share is a percentage of an amount that is not negative, in whole numbers and half away from zero. What is more than
// any amount, or no number, is bounded.
func share(of int64, percentage string) int64 {
	parts, ok := jsondoc.Scaled(percentage, percentDigits)
	switch {
	case !ok && percentage == "":
		return 0
	case !ok && strings.HasPrefix(percentage, "-"):
		return -maxMinor
	case !ok:
		return maxMinor
	}
	const all = 100_000_000 // parts of a whole
	high, low := bits.Mul64(uint64(max(of, 0)), uint64(max(parts, -parts)))
	low, carry := bits.Add64(low, all/2, 0)
	high += carry
	result := maxMinor
	if high < all {
		n, _ := bits.Div64(high, low, all)
		result = int64(min(n, uint64(maxMinor)))
	}
	if parts < 0 {
		return -result
	}
	return result
}

func (j *judge) convert(minor int64, from string) (int64, bool) {
	if from == j.r.Currency {
		return minor, true
	}
	return j.s.rates.Convert(minor, from, j.r.Currency)
}

// price of an offer in the policy's currency, with tax or without.
func (j *judge) price(o *AirOffer, tax bool) (int64, bool) {
	p := o.Base
	if tax {
		p += o.Tax
	}
	return j.convert(p, o.Currency)
}

// worth shows minor units of the policy's currency.
func (j *judge) worth(minor int64) Value {
	return worth(minor, j.s.rates.Digits(j.r.Currency), j.r.Currency)
}

// prices: the rules on fares. Amounts are compared in the policy's currency; an offer for which there is no
// rate is not judged by price.
func (j *judge) prices() {
	j.byDuration()
	if m := j.relative(); m != nil {
		j.comparePrice(m)
	}
	j.overMedian()
}

// relative is maxFlightBookingPriceDomestic or -International.
func (j *judge) relative() *maxPrice {
	if j.home {
		return j.r.air.MaxDomestic
	}
	return j.r.air.MaxInternational
}

func (r *Rules) needsLLF(home bool) bool {
	m := r.air.MaxInternational
	if home {
		m = r.air.MaxDomestic
	}
	return r.air.LLF != nil || m != nil && m.Type == "LOWEST_LOGICAL_FARE"
}

// byDuration: maxFlightBookingPriceByDuration. CHOICE: the longest leg picks the limit, which the whole fare
// must keep; the first matching entry counts.
func (j *judge) byDuration() {
	rule := j.r.air.MaxByTime
	if rule == nil {
		return
	}
	mine, ok := j.price(j.o, rule.Tax)
	for _, e := range rule.List {
		if !e.Duration.has(j.o.longest()) {
			continue
		}
		if limit, known := j.minor(e.Max); ok && known && mine > limit {
			j.broken("maxFlightBookingPriceByDuration", either(rule.Tax, predMaxWithTax, predMaxWithoutTax), j.worth(limit), j.worth(mine))
		}
		return
	}
}

func either(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

// comparePrice: the fare may be away from a reference by so much. CHOICE: MORE puts the limit above the
// reference, LESS below it; the fare breaks the rule when it is above the limit.
func (j *judge) comparePrice(m *maxPrice) {
	tax := m.Tax == nil || *m.Tax
	mine, ok := j.price(j.o, tax)
	if !ok {
		return
	}
	var reference int64
	var predicate string
	switch m.Type {
	case "MINIMUM":
		reference = j.s.minimum(j, tax)
		predicate = predMinimum
	case "MEDIAN":
		reference = j.s.median(j, tax)
		predicate = either(m.Sign == "LESS", predBelowMedian, predMedian)
	default:
		reference = j.lowestLogical(tax)
		predicate = either(tax, predLLFWithTax, predLLFWithoutTax)
	}
	if reference == 0 {
		return
	}
	difference := share(reference, string(m.Difference.Percentage))
	if m.Difference.Money != nil {
		if difference, ok = j.minor(*m.Difference.Money); !ok {
			return
		}
	}
	if m.Sign == "LESS" {
		difference = -difference
	}
	if limit := reference + difference; mine > limit {
		rule := "maxFlightBookingPriceInternational"
		if j.home {
			rule = "maxFlightBookingPriceDomestic"
		}
		j.broken(rule, predicate, j.worth(limit), j.worth(mine))
	}
}

// overMedian: differenceBetweenFlightFareAndMedianFare. The median is that of offers with as many stops, the same
// highest cabin and (CHOICE) a longest leg within an hour of the chosen one's; with tax.
func (j *judge) overMedian() {
	rule := j.r.air.OverMedian
	mine, ok := j.price(j.o, true)
	if rule == nil || !ok {
		return
	}
	middle := j.s.alike(j)
	if limit := middle + share(middle, strconv.FormatInt(rule.Percentage, 10)); middle > 0 && mine > limit {
		j.broken("differenceBetweenFlightFareAndMedianFare", predMedian, j.worth(limit), j.worth(mine))
	}
}

// lowestLogical is the lowest fare among those that are reasonable instead of the chosen one: in policy
// but for their price, and within the filter of lowestLogicalFare. The chosen offer is always one of them. 0 when no
// fare can be compared.
func (j *judge) lowestLogical(tax bool) int64 {
	best, ok := j.price(j.o, tax)
	other := j.s.logical(j, tax, best)
	if !ok || other > 0 && other < best {
		return other
	}
	return best
}

// logical applies the filter of lowestLogicalFare.
func (j *judge) logical(o *AirOffer, fewest int) bool {
	l := j.r.air.LLF
	if l == nil {
		return true
	}
	window, layover := l.WindowAbroad, l.LayoverAbroad
	if j.home {
		window, layover = l.WindowDomestic, l.LayoverDomestic
	}
	switch {
	case l.Stops == "ONE_OR_LESS" && o.stops() > 1, l.Stops == "TWO_OR_LESS" && o.stops() > 2, l.Stops == "FEWEST" && o.stops() > fewest:
		return false
	case window != nil && !j.near(o, time.Duration(*window)*time.Minute):
		return false
	}
	for i := range o.Legs {
		flights := o.Legs[i].Flights
		for k := 1; k < len(flights); k++ {
			wait := flights[k].Departs.Sub(flights[k-1].Arrives)
			if layover != nil && wait > time.Duration(*layover)*time.Minute {
				return false
			}
			if l.ConnectionChange == "NOT_ALLOWED" && flights[k].From.Code != flights[k-1].To.Code {
				return false
			}
		}
	}
	if l.Carrier == nil || len(l.Carrier.Airlines) == 0 {
		return true
	}
	wanted := l.Carrier.Type == "PREFERRED"
	for f := range o.flights() {
		if slices.Contains(l.Carrier.Airlines, f.Airline) != wanted {
			return false
		}
	}
	return true
}

// near reports whether each leg departs and arrives within the window around the chosen offer's.
func (j *judge) near(o *AirOffer, window time.Duration) bool {
	if len(o.Legs) != len(j.o.Legs) {
		return false
	}
	for i := range o.Legs {
		a, b := o.Legs[i].Flights, j.o.Legs[i].Flights
		if len(a) == 0 || len(b) == 0 {
			return false
		}
		if a[0].Departs.Sub(b[0].Departs).Abs() > window || a[len(a)-1].Arrives.Sub(b[len(b)-1].Arrives).Abs() > window {
			return false
		}
	}
	return true
}
