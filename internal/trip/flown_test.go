// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The flights of the round trip below as moments: out, then back with a connection.
func flightTimes() [3][2]time.Time {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC) }
	return [3][2]time.Time{{at(10, 9, 0), at(10, 16, 0)}, {at(13, 0, 0), at(13, 5, 45)}, {at(13, 7, 0), at(13, 10, 10)}}
}

// roundTrip is a ticket of two legs, LHR-JFK and JFK-KEF-LHR, with its coupons' stored statuses; the times
// in it are local, and New York has just put its clocks forward.
func roundTrip(ticketStatus string, coupons [3]string, flightStatus [3]string) string {
	confirmed := func(i int) string { return `"flightStatus":"` + flightStatus[i] + `"` }
	list := make([]string, 3)
	for i, s := range coupons {
		list[i] = fmt.Sprintf(`{"legIdx":%d,"flightIdx":%d,"status":%q}`, min(i, 1), max(i-1, 0), s)
	}
	return `"airPnr":{"legs":[{"legId":"out","legStatus":"CONFIRMED_STATUS","flights":[` + flight("LHR", "2026-03-10T09:00", "JFK", "2026-03-10T12:00", confirmed(0)) + `]},` +
		`{"legId":"back","legStatus":"CONFIRMED_STATUS","flights":[` + flight("JFK", "2026-03-12T20:00", "KEF", "2026-03-13T05:45", confirmed(1)) + `,` +
		flight("KEF", "2026-03-13T07:00", "LHR", "2026-03-13T10:10", confirmed(2)) + `]}],` +
		`"travelerInfos":[{"travelerIdx":0,"booking":{},"tickets":[{"ticketNumber":"0110000000001","status":"` + ticketStatus + `","flightCoupons":[` + strings.Join(list, ",") + `],` +
		`"amount":{"base":{"amount":80,` + eur + `},"tax":{"amount":20,` + eur + `}}}]}]},` +
		`"additionalMetadata":{"airportInfo":[{"airportCode":"LHR","zoneName":"Europe/London"},{"airportCode":"JFK","zoneName":"America/New_York"},{"airportCode":"KEF","zoneName":"Atlantic/Reykjavik"}]}`
}

var fly3 = [3]string{"CONFIRMED", "CONFIRMED", "CONFIRMED"} //nolint:gochecknoglobals // constant; Go has no constant arrays

// statesOf lists booking, legs and coupons as a reader sees them.
func statesOf(pnr any) []string {
	out := []string{fmt.Sprint(at(pnr, "bookingStatus"))}
	for i := range 2 {
		out = append(out, fmt.Sprint(at(pnr, fmt.Sprintf("airPnr.legs.%d.legStatus", i))))
	}
	for i := range 3 {
		out = append(out, fmt.Sprint(at(pnr, fmt.Sprintf("airPnr.travelerInfos.0.tickets.0.flightCoupons.%d.status", i))))
	}
	return out
}

// At every moment a coupon is where the flight is, whatever it was stored as: never back, and only on its way.
func TestCouponsFly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	times := flightTimes()
	rapid.Check(t, func(rt *rapid.T) {
		b.at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		trip := b.trip(agent(), ada) // a trip with all of them would be written out each time
		status := rapid.SampledFrom([]string{"ISSUED", "ISSUED", "ISSUED", "VOIDED", "REFUNDED", "EXCHANGED"}).Draw(rt, "ticket")
		var coupons, flights, want [3]string
		for i := range coupons {
			coupons[i] = rapid.SampledFrom([]string{"NOT_FLOWN", "NOT_FLOWN", "CHECKED_IN", "LIFTED", "FLOWN", "REFUNDED", "VOIDED", "EXCHANGED", "SUSPENDED"}).Draw(rt, "coupon")
			flights[i] = rapid.SampledFrom([]string{"CONFIRMED", "CONFIRMED", "CONFIRMED", "CANCELLED", "CANCELLED_BY_VENDOR"}).Draw(rt, "flight")
		}
		id := b.pnr(trip, booking(roundTrip(status, coupons, flights), visit))
		// Moments at and around each change, and any other.
		b.at = rapid.OneOf(rapid.Custom(func(rt *rapid.T) time.Time {
			return times[rapid.IntRange(0, 2).Draw(rt, "flight")][rapid.IntRange(0, 1).Draw(rt, "end")].Add(time.Duration(rapid.IntRange(-1, 1).Draw(rt, "s")) * time.Second)
		}), rapid.Custom(func(rt *rapid.T) time.Time {
			return times[0][0].Add(time.Duration(rapid.IntRange(-48, 120).Draw(rt, "h")) * time.Hour)
		})).Draw(rt, "now")
		way := map[string]int{"NOT_FLOWN": 1, "CHECKED_IN": 2, "LIFTED": 3, "FLOWN": 4}
		for i, stored := range coupons {
			want[i] = stored
			reached := "NOT_FLOWN"
			if !b.at.Before(times[i][1]) {
				reached = "FLOWN"
			} else if !b.at.Before(times[i][0]) {
				reached = "LIFTED"
			}
			if status == "ISSUED" && flights[i] == "CONFIRMED" && way[stored] > 0 && way[stored] < way[reached] {
				want[i] = reached
			}
		}
		if d := cmp.Diff(want[:], statesOf(b.read(trip, id))[3:]); d != "" {
			rt.Fatal(d)
		}
	})
}

