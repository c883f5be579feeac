// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/supplier"
)

// Well known markets have something to buy on every day that is on sale.
func TestEveryDay(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for _, x := range []struct {
		from, to         string
		offers, fastest  int // at least, minutes at most
		cheapest, dearer int64
	}{
		{"LHR", "JFK", 60, 9 * 60, 150_00, 1500_00},
		{"NYC", "SYD", 100, 28 * 60, 400_00, 3500_00},
		{"OSL", "PPT", 1, 50 * 60, 400_00, 3500_00},
	} {
		for days := 1; days <= 330; days++ {
			q := e.oneWay(x.from, x.to, days)
			q.Sort = []supplier.AirSort{{By: supplier.SortDuration}}
			q.Limit = 1
			r := shop(t, e, q)
			if r.Total < x.offers {
				t.Fatalf("%s-%s in %d days: %d offers, want %d", x.from, x.to, days, r.Total, x.offers)
			}
			if got := r.Offers[0].Legs[0].Minutes; got > x.fastest {
				t.Errorf("%s-%s in %d days: fastest takes %d minutes", x.from, x.to, days, got)
			}
			if r.Fares.Min < x.cheapest || r.Fares.Min > x.dearer || r.Fares.Median < r.Fares.Min || r.Fares.Max < r.Fares.Median {
				t.Errorf("%s-%s in %d days: fares %+v", x.from, x.to, days, r.Fares)
			}
		}
	}
}

// samples are pages of different shapes: markets, currencies, travelers, legs.
func samples(t *testing.T, e *Engine) []supplier.AirOffer {
	t.Helper()
	qs := queries(e, 120)
	for i, q := range qs {
		q.Currency = []string{"USD", "EUR", "JPY", "KWD", "GBP"}[i%5]
		q.Limit = 20
		if i%3 == 0 {
			q.Travelers = []supplier.PaxCount{{Type: supplier.Child, Count: 1}, {Type: supplier.Adult, Count: 2}, {Type: supplier.InfantOnLap, Count: 1}}
		}
		if i%4 == 0 {
			l := q.Legs[0]
			q.Legs = append(q.Legs, supplier.QueryLeg{Origins: l.Destinations, Destinations: l.Origins, Date: l.Date + 3})
		}
		if i%7 == 0 {
			q.RateCodes = []string{"SIM10"}
		}
	}
	multi := e.oneWay("LON", "PAR", 30)
	multi.Limit = 20
	multi.Legs = append(multi.Legs,
		supplier.QueryLeg{Origins: []string{"CDG"}, Destinations: []string{"FCO"}, Date: today + 33},
		supplier.QueryLeg{Origins: []string{"FCO"}, Destinations: []string{"LHR"}, Date: today + 35})
	var offers []supplier.AirOffer
	for _, q := range append(qs, multi) {
		offers = append(offers, shop(t, e, q).Offers...)
	}
	if len(offers) < 1000 {
		t.Fatalf("only %d offers to look at", len(offers))
	}
	return offers
}

func TestFlightsConnect(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for _, o := range samples(t, e) {
		var landed time.Time
		for _, l := range o.Legs {
			if !l.DepartUTC.After(landed) {
				t.Errorf("leg %d leaves before the last one ends", l.Index)
			}
			landed = l.ArriveUTC
			for i, s := range l.Segments {
				if got := int(s.ArriveUTC.Sub(s.DepartUTC).Minutes()); got != s.Minutes {
					t.Errorf("%v takes %d minutes, its times say %d", s.Marketing, s.Minutes, got)
				}
				sameInstant(t, e, s.Origin, s.Depart, s.DepartUTC)
				sameInstant(t, e, s.Destination, s.Arrive, s.ArriveUTC)
				if i == 0 {
					continue
				}
				prev := l.Segments[i-1]
				if prev.Destination != s.Origin {
					t.Errorf("%v arrives at %s, %v leaves from %s", prev.Marketing, prev.Destination, s.Marketing, s.Origin)
				}
				if wait := s.DepartUTC.Sub(prev.ArriveUTC); wait < mctDomestic*time.Minute || wait > longestLayover*time.Minute {
					t.Errorf("%v waits %v at %s", s.Marketing, wait, s.Origin)
				}
				if prev.DestinationTerminal != s.OriginTerminal && s.DepartUTC.Sub(prev.ArriveUTC) < (mctDomestic+mctTerminal)*time.Minute {
					t.Errorf("%v: no time to change terminals at %s", s.Marketing, s.Origin)
				}
			}
		}
	}
}

