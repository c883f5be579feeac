// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func cardsOf(statuses ...string) []card {
	var out []card
	for _, s := range statuses {
		out = append(out, card{Status: s})
	}
	return out
}

// One line for each rule of the precedence, and for each pair of rules that meet.
func TestTripStates(t *testing.T) {
	t.Parallel()
	upset := card{Status: statusConfirmed, Disrupted: true}
	for name, tc := range map[string]struct {
		cards   []card
		end     string
		overall string
		types   []string
		booking string
	}{
		"1 empty":                            {nil, "2026-05-01", overallDraft, []string{typeDraft}, ""},
		"2 all cancelled":                    {cardsOf(statusCancelled), "2026-05-01", statusCancelled, []string{typeCancelled}, statusCancelled},
		"2 cancelled, voided, refunded":      {cardsOf(statusVoided, statusRefunded, statusCancelled), "", statusCancelled, []string{typeCancelled}, statusCancelled},
		"2 approval denied":                  {cardsOf(statusDenied), "", statusCancelled, []string{typeCancelled}, statusDenied},
		"3 declined":                         {cardsOf(statusConfirmed, statusDeclined), "2026-05-01", statusDeclined, []string{typeUpcoming}, statusDeclined},
		"3 before 4":                         {append(cardsOf(statusDeclined), upset), "2026-05-01", statusDeclined, []string{typeUpcoming}, statusDeclined},
		"4 schedule change":                  {cardsOf(statusConfirmed, statusSchedule), "2026-05-01", overallDisrupted, []string{typeDisrupted, typeUpcoming}, statusSchedule},
		"4 inoperative":                      {cardsOf(statusInoperative), "2026-05-01", overallDisrupted, []string{typeDisrupted, typeUpcoming}, statusInoperative},
		"4 cancelled segment":                {[]card{upset}, "2026-05-01", overallDisrupted, []string{typeDisrupted, typeUpcoming}, statusConfirmed},
		"4 a dead booking does not disrupt":  {[]card{{Status: statusCancelled, Disrupted: true}, {Status: statusConfirmed}}, "2026-05-01", statusConfirmed, []string{typeUpcoming}, statusConfirmed},
		"4 before 5":                         {append(cardsOf(statusAirline), upset), "2026-05-01", overallDisrupted, []string{typeDisrupted, typeUpcoming}, statusAirline},
		"5 airline control":                  {cardsOf(statusHold, statusAirline), "2026-05-01", statusAirline, []string{typeUpcoming}, statusAirline},
		"6 pending":                          {cardsOf(statusConfirmed, statusPending), "2026-05-01", statusPending, []string{typeUpcoming}, statusPending},
		"6 on hold":                          {cardsOf(statusHold), "2026-05-01", statusPending, []string{typeUpcoming}, statusHold},
		"6 approval requested":               {cardsOf(statusApproval, statusConfirmed), "2026-05-01", statusPending, []string{typeUpcoming}, statusApproval},
		"6 processing":                       {cardsOf(statusProcessing), "2026-05-01", statusPending, []string{typeUpcoming}, statusProcessing},
		"6 unconfirmed":                      {cardsOf(statusUnconfirmed), "2026-05-01", statusPending, []string{typeUpcoming}, statusUnconfirmed},
		"6 flight unconfirmed":               {cardsOf(statusFlightUnclear), "2026-05-01", statusPending, []string{typeUpcoming}, statusFlightUnclear},
		"6 being cancelled":                  {cardsOf(statusCancelling), "2026-05-01", statusPending, []string{typeUpcoming}, statusCancelling},
		"7 confirmed":                        {cardsOf(statusConfirmed, statusCancelled), "2026-05-01", statusConfirmed, []string{typeUpcoming}, statusConfirmed},
		"7 completed":                        {cardsOf(statusCompleted), "2026-02-01", statusConfirmed, []string{typePast}, statusCompleted},
		"7 ends today":                       {cardsOf(statusConfirmed), "2026-03-01", statusConfirmed, []string{typeUpcoming}, statusConfirmed},
		"7 ended yesterday":                  {cardsOf(statusConfirmed), "2026-02-28", statusConfirmed, []string{typePast}, statusConfirmed},
		"past and disrupted":                 {[]card{upset}, "2026-02-28", overallDisrupted, []string{typeDisrupted, typePast}, statusConfirmed},
		"active is more pressing than ahead": {cardsOf(statusConfirmed, statusActive, statusCompleted), "2026-05-01", statusConfirmed, []string{typeUpcoming}, statusActive},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &folder{End: tc.end, Cards: tc.cards}
			if got := overall(tc.cards); got != tc.overall {
				t.Errorf("overall: got %s, want %s", got, tc.overall)
			}
			if d := cmp.Diff(tc.types, f.types(tc.cards, "2026-03-01")); d != "" {
				t.Error(d)
			}
			if got := pressing(tc.cards, time.Time{}); got != tc.booking {
				t.Errorf("booking status: got %s, want %s", got, tc.booking)
			}
		})
	}
}

