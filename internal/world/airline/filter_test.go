// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/supplier"
)

// filterCase is a filter and what it means for an offer.
type filterCase struct {
	set  func(*supplier.AirFilters)
	keep func(*supplier.AirOffer) bool
}

var sameField = map[string]string{"airlines or alliance": "airlines", "alliance": "airlines", "flexible": "change",
	"refundable": "change", "money back": "change", "some business": "cabin", "business on every flight": "cabin"}

func filterCases(e *Engine) map[string]filterCase {
	one, hour := 1, 60
	everySegment := func(o *supplier.AirOffer, ok func(*supplier.Segment) bool) bool {
		return !slices.ContainsFunc(o.Legs[0].Segments, func(s supplier.Segment) bool { return !ok(&s) })
	}
	return map[string]filterCase{
		"stops": {func(f *supplier.AirFilters) { f.MaxStops = &one },
			func(o *supplier.AirOffer) bool { return len(o.Legs[0].Segments) <= 2 }},
		"nonstop": {func(f *supplier.AirFilters) { f.NonstopOnly = true },
			func(o *supplier.AirOffer) bool { return len(o.Legs[0].Segments) == 1 }},
		"airlines or alliance": {func(f *supplier.AirFilters) {
			f.Airlines, f.Alliances = []string{"BA", "DL"}, []supplier.Alliance{supplier.StarAlliance}
		}, func(o *supplier.AirOffer) bool {
			return everySegment(o, func(s *supplier.Segment) bool {
				a, _ := e.w.Airline(s.Marketing.Carrier)
				return s.Marketing.Carrier == "BA" || s.Marketing.Carrier == "DL" || e.w.Airlines[a].Alliance == uint8(supplier.StarAlliance)
			})
		}},
		"airlines": {func(f *supplier.AirFilters) { f.Airlines = []string{"BA", "DL"} },
			func(o *supplier.AirOffer) bool {
				return everySegment(o, func(s *supplier.Segment) bool { return s.Marketing.Carrier == "BA" || s.Marketing.Carrier == "DL" })
			}},
		"alliance": {func(f *supplier.AirFilters) { f.Alliances = []supplier.Alliance{supplier.StarAlliance} },
			func(o *supplier.AirOffer) bool {
				return everySegment(o, func(s *supplier.Segment) bool {
					a, _ := e.w.Airline(s.Marketing.Carrier)
					return e.w.Airlines[a].Alliance == uint8(supplier.StarAlliance)
				})
			}},
		"not this airline": {func(f *supplier.AirFilters) { f.ExcludeAirlines = []string{"AA"} },
			func(o *supplier.AirOffer) bool {
				return everySegment(o, func(s *supplier.Segment) bool { return s.Marketing.Carrier != "AA" })
			}},
		"departure": {func(f *supplier.AirFilters) {
			f.Legs = []supplier.LegFilter{{Depart: []supplier.TimeWindow{{From: 6 * hour, To: 10 * hour}}}}
		}, func(o *supplier.AirOffer) bool {
			m := o.Legs[0].Depart.Minute()
			return m >= 6*hour && m <= 10*hour
		}},
		"arrival over midnight": {func(f *supplier.AirFilters) {
			f.Legs = []supplier.LegFilter{{Arrive: []supplier.TimeWindow{{From: 20 * hour, To: 7 * hour}}}}
		}, func(o *supplier.AirOffer) bool {
			m := o.Legs[0].Arrive.Minute()
			return m >= 20*hour || m <= 7*hour
		}},
		"flexible": {func(f *supplier.AirFilters) { f.Change = supplier.ChangeableOrRefundable },
			func(o *supplier.AirOffer) bool {
				b := &o.Legs[0].Brand
				return b.Refundable || b.Change.Kind != supplier.RuleNotAllowed
			}},
		"refundable": {func(f *supplier.AirFilters) { f.Change = supplier.RefundableWithoutPenalty },
			func(o *supplier.AirOffer) bool { return o.Legs[0].Brand.Cancel.Kind == supplier.RuleFree }},
		"money back": {func(f *supplier.AirFilters) { f.Change = supplier.RefundableWithPenalty },
			func(o *supplier.AirOffer) bool { return o.Legs[0].Brand.Refundable }},
		"bag": {func(f *supplier.AirFilters) { f.FreeCheckedBag = true },
			func(o *supplier.AirOffer) bool { return o.Legs[0].Brand.Checked > 0 || o.Legs[0].Brand.CheckedKg > 0 }},
		"price": {func(f *supplier.AirFilters) { f.FareMin, f.FareMax = 550_00, 800_00 },
			func(o *supplier.AirOffer) bool { return o.Total >= 550_00 && o.Total <= 800_00 }},
		"one ticket": {func(f *supplier.AirFilters) { f.HideMultiTicket = true },
			func(o *supplier.AirOffer) bool { return o.TicketType == supplier.TicketSingle }},
		"shelf": {func(f *supplier.AirFilters) {
			f.Shelves = []supplier.Shelf{supplier.ShelfStandard, supplier.ShelfLuxury}
		},
			func(o *supplier.AirOffer) bool {
				return o.Legs[0].Brand.Shelf == supplier.ShelfStandard || o.Legs[0].Brand.Shelf == supplier.ShelfLuxury
			}},
		"business on every flight": {func(f *supplier.AirFilters) { f.CabinMode, f.Cabin = supplier.CabinAll, supplier.Business },
			func(o *supplier.AirOffer) bool {
				return everySegment(o, func(s *supplier.Segment) bool { return s.Cabin == supplier.Business })
			}},
		"some business": {func(f *supplier.AirFilters) { f.CabinMode, f.Cabin = supplier.CabinAtLeastOne, supplier.Business },
			func(o *supplier.AirOffer) bool {
				return slices.ContainsFunc(o.Legs[0].Segments, func(s supplier.Segment) bool { return s.Cabin == supplier.Business })
			}},
	}
}

