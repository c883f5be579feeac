// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// Values of a coupon's status on its way to having been flown; all others stay as they are. Flights
// themselves have no such values: their scale (PnrStatus) ends with being confirmed or ticketed.
const (
	couponLifted = "LIFTED" // on board
	couponFlown  = "FLOWN"
)

func couponWay() []string { return []string{"NOT_FLOWN", "CHECKED_IN", couponLifted, couponFlown} }

// fly brings the legs and the coupons of an air PNR to where time has moved them, as shown does with the
// PNR: a leg is active from its first departure to its last arrival, and the coupon of an issued ticket is
// lifted when its flight departs and flown when it has arrived. What was cancelled, refunded, voided or
// exchanged does not fly.
func fly(pnr *jsondoc.Object, f *facts, now time.Time) error {
	times := f.times()
	air := pnr.Object("airPnr")
	i := -1
	if err := edit(air, "legs", func(leg *jsondoc.Object) error {
		i++
		if c := (card{Status: leg.String("legStatus")}); c.Status != "" {
			c.From, c.To = f.Air.Legs[i].window(times[i])
			leg.Set("legStatus", c.shown(now))
		}
		return nil
	}); err != nil {
		return err
	}
	if err := edit(air, "travelerInfos", func(traveler *jsondoc.Object) error {
		return edit(traveler, "tickets", func(t *jsondoc.Object) error {
			if t.String("status") != "ISSUED" {
				return nil
			}
			return edit(t, "flightCoupons", func(coupon *jsondoc.Object) error { return f.flyCoupon(coupon, times, now) })
		})
	}); err != nil {
		return err
	}
	pnr.Set("airPnr", air)
	return nil
}

// flyCoupon moves one coupon on, never back.
func (f *facts) flyCoupon(coupon *jsondoc.Object, times [][]stretch, now time.Time) error {
	c := struct {
		Leg    int    `json:"legIdx"`
		Flight int    `json:"flightIdx"`
		Status string `json:"status"`
	}{-1, -1, ""}
	if err := json.Unmarshal(coupon.Bytes(), &c); err != nil {
		return fmt.Errorf("a coupon: %w", err)
	}
	if c.Leg < 0 || c.Leg >= len(f.Air.Legs) || c.Flight < 0 || c.Flight >= len(f.Air.Legs[c.Leg].Flights) {
		return nil
	}
	if f.Air.Legs[c.Leg].Flights[c.Flight].cancelled() {
		return nil
	}
	at := times[c.Leg][c.Flight]
	reached := ""
	switch {
	case !at.to.IsZero() && !now.Before(at.to):
		reached = couponFlown
	case !at.from.IsZero() && !now.Before(at.from):
		reached = couponLifted
	}
	if is := slices.Index(couponWay(), c.Status); is >= 0 && is < slices.Index(couponWay(), reached) {
		coupon.Set("status", reached)
	}
	return nil
}

// used reports a coupon that no cancellation gives back.
func used(coupon *jsondoc.Object) bool {
	s := coupon.String("status")
	return s == couponLifted || s == couponFlown
}

// zones are the time zones of the airports that the PNR tells about.
func (f *facts) zones() map[string]string {
	zones := make(map[string]string, len(f.Metadata.Airports))
	for _, a := range f.Metadata.Airports {
		zones[a.Code] = a.Zone
	}
	return zones
}

// stretch is a piece of time; an end that is zero is not known.
type stretch struct{ from, to time.Time }

// times are when the flights of each leg depart and arrive.
func (f *facts) times() [][]stretch {
	zones, out := f.zones(), make([][]stretch, len(f.Air.Legs))
	for i, leg := range f.Air.Legs {
		out[i] = make([]stretch, len(leg.Flights))
		for j, fl := range leg.Flights {
			out[i][j] = stretch{point{fl.Departure.ISO8601, zones[fl.Origin]}.moment(), point{fl.Arrival.ISO8601, zones[fl.Destination]}.moment()}
		}
	}
	return out
}

func (f *flightFacts) cancelled() bool {
	return f.Status == "CANCELLED" || f.Status == "CANCELLED_BY_VENDOR"
}

// window is from the first departure to the last arrival among the flights of a leg that take place.
func (l *legFacts) window(times []stretch) (from, to time.Time) {
	var all stretch
	for i := range l.Flights {
		if !l.Flights[i].cancelled() {
			all = all.with(times[i])
		}
	}
	return all.from, all.to
}

// with is a stretch widened over another one; an end that is not known changes nothing.
func (s stretch) with(other stretch) stretch {
	if !other.from.IsZero() && (s.from.IsZero() || other.from.Before(s.from)) {
		s.from = other.from
	}
	if other.to.After(s.to) {
		s.to = other.to
	}
	return s
}