// The state of a trip does not depend on the order of its PNRs, and a dead PNR next to a live one
// changes nothing.
func TestTripStateIsAboutTheSet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		statuses := rapid.SliceOfN(rapid.SampledFrom(ranks()), 1, 6).Draw(t, "statuses")
		cards := cardsOf(statuses...)
		want := overall(cards)
		slices.Reverse(cards)
		if got := overall(cards); got != want {
			t.Fatalf("%v: %s, and reversed %s", statuses, want, got)
		}
		if got := overall(append(cards, card{Status: statusVoided})); want != statusCancelled && got != want {
			t.Fatalf("%v: %s, with a voided PNR %s", statuses, want, got)
		}
	})
}

// Every status of the contract has a rank and a spelling in the shorter enum.
func TestStatusesAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	values := func(schema string) []string {
		return slices.Sorted(slices.Values(spec(t).Schema(schema).Enum))
	}
	facing := slices.Clone(ranks())
	slices.Sort(facing)
	var brief []string
	for _, s := range ranks() {
		brief = append(brief, short(s))
	}
	slices.Sort(brief)
	if d := cmp.Diff(values("UserFacingStatus"), facing); d != "" {
		t.Errorf("UserFacingStatus: %s", d)
	}
	if d := cmp.Diff(values("PnrBookingStatus"), brief); d != "" {
		t.Errorf("PnrBookingStatus: %s", d)
	}
}

// A confirmed PNR becomes active when it begins and completed when it ends, by the clock of its place.
func TestStatusMovesWithTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	tokyo := `"additionalMetadata":{"airportInfo":[{"airportCode":"NRT","zoneName":"Asia/Tokyo"},{"airportCode":"HNL","zoneName":"Pacific/Honolulu"}]}`
	id := b.pnr(trip, booking(air(flight("NRT", "2026-03-02T09:00", "HNL", "2026-03-01T21:00", "")), tokyo+`,"bookingStatus":"CONFIRMED_STATUS"`))
	declined := b.pnr(trip, booking(misc("2026-03-02T09:00", "2026-03-02T10:00"), `"bookingStatus":"PAYMENT_DECLINED_STATUS"`))
	for _, step := range []struct{ at, want string }{
		{"2026-03-01T23:59:59Z", statusConfirmed},
		{"2026-03-02T00:00:00Z", statusActive}, // nine o'clock in Tokyo
		{"2026-03-02T06:59:59Z", statusActive},
		{"2026-03-02T07:00:00Z", statusCompleted}, // nine in the evening in Honolulu, the day before
	} {
		var err error
		if b.at, err = time.Parse(time.RFC3339, step.at); err != nil {
			t.Fatal(err)
		}
		if got := at(b.read(trip, id), "bookingStatus"); got != step.want {
			t.Errorf("%s: got %v, want %s", step.at, got, step.want)
		}
		d := b.detail(agent(), trip)
		if got := at(d, "pnrs.0.data.bookingStatus"); got != step.want {
			t.Errorf("%s: in the trip %v, want %s", step.at, got, step.want)
		}
		if got := at(b.read(trip, declined), "bookingStatus"); got != statusDeclined {
			t.Errorf("%s: a declined PNR reads %v", step.at, got)
		}
	}
}

// A PNR that comes without a state is given one from the supplier's.
func TestStateFromSupplier(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	leg := func(statuses ...string) string {
		var flights []string
		for _, s := range statuses {
			flights = append(flights, flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-01T12:00", `"flightStatus":"`+s+`"`))
		}
		return air(flights...)
	}
	for product, want := range map[string]string{
		hotel("2026-05-01T15:00", "2026-05-02T11:00", "CONFIRMED"): statusConfirmed,
		hotel("2026-05-01T15:00", "2026-05-02T11:00", "CANCELLED"): statusCancelled,
		misc("2026-05-01T10:00", "2026-05-01T11:00"):               statusConfirmed,
		leg("CONFIRMED", "CANCELLED"):                              statusConfirmed,
		leg("CANCELLED", "CANCELLED_BY_VENDOR"):                    statusCancelled,
		leg("CONFIRMED", "WAITLISTED"):                             statusPending,
		leg("TICKETED", "BOOKING_ON_HOLD"):                         statusHold,
		leg("SCHEDULE_CHANGE"):                                     statusSchedule,
	} {
		if got := at(b.read(trip, b.pnr(trip, booking(product, ""))), "bookingStatus"); got != want {
			t.Errorf("got %v, want %s for %s", got, want, product)
		}
	}
}