// Whatever filters are combined, every offer passes all of them, and the totals describe what is left.
func TestFiltersHold(t *testing.T) {
	t.Parallel()
	e := engine(t)
	cases := filterCases(e)
	var names []string
	for n := range cases {
		names = append(names, n)
	}
	slices.Sort(names)
	markets := [][2]string{{"LON", "NYC"}, {"PAR", "SIN"}, {"BOS", "SFO"}, {"OSL", "BKK"}, {"SYD", "LON"}}
	rapid.Check(t, func(rt *rapid.T) {
		m := rapid.SampledFrom(markets).Draw(rt, "market")
		field := func(name string) string { // of several that set one field only one can be chosen
			if f := sameField[name]; f != "" {
				return f
			}
			return name
		}
		chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 3, field).Draw(rt, "filters")
		q := e.oneWay(m[0], m[1], rapid.IntRange(1, 330).Draw(rt, "days"))
		for _, c := range chosen {
			leg := q.Filters.Legs
			cases[c].set(&q.Filters)
			if len(leg) == 1 && c == "departure" {
				q.Filters.Legs[0].Arrive = leg[0].Arrive
			} else if len(leg) == 1 && c == "arrival over midnight" {
				q.Filters.Legs[0].Depart = leg[0].Depart
			}
		}
		r, err := e.Shop(t.Context(), q)
		if err != nil {
			rt.Fatal(err)
		}
		if r.Total != len(r.Offers) {
			rt.Fatalf("total %d of %d", r.Total, len(r.Offers))
		}
		for i := range r.Offers {
			for _, c := range chosen {
				if !cases[c].keep(&r.Offers[i]) {
					rt.Fatalf("%q lets through %+v", c, r.Offers[i].Legs[0])
				}
			}
		}
	})
}

// Filters that only look at finished offers drop exactly those that fail them.
func TestFiltersDropNothingElse(t *testing.T) {
	t.Parallel()
	e := engine(t)
	cases := filterCases(e)
	q := e.oneWay("PAR", "SIN", 45)
	all := shop(t, e, q).Offers
	for _, name := range []string{"price", "bag", "flexible", "money back", "one ticket"} {
		q := e.oneWay("PAR", "SIN", 45)
		cases[name].set(&q.Filters)
		var want []string
		for i := range all {
			if cases[name].keep(&all[i]) {
				want = append(want, string(all[i].Ref))
			}
		}
		var got []string
		for _, o := range shop(t, e, q).Offers {
			got = append(got, string(o.Ref))
		}
		if d := cmp.Diff(want, got); d != "" || len(want) == 0 {
			t.Errorf("%s: %d offers, want %d\n%s", name, len(got), len(want), d)
		}
	}
}

func TestConnectionFilters(t *testing.T) {
	t.Parallel()
	e := engine(t)
	via := func(f supplier.LegFilter) map[string]bool {
		q := e.oneWay("OSL", "SIN", 60)
		q.Filters.Legs = []supplier.LegFilter{f}
		seen := map[string]bool{}
		for _, o := range shop(t, e, q).Offers {
			for _, s := range o.Legs[0].Segments[1:] {
				seen[s.Origin] = true
			}
		}
		return seen
	}
	if got := via(supplier.LegFilter{ConnectVia: []string{"FRA", "CDG"}}); len(got) == 0 || len(got) > 2 {
		t.Errorf("only by Frankfurt or Paris: %v", got)
	}
	if got := via(supplier.LegFilter{AvoidVia: []string{"FRA"}}); got["FRA"] || len(got) == 0 {
		t.Errorf("not by Frankfurt: %v", got)
	}
	q := e.oneWay("LHR", "JFK", 60)
	first := shop(t, e, q).Offers[0].Legs[0].Segments[0].Marketing
	q.Filters.Legs = []supplier.LegFilter{{Flights: []supplier.FlightNumber{first}}}
	r := shop(t, e, q)
	for _, o := range r.Offers {
		if !slices.ContainsFunc(o.Legs[0].Segments, func(s supplier.Segment) bool { return s.Marketing == first }) {
			t.Errorf("without %v: %+v", first, o.Legs[0].Segments)
		}
	}
	if r.Total == 0 {
		t.Errorf("%v is gone", first)
	}
}
