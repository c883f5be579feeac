// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"cmp"
	"slices"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/supplier"
)

// The facts about a result are those of all its offers.
func TestFactsDescribeTheOffers(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for _, q := range []*supplier.AirQuery{e.oneWay("OSL", "SIN", 60), e.roundTrip("BOS", "SFO", 20)} {
		r := shop(t, e, q)
		airlines, vias := map[string]int{}, map[string]int{}
		var totals []int64
		for _, o := range r.Offers {
			a, v := map[string]bool{}, map[string]bool{}
			for _, l := range o.Legs {
				for i, s := range l.Segments {
					a[s.Marketing.Carrier] = true
					if i > 0 {
						v[s.Origin] = true
					}
				}
			}
			for c := range a {
				airlines[c]++
			}
			for c := range v {
				vias[c]++
			}
			totals = append(totals, o.Total)
		}
		if d := diff.Diff(ordered(airlines), r.Airlines); d != "" {
			t.Errorf("airlines: %s", d)
		}
		if d := diff.Diff(ordered(vias), r.ConnectingAirports); d != "" {
			t.Errorf("connecting airports: %s", d)
		}
		slices.Sort(totals)
		want := supplier.FareStats{Min: totals[0], Median: totals[(len(totals)-1)/2], Max: totals[len(totals)-1], Currency: "USD"}
		if d := diff.Diff(want, r.Fares); d != "" {
			t.Errorf("fares: %s", d)
		}
	}
}

func ordered(m map[string]int) []supplier.Count {
	var out []supplier.Count
	for c, n := range m {
		out = append(out, supplier.Count{Code: c, N: n})
	}
	slices.SortFunc(out, func(a, b supplier.Count) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Code, b.Code)) })
	return out
}

// Fares stand still between the ticks of the price clock, and climb towards departure.
func TestPriceClock(t *testing.T) {
	t.Parallel()
	e := engine(t)
	at := func(now time.Time) *supplier.AirResult {
		q := e.oneWay("LHR", "JFK", 120)
		q.Now = now
		return shop(t, e, q)
	}
	if d := diff.Diff(at(noon), at(noon.Add(6*time.Hour-time.Second))); d != "" {
		t.Errorf("within a tick: %s", d)
	}
	last := int64(0)
	for _, days := range []int{0, 60, 100, 110, 117, 119} {
		if got := at(noon.AddDate(0, 0, days)).Fares.Median; got < last {
			t.Errorf("%d days later the median fare fell from %d to %d", days, last, got)
		} else {
			last = got
		}
	}
	q := e.oneWay("LHR", "JFK", 0)
	for _, o := range shop(t, e, q).Offers {
		if o.Legs[0].DepartUTC.Before(noon.Add(closeDoors * time.Minute)) {
			t.Errorf("still on sale: %v", o.Legs[0].DepartUTC)
		}
	}
	ref := at(noon).Offers[0].Ref
	if _, err := e.Price(t.Context(), ref, supplier.PriceOpts{Now: noon.AddDate(0, 0, 125)}); err == nil {
		t.Error("a flight that left is priced")
	}
}

// Known taxes of known markets, in the currency of the country that levies them.
func TestTaxesOfKnownMarkets(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for _, x := range []struct {
		from, to, currency string
		cabin              supplier.Cabin
		want               map[string]int64 // code -> sum
	}{
		{"LHR", "JFK", "GBP", supplier.Economy, map[string]int64{"GB": 90_00, "UB": 28_50}},
		{"LHR", "JFK", "GBP", supplier.Business, map[string]int64{"GB": 216_00}},
		{"LHR", "JFK", "USD", supplier.Economy, map[string]int64{"US": 22_90, "XY": 7_00, "YC": 7_39, "XA": 3_84}},
		{"LHR", "CDG", "GBP", supplier.Economy, map[string]int64{"GB": 13_00}},
		{"FRA", "JFK", "EUR", supplier.Economy, map[string]int64{"OY": 70_83, "RA": 23_85, "DE": 10_00}},
		{"JFK", "LAX", "USD", supplier.Economy, map[string]int64{"ZP": 5_20, "AY": 5_60, "XF": 4_50}},
		{"CDG", "NCE", "EUR", supplier.Economy, map[string]int64{"QX": 17_10, "O4": 7_40}},
	} {
		q := e.oneWay(x.from, x.to, 60)
		q.Currency = x.currency
		q.Filters.NonstopOnly, q.Filters.CabinMode, q.Filters.Cabin = true, supplier.CabinAll, x.cabin
		r := shop(t, e, q)
		if r.Total == 0 {
			t.Errorf("%s-%s: nothing", x.from, x.to)
			continue
		}
		got := map[string]int64{}
		for _, tax := range r.Offers[0].Prices[0].Taxes {
			got[tax.Code] += tax.Amount
		}
		for code, want := range x.want {
			if got[code] != want {
				t.Errorf("%s-%s: %s is %d %s, want %d", x.from, x.to, code, got[code], x.currency, want)
			}
		}
	}
}

// Orders of the test carrier that do not go through at once.
func TestOrderScenarios(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for number, want := range map[int]struct {
		status supplier.OrderStatus
		plan   supplier.Scenario
	}{
		1:   {supplier.OrderTicketed, supplier.Scenario{}},
		160: {supplier.OrderPending, supplier.Scenario{ConfirmAfter: 2 * time.Minute}},
		170: {supplier.OrderPending, supplier.Scenario{ConfirmAfter: 2 * time.Minute, Reject: true}},
		180: {supplier.OrderPending, supplier.Scenario{Silent: true}},
		190: {supplier.OrderConfirmed, supplier.Scenario{TicketAfter: 10 * time.Minute}},
		200: {supplier.OrderConfirmed, supplier.Scenario{TicketFails: true}},
		210: {supplier.OrderTicketed, supplier.Scenario{Event: supplier.PlannedEvent{Kind: supplier.EventDelay, After: 5 * time.Minute, Shift: 45 * time.Minute}}},
		260: {supplier.OrderTicketed, supplier.Scenario{Event: supplier.PlannedEvent{Kind: supplier.EventCancelledLate, Before: 24 * time.Hour, Waiver: "SIMWX26"}}},
	} {
		o := zzOrder(t, e, number)
		if o.Status != want.status || (len(o.Tickets) > 0) != (want.status == supplier.OrderTicketed) {
			t.Errorf("ZZ %d: status %d, %d tickets", number, o.Status, len(o.Tickets))
		}
		if d := diff.Diff(want.plan, o.Scenario); d != "" {
			t.Errorf("ZZ %d: %s", number, d)
		}
	}
}