// The life of a ticket: what each moment shows, alike in the PNR, the trip, its summary and what is announced.
func TestTheLifeOfATicket(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	id := b.pnr(trip, booking(roundTrip("ISSUED", [3]string{"NOT_FLOWN", "NOT_FLOWN", "NOT_FLOWN"}, fly3), visit))
	times := flightTimes()
	const confirmed, active, completed = statusConfirmed, statusActive, statusCompleted
	for _, moment := range []struct {
		at   time.Time
		want []string
	}{
		{times[0][0].Add(-time.Second), []string{confirmed, confirmed, confirmed, "NOT_FLOWN", "NOT_FLOWN", "NOT_FLOWN"}},
		{times[0][0], []string{active, active, confirmed, "LIFTED", "NOT_FLOWN", "NOT_FLOWN"}},
		{times[0][1], []string{active, completed, confirmed, "FLOWN", "NOT_FLOWN", "NOT_FLOWN"}},
		{times[1][0], []string{active, completed, active, "FLOWN", "LIFTED", "NOT_FLOWN"}},
		{times[1][1], []string{active, completed, active, "FLOWN", "FLOWN", "NOT_FLOWN"}},
		{times[2][0], []string{active, completed, active, "FLOWN", "FLOWN", "LIFTED"}},
		{times[2][1], []string{completed, completed, completed, "FLOWN", "FLOWN", "FLOWN"}},
	} {
		b.at = moment.at
		if d := cmp.Diff(moment.want, statesOf(b.read(trip, id))); d != "" {
			t.Errorf("at %s: %s", moment.at, d)
		}
		if d := cmp.Diff(moment.want, statesOf(at(b.detail(agent(), trip), "pnrs.0.data"))); d != "" {
			t.Errorf("trip details at %s: %s", moment.at, d)
		}
		_, body := must(b, agent(), "getUserTripSummariesList", b.s.UserTrips, UserTripsIn{ada, b.ask(`{"paginationRequestParams":{},"includePnrSummaries":true}`)})
		legs := at(decode(t, body), "tripSummaries.0.pnrSummaries.0.pnrSummary.airPnrSummary.legInfos")
		if got := fmt.Sprint(at(legs, "0.legStatus"), at(legs, "1.legStatus")); got != fmt.Sprint(moment.want[1], moment.want[2]) {
			t.Errorf("the summary at %s has the legs %s", moment.at, got)
		}
		b.told = nil
		must(b, agent(), "addRemarkV3", b.s.AddRemarks, RemarksIn{TripID: trip, PNRID: id, Doc: struct {
			Remarks []json.RawMessage `json:"remarks"`
		}{[]json.RawMessage{json.RawMessage(`{"sabre":{"type":"GENERAL","text":"Checked."}}`)}}})
		if d := cmp.Diff(moment.want, statesOf(decode(t, b.told[0].Payload))); d != "" {
			t.Errorf("announced at %s: %s", moment.at, d)
		}
	}
}

// A ticket that is given back on the way keeps what was flown, and time no longer moves the rest.
func TestARefundOnTheWayKeepsWhatWasFlown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	id := b.pnr(trip, booking(roundTrip("ISSUED", [3]string{"NOT_FLOWN", "NOT_FLOWN", "NOT_FLOWN"}, fly3), visit))
	b.at = flightTimes()[0][1]
	must(b, agent(), "cancelPnrV3", b.s.Cancel, b.cancelIn(trip, id, `{"cancellationType":"FULL_REFUND"}`))
	for _, now := range []time.Time{b.at, flightTimes()[2][1]} {
		b.at = now
		got := b.read(trip, id)
		if d := cmp.Diff([]string{"FLOWN", "REFUNDED", "REFUNDED"}, statesOf(got)[3:]); d != "" {
			t.Error(d)
		}
		if last := at(got, "airPnr.travelerInfos.0.lastConfirmedTickets.0.flightCoupons.0.status"); last != "FLOWN" {
			t.Errorf("the last confirmed ticket says %v", last)
		}
	}
}

