// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// putBack takes out of a replacing record what only time had made of the stored one, and puts the stored values
// back. Whoever reads a PNR, changes it and writes it sends these states along without meaning them; kept, they
// would outlive a change of times. When time moves the new record no more, they stay: they say what was flown.
func putBack(doc *jsondoc.Object, stored []byte, c card, now time.Time) error {
	shown, err := view(stored, c, now)
	if err != nil || bytes.Equal(shown, stored) {
		return err
	}
	was, err := readStates(stored)
	if err != nil {
		return err
	}
	is, err := readStates(shown)
	if err != nil {
		return err
	}
	restore := func(o *jsondoc.Object, member, key string, way []string) {
		if onTheWay(o.String(member), was[key], is[key], way) {
			o.Set(member, was[key])
		}
	}
	restore(doc, "bookingStatus", "", statusWay())
	if status := doc.String("bookingStatus"); (status != "" && !slices.Contains(statusWay(), status)) || !doc.Has("airPnr") {
		return nil
	}
	air := doc.Object("airPnr")
	i := -1
	if err := edit(air, "legs", func(leg *jsondoc.Object) error {
		i++
		restore(leg, "legStatus", legKey(leg.String("legId"), i), statusWay())
		return nil
	}); err != nil {
		return err
	}
	if err := edit(air, "travelerInfos", func(traveler *jsondoc.Object) error {
		return edit(traveler, "tickets", func(t *jsondoc.Object) error {
			number, i := t.String("ticketNumber"), -1
			if t.String("status") != "ISSUED" {
				return nil
			}
			return edit(t, "flightCoupons", func(coupon *jsondoc.Object) error {
				i++
				restore(coupon, "status", couponKey(number, i), couponWay())
				return nil
			})
		})
	}); err != nil {
		return err
	}
	doc.Set("airPnr", air)
	return nil
}

// statusWay is how time moves a PNR and its legs.
func statusWay() []string { return []string{statusConfirmed, statusActive, statusCompleted} }

// onTheWay reports a value that time showed between the stored one and the one shown now. Only the last two of a
// way are time's: a coupon is checked in by somebody.
func onTheWay(value, stored, shown string, way []string) bool {
	from, v, to := slices.Index(way, stored), slices.Index(way, value), slices.Index(way, shown)
	return from >= 0 && v >= len(way)-2 && from < v && v <= to
}

// readStates are the states of a PNR that time moves: its own under "", of legs and of coupons under their keys.
func readStates(doc []byte) (map[string]string, error) {
	var p struct {
		Status string `json:"bookingStatus"`
		Air    struct {
			Legs []struct {
				ID     string `json:"legId"`
				Status string `json:"legStatus"`
			} `json:"legs"`
			Travelers []struct {
				Tickets []struct {
					Number  string `json:"ticketNumber"`
					Coupons []struct {
						Status string `json:"status"`
					} `json:"flightCoupons"`
				} `json:"tickets"`
			} `json:"travelerInfos"`
		} `json:"airPnr"`
	}
	if err := json.Unmarshal(doc, &p); err != nil {
		return nil, fmt.Errorf("the states of a PNR: %w", err)
	}
	out := map[string]string{"": p.Status}
	for i, leg := range p.Air.Legs {
		out[legKey(leg.ID, i)] = leg.Status
	}
	for _, traveler := range p.Air.Travelers {
		for _, t := range traveler.Tickets {
			for i, coupon := range t.Coupons {
				out[couponKey(t.Number, i)] = coupon.Status
			}
		}
	}
	return out, nil
}

// legKey is a leg by its id, for legs may be put in another order; by its position when it has none.
func legKey(id string, i int) string {
	if id == "" {
		return "leg at " + strconv.Itoa(i)
	}
	return "leg " + id
}

func couponKey(ticket string, i int) string { return "coupon " + strconv.Itoa(i) + " of " + ticket }
