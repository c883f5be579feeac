// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBookAndVoid is the main job: search, book, look, cancel, look again.
func TestBookAndVoid(t *testing.T) {
	t.Parallel()
	for name, legs := range map[string][][2]string{
		"round trip":         {{"LHR", "JFK"}, {"JFK", "LHR"}},
		"city pair, one way": {{"city:NYC", "SYD"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t)
			var want []doc
			for i, l := range legs {
				want = append(want, leg(l[0], l[1], c.day(60+7*i)))
			}
			found := c.search(want...)
			itineraries := found.list("itineraryDetails/itineraries")
			if len(itineraries) == 0 {
				t.Fatalf("nothing found: %.2000v", found)
			}
			offer := itineraries[slices.IndexFunc(itineraries, func(o object) bool { return o.at("fareAttributes/isVoidable") == true })]
			if got := len(offer.list("legs")); got != len(legs) {
				t.Fatalf("%d legs, want %d", got, len(legs))
			}
			trip := c.trip("Planning week")
			pnrID := c.book(found.str("searchId"), offer.str("itineraryId"), trip)

			d := c.detail(trip)
			if got := d.str("tripBookingStatus"); got != "CONFIRMED_STATUS" {
				t.Errorf("trip is %s", got)
			}
			pnr := object(d.list("pnrs")[0]["data"].(map[string]any))
			if pnr.str("pnrId") != pnrID || len(d.list("pnrs")) != 1 {
				t.Fatalf("the trip holds other PNRs: %v", d.at("pnrs"))
			}
			flights := checkTickets(t, pnr, "ISSUED", "NOT_FLOWN")
			offered := offer.num("fareInfo/totalFare/base/amount") + offer.num("fareInfo/totalFare/tax/amount")
			if paid := pnr.num("totalFareAmount/base/amount") + pnr.num("totalFareAmount/tax/amount"); math.Abs(paid-offered) > 0.005 {
				t.Errorf("paid %.2f for an offer of %.2f", paid, offered)
			}

			options := c.call(200, "GET", "/v2/trips/"+trip+"/pnrs/"+pnrID+"/cancellation-details", nil)
			option := findOption(options, "VOID")
			if option == "" {
				t.Fatalf("no VOID on offer: %v", options)
			}
			cancelled := c.call(200, "POST", "/v2/air/cancel-pnr", doc{"pnrId": pnrID, "optionId": option})
			if got := cancelled.str("status"); got != "CANCELLED" {
				t.Fatalf("cancel answered %v", cancelled)
			}
			d = c.detail(trip)
			pnr = object(d.list("pnrs")[0]["data"].(map[string]any))
			if got := pnr.str("bookingStatus"); got != "VOIDED_STATUS" {
				t.Errorf("PNR is %s", got)
			}
			if after := checkTickets(t, pnr, "VOIDED", "VOIDED"); after != flights {
				t.Errorf("%d flights after the cancellation, %d before", after, flights)
			}
			if left := d.num("tripPaymentInfo/totalFare/amount"); left != 0 {
				t.Errorf("the trip still costs %v", left)
			}
			c.refuse(400, "STATE_DOES_NOT_ALLOW", "POST", "/v2/air/cancel-pnr", doc{"pnrId": pnrID, "optionId": option})
		})
	}
}

// checkTickets checks numbers, coupons and taxes of a PNR and answers how many flights it lists.
func checkTickets(t *testing.T, pnr object, status, coupon string) (flights int) {
	t.Helper()
	for _, l := range pnr.list("airPnr/legs") {
		flights += len(l.list("flights"))
	}
	coupons := 0
	infos := pnr.list("airPnr/travelerInfos")
	for _, info := range infos {
		for _, ticket := range info.list("tickets") {
			if n := ticket.str("ticketNumber"); len(n) != 13 || strings.Trim(n, "0123456789") != "" {
				t.Errorf("ticket number %q is not 13 digits", n)
			}
			if got := ticket.str("status"); got != status {
				t.Errorf("ticket is %s, want %s", got, status)
			}
			for _, fc := range ticket.list("flightCoupons") {
				coupons++
				if got := fc.str("status"); got != coupon {
					t.Errorf("coupon is %s, want %s", got, coupon)
				}
			}
			sum := 0.0
			for _, tax := range ticket.list("taxBreakdown/tax") {
				sum += tax.num("amount/amount")
			}
			if amount := ticket.num("amount/tax/amount"); math.Abs(sum-amount) > 0.005 {
				t.Errorf("taxes add up to %.2f, the ticket says %.2f", sum, amount)
			}
		}
	}
	if flights == 0 || coupons != flights*len(infos) {
		t.Errorf("%d flights, %d coupons, %d travelers", flights, coupons, len(infos))
	}
	return flights
}

// findOption looks for an option of a kind anywhere in the cancellation details.
func findOption(v any, kind string) string {
	switch t := v.(type) {
	case object:
		return findOption(map[string]any(t), kind)
	case map[string]any:
		if t["cancellationType"] == kind {
			s, _ := t["optionId"].(string)
			return s
		}
		for _, sub := range t {
			if s := findOption(sub, kind); s != "" {
				return s
			}
		}
	case []any:
		for _, sub := range t {
			if s := findOption(sub, kind); s != "" {
				return s
			}
		}
	}
	return ""
}

// TestCouponsFlyWithTheClock books a round trip and moves the clock past each of its flights.
func TestCouponsFlyWithTheClock(t *testing.T) {
	t.Parallel()
	c := start(t)
	found := c.search(leg("LHR", "JFK", c.day(2)), leg("JFK", "LHR", c.day(8)))
	tripID := c.trip("Board meeting")
	pnrID := c.book(found.str("searchId"), found.str("itineraryDetails/itineraries/0/itineraryId"), tripID)
	read := func() (states []string) {
		pnr := c.call(200, "GET", "/v3/trips/"+tripID+"/pnrs/"+pnrID, nil)
		states = append(states, pnr.str("bookingStatus"))
		for _, l := range pnr.list("airPnr/legs") {
			states = append(states, l.str("legStatus"))
		}
		for _, coupon := range pnr.list("airPnr/travelerInfos/0/tickets/0/flightCoupons") {
			states = append(states, coupon.str("status"))
		}
		return slices.Compact(states)
	}
	details := func() string {
		return c.call(200, "GET", "/v2/trips/"+tripID+"/pnrs/"+pnrID+"/cancellation-details", nil).str("cancellationDetails/air/cancellationState")
	}
	for _, moment := range []struct {
		after string
		want  []string
		state string
	}{
		{"", []string{"CONFIRMED_STATUS", "NOT_FLOWN"}, "CANCELLABLE_BY_OBT"},
		{"P5D", []string{"ACTIVE_STATUS", "COMPLETED_STATUS", "CONFIRMED_STATUS", "FLOWN", "NOT_FLOWN"}, "CANCELLABLE_BY_SUPPORT"},
		{"P6D", []string{"COMPLETED_STATUS", "FLOWN"}, "NON_CANCELLABLE"},
	} {
		if moment.after != "" {
			c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": moment.after})
			c.token = c.srv.Token(t)
		}
		if diff := cmp.Diff(moment.want, read()); diff != "" {
			t.Errorf("after %s: %s", moment.after, diff)
		}
		if got := details(); got != moment.state {
			t.Errorf("after %s the cancellation is %s, want %s", moment.after, got, moment.state)
		}
	}
}
