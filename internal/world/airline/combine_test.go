// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/supplier"
)

// A return on one airline in one brand costs less than two single tickets.
func TestReturnFares(t *testing.T) {
	t.Parallel()
	e := engine(t)
	r := shop(t, e, e.roundTrip("LHR", "JFK", 40))
	through := 0
	for _, o := range r.Offers {
		if len(o.Legs) != 2 || o.Legs[0].Origin != "LHR" || o.Legs[1].Destination != "LHR" {
			t.Fatalf("legs %+v", o.Legs)
		}
		single := int64(0)
		for i, l := range o.Legs {
			q := e.oneWay(l.Origin, l.Destination, 40+7*i)
			q.Legs[0].Origins, q.Legs[0].Destinations = []string{l.Origin}, []string{l.Destination}
			single += cheapestOf(t, e, q, &l)
		}
		switch {
		case o.Total < single:
			through++
		case o.Total > single:
			t.Errorf("a return for %d, two singles for %d", o.Total, single)
		}
		if through > 20 {
			return
		}
	}
	t.Errorf("%d through fares among %d returns", through, r.Total)
}

// cheapestOf is what a leg costs by itself in the brand it has.
func cheapestOf(t *testing.T, e *Engine, q *supplier.AirQuery, l *supplier.AirLeg) int64 {
	t.Helper()
	for _, o := range shop(t, e, q).Offers {
		a, b := o.Legs[0], *l
		if a.Brand.Code == b.Brand.Code && a.DepartUTC.Equal(b.DepartUTC) && a.ArriveUTC.Equal(b.ArriveUTC) &&
			cmp.Equal(flights(&a), flights(&b)) {
			return o.Total
		}
	}
	t.Fatalf("leg %v is not sold by itself", flights(l))
	return 0
}

func flights(l *supplier.AirLeg) []supplier.FlightNumber {
	var n []supplier.FlightNumber
	for _, s := range l.Segments {
		n = append(n, s.Marketing)
	}
	return n
}

// Choosing leg by leg ends at a whole offer whose price is that of the bundle of the same flights.
func TestLegByLeg(t *testing.T) {
	t.Parallel()
	e := engine(t)
	q := e.roundTrip("LHR", "JFK", 40)
	bundles := map[string]int64{}
	for _, o := range shop(t, e, q).Offers {
		bundles[string(o.Ref)] = o.Total
	}
	q.LegByLeg = true
	first := shop(t, e, q)
	if len(first.Offers[0].Legs) != 1 {
		t.Fatalf("%d legs at the first step", len(first.Offers[0].Legs))
	}
	same := 0
	for _, o := range first.Offers[:20] {
		q.Chosen = o.Ref
		second := shop(t, e, q)
		for _, x := range second.Offers {
			if len(x.Legs) != 2 || !cmp.Equal(flights(&x.Legs[0]), flights(&o.Legs[0])) {
				t.Fatalf("not the chosen leg: %+v", x.Legs)
			}
			if total, ok := bundles[string(x.Ref)]; ok && total == x.Total {
				same++
			}
		}
	}
	if same == 0 {
		t.Error("no offer of the steps is among the bundles")
	}
}