func sameInstant(t *testing.T, e *Engine, airport string, local supplier.LocalTime, utc time.Time) {
	t.Helper()
	a, _ := e.w.Airport(airport)
	if got := utc.In(e.w.Location(a)).Format("2006-01-02T15:04"); got != local.String() {
		t.Errorf("%s: local %s, but %s is %s there", airport, local, utc, got)
	}
}

// On the nights when clocks change, local and universal times still agree.
func TestClockChange(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for _, d := range []string{"2027-03-13", "2027-03-14", "2027-03-27", "2027-03-28", "2027-10-31", "2027-11-07"} {
		date, err := supplier.ParseDate(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range [][2]string{{"JFK", "LHR"}, {"LHR", "SYD"}, {"LAX", "NRT"}, {"SCL", "MAD"}} {
			q := e.oneWay(p[0], p[1], int(date-today))
			for _, o := range shop(t, e, q).Offers {
				for _, s := range o.Legs[0].Segments {
					sameInstant(t, e, s.Origin, s.Depart, s.DepartUTC)
					sameInstant(t, e, s.Destination, s.Arrive, s.ArriveUTC)
				}
			}
		}
	}
}

func TestAmountsAddUp(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for _, o := range samples(t, e) {
		var base, tax, legs int64
		for _, p := range o.Prices {
			sum := int64(0)
			for _, x := range p.Taxes {
				if x.Amount <= 0 || x.Code == "" {
					t.Errorf("tax %+v", x)
				}
				sum += x.Amount
			}
			if sum != p.Tax || p.Base+p.Tax != p.Total {
				t.Errorf("taxes %d of %+v", sum, p)
			}
			base += p.Base * int64(p.Count)
			tax += p.Tax * int64(p.Count)
		}
		for _, l := range o.Legs {
			legs += l.Total
		}
		if base != o.Base || tax != o.Tax || base+tax != o.Total || legs != o.Total {
			t.Errorf("offer of %d: base %d tax %d legs %d", o.Total, base, tax, legs)
		}
		if o.RateType == supplier.RateCorporate && o.PublicTotal <= o.Total {
			t.Errorf("corporate %d, public %d", o.Total, o.PublicTotal)
		}
	}
}

func TestRefRebuildsTheOffer(t *testing.T) {
	t.Parallel()
	e := engine(t)
	other := engine(t)
	for _, o := range samples(t, e) {
		if len(o.Ref) > 80 {
			t.Errorf("reference of %d bytes", len(o.Ref))
		}
		got, err := other.Rebuild(t.Context(), o.Ref)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(o, *got); d != "" {
			t.Fatal(d)
		}
		opts := supplier.PriceOpts{Tenant: "acme", Now: noon, Stage: supplier.StageSelect}
		if o.RateType == supplier.RateCorporate {
			open, err := e.Price(t.Context(), o.Ref, opts)
			if changed := (*supplier.PriceChanged)(nil); !errors.As(err, &changed) || open.Total != o.PublicTotal {
				t.Fatalf("corporate fare without its account code: %v", err)
			}
			opts.RateCodes = []string{"SIM10"}
		}
		again, err := e.Price(t.Context(), o.Ref, opts)
		if err != nil || again.Total != o.Total || !slices.Equal(again.Ref, o.Ref) {
			t.Fatalf("priced at once: %v", err)
		}
	}
}

func TestSameQuestionSameAnswer(t *testing.T) {
	t.Parallel()
	a, b := engine(t), engine(t)
	for _, q := range queries(a, 40) {
		x, y := shop(t, a, q), shop(t, b, q)
		shop(t, a, a.oneWay("LON", "NYC", 9)) // used scratch must not show
		if d := cmp.Diff(x, y); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(x, shop(t, a, q)); d != "" {
			t.Fatal(d)
		}
	}
}

// Pages are cut out of one order: together they are the whole result.
func TestPages(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for _, by := range []supplier.AirSort{{By: supplier.SortPrice}, {By: supplier.SortPrice, Shelf: supplier.ShelfEnhanced},
		{By: supplier.SortDepartureTime, Descending: true}, {By: supplier.SortArrivalTime}, {By: supplier.SortDuration}} {
		q := e.oneWay("LON", "NYC", 30)
		q.Sort = []supplier.AirSort{by}
		all := shop(t, e, q).Offers
		var pages []supplier.AirOffer
		for q.Limit = 37; len(pages) < len(all); q.Offset += q.Limit {
			pages = append(pages, shop(t, e, q).Offers...)
		}
		if d := cmp.Diff(all, pages); d != "" {
			t.Errorf("%+v: %s", by, d)
		}
		if by.By == supplier.SortDuration && !slices.IsSortedFunc(all, func(a, b supplier.AirOffer) int { return a.Legs[0].Minutes - b.Legs[0].Minutes }) {
			t.Error("not sorted by duration")
		}
	}
	q := e.oneWay("LON", "NYC", 30)
	q.Offset = 1 << 20
	if r := shop(t, e, q); len(r.Offers) != 0 || r.Total == 0 {
		t.Errorf("beyond the end: %d of %d", len(r.Offers), r.Total)
	}
}

// Of the 20 cheapest offers of an unlimited search the limited one finds at least 99.5 percent.
func TestRecall(t *testing.T) {
	t.Parallel()
	limited, full := engine(t), engine(t)
	full.keep = 0
	found, want := 0, 0
	for _, q := range queries(limited, 400) {
		q.Limit = 20
		have := map[string]bool{}
		for _, o := range shop(t, limited, q).Offers {
			have[string(o.Ref)] = true
		}
		for _, o := range shop(t, full, q).Offers {
			want++
			if have[string(o.Ref)] {
				found++
			}
		}
	}
	if found*1000 < want*995 {
		t.Errorf("%d of %d", found, want)
	}
}

func TestNearestDate(t *testing.T) {
	t.Parallel()
	e := engine(t)
	none := 0
	two := 0
	for _, q := range queries(e, 400) {
		q.Filters.MaxStops = &two
		r := shop(t, e, q)
		if r.Total > 0 {
			continue
		}
		none++
		if r.NearestDate == 0 {
			continue
		}
		q.Legs[0].Date = r.NearestDate
		if shop(t, e, q).Total == 0 {
			t.Errorf("%v-%v: nothing on %s either", q.Legs[0].Origins, q.Legs[0].Destinations, r.NearestDate)
		}
	}
	if none == 0 {
		t.Error("every pair of airports is connected")
	}
}

func TestBadQueries(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for name, spoil := range map[string]func(*supplier.AirQuery){
		"no legs":        func(q *supplier.AirQuery) { q.Legs = nil },
		"unknown origin": func(q *supplier.AirQuery) { q.Legs[0].Origins = []string{"QQQ"} },
		"no destination": func(q *supplier.AirQuery) { q.Legs[0].Destinations = nil },
		"nowhere":        func(q *supplier.AirQuery) { q.Legs[0].Destinations = q.Legs[0].Origins },
		"past":           func(q *supplier.AirQuery) { q.Legs[0].Date = today - 9 },
		"too far":        func(q *supplier.AirQuery) { q.Legs[0].Date = today + 900 },
		"no travelers":   func(q *supplier.AirQuery) { q.Travelers = nil },
		"only an infant": func(q *supplier.AirQuery) { q.Travelers[0].Type = supplier.InfantOnLap },
		"a crowd":        func(q *supplier.AirQuery) { q.Travelers[0].Count = 10 },
		"no such money":  func(q *supplier.AirQuery) { q.Currency = "QQQ" },
		"negative page":  func(q *supplier.AirQuery) { q.Offset = -1 },
		"bad choice":     func(q *supplier.AirQuery) { q.LegByLeg, q.Chosen = true, supplier.Ref("x") },
	} {
		q := e.oneWay("LHR", "JFK", 30)
		spoil(q)
		if r, err := e.Shop(t.Context(), q); err == nil {
			t.Errorf("%s: %d offers", name, r.Total)
		}
	}
}