// Who flies over the date line lands, by the local clock, before leaving: only moments tell what comes first.
func TestFlightsOverTheDateLine(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const zones = `,"additionalMetadata":{"airportInfo":[{"airportCode":"NRT","zoneName":"Asia/Tokyo"},{"airportCode":"LAX","zoneName":"America/Los_Angeles"},{"airportCode":"SFO","zoneName":"America/Los_Angeles"}]}`
	const ticket = `{"ticketNumber":"0110000000001","status":"ISSUED","flightCoupons":[{"legIdx":0,"flightIdx":0,"status":"NOT_FLOWN"},{"legIdx":0,"flightIdx":1,"status":"NOT_FLOWN"}]}`
	type moment struct{ at, want string }
	for name, tc := range map[string]struct {
		flights []string
		moments []moment
	}{
		"eastward, then on": {
			[]string{flight("NRT", "2026-03-10T17:00", "LAX", "2026-03-10T10:00", ""), flight("LAX", "2026-03-10T13:00", "SFO", "2026-03-10T14:30", "")},
			[]moment{
				{"2026-03-10T07:59:59Z", "CONFIRMED_STATUS NOT_FLOWN NOT_FLOWN"}, {"2026-03-10T08:00:00Z", "ACTIVE_STATUS LIFTED NOT_FLOWN"},
				{"2026-03-10T17:00:00Z", "ACTIVE_STATUS FLOWN NOT_FLOWN"}, {"2026-03-10T20:00:00Z", "ACTIVE_STATUS FLOWN LIFTED"},
				{"2026-03-10T21:30:00Z", "COMPLETED_STATUS FLOWN FLOWN"},
			},
		},
		"westward, then back the same day": {
			[]string{flight("LAX", "2026-03-09T16:00", "NRT", "2026-03-10T20:00", ""), flight("NRT", "2026-03-10T21:00", "LAX", "2026-03-10T14:00", "")},
			[]moment{
				{"2026-03-10T11:00:00Z", "ACTIVE_STATUS FLOWN NOT_FLOWN"}, {"2026-03-10T12:00:00Z", "ACTIVE_STATUS FLOWN LIFTED"},
				{"2026-03-10T20:59:59Z", "ACTIVE_STATUS FLOWN LIFTED"}, {"2026-03-10T21:00:00Z", "COMPLETED_STATUS FLOWN FLOWN"},
			},
		},
	} {
		b.at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		trip := b.trip(agent(), ada)
		id := b.pnr(trip, booking(airWith(`"legStatus":"CONFIRMED_STATUS"`, ticket, tc.flights...)+zones, visit))
		for _, m := range tc.moments {
			now, err := time.Parse(time.RFC3339, m.at)
			if err != nil {
				t.Fatal(err)
			}
			b.at = now
			got := b.read(trip, id)
			coupon := func(i int) any {
				return at(got, fmt.Sprintf("airPnr.travelerInfos.0.tickets.0.flightCoupons.%d.status", i))
			}
			if got := fmt.Sprint(at(got, "bookingStatus"), " ", coupon(0), " ", coupon(1)); got != m.want {
				t.Errorf("%s at %s: got %s, want %s", name, m.at, got, m.want)
			}
		}
		// A minute before the last landing there is something left to cancel.
		b.at = b.at.Add(-time.Minute)
		must(b, agent(), "cancelPnrV3", b.s.Cancel, b.cancelIn(trip, id, `{"cancellationType":"FULL_REFUND"}`))
	}
}

// A departure that cannot be read does not hide the others of its leg.
func TestALegWithAnUnreadableDeparture(t *testing.T) {
	t.Parallel()
	f := &facts{Air: &airFacts{Legs: []legFacts{{Flights: []flightFacts{{Departure: iso{"2026-03-10T09:00"}}, {}, {Departure: iso{"2026-03-10T15:00"}}}}}}}
	if from, _ := f.Air.Legs[0].window(f.times()[0]); !from.Equal(time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("the leg begins %s", from)
	}
}
