// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/errs"
)

const visit = `"bookingStatus":"CONFIRMED_STATUS","sourceInfo":{"sourcePnrId":"mdib5c","bookingSource":"SABRE"}`

func TestPNRReadsAsItWasPut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	id := b.pnr(trip, booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), visit))
	first := b.read(trip, id)
	for path, want := range map[string]any{"pnrId": id, "tripId": trip, "version": 1.0, "createdVia": "API", "initialVersionCreatedVia": "API",
		"createdAt.iso8601": "2026-03-01T12:00:00Z", "state": "PNR", "basicTripInfo.tripName": "Lisbon offsite",
		"bookingHistory.0.bookingInfo.status": "BOOKED", "bookingHistory.0.bookerInfo.role": "AGENT"} {
		if got := at(first, path); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	b.at = b.at.Add(time.Hour)
	put := booking(misc("2026-05-01T10:00", "2026-05-03T10:00"), visit+`,"version":1,"dkNumber":"DK9","totalFare":{"amount":31.50,`+eur+`},"isFinalized":true`)
	b.legal("updatePnrV3", put)
	must(b, agent(), "updatePnrV3", b.s.UpdatePNR, UpdatePNRIn{trip, id, json.RawMessage(put)})
	got, want := b.read(trip, id), decode(t, []byte(put))
	want["version"] = 2.0
	delete(want, "isFinalized") // the server's
	for _, key := range []string{"pnrId", "tripId", "createdVia", "initialVersionCreatedVia", "createdAt", "state", "basicTripInfo"} {
		want[key] = first[key]
	}
	want["updatedAt"] = map[string]any{"iso8601": "2026-03-01T13:00:00Z"}
	want["bookingHistory"] = append(first["bookingHistory"].([]any), at(got, "bookingHistory.1"))
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the PNR is not what was put (-want +got):\n%s", d)
	}
	if got := at(got, "bookingHistory.1.bookingInfo.status"); got != "UPDATED" {
		t.Errorf("history says %v", got)
	}
	_, raw := must(b, agent(), "getPnrV3", b.s.PNRByID, PNRIn{trip, id})
	if !strings.Contains(string(raw), `"amount":31.50`) {
		t.Error("an amount was not kept as it was written")
	}
}

func TestStaleVersionConflicts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	id := b.pnr(trip, booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), ""))
	put := func(version string) json.RawMessage {
		return json.RawMessage(booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), `"version":`+version))
	}
	must(b, agent(), "updatePnrV3", b.s.UpdatePNR, UpdatePNRIn{trip, id, put("1")})
	told := len(b.told)
	refused(b, agent(), "updatePnrV3", b.s.UpdatePNR, UpdatePNRIn{trip, id, put("1")}, errs.VersionConflict)
	refused(b, agent(), "updatePnrV3", b.s.UpdatePNR, UpdatePNRIn{trip, id, put("3")}, errs.VersionConflict)
	refused(b, agent(), "updatePnrV3", b.s.UpdatePNR, UpdatePNRIn{trip, id, json.RawMessage(booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), ""))}, errs.ValidationFailed)
	if v := at(b.read(trip, id), "version"); v != 2.0 || len(b.told) != told {
		t.Errorf("a refused write left version %v and %d new events", v, len(b.told)-told)
	}
}

func TestPNRBodiesThatAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	m := misc("2026-05-01T10:00", "2026-05-02T10:00")
	for name, tc := range map[string]struct {
		body string
		code errs.Code
	}{
		"nothing":            {"", errs.ValidationFailed},
		"no product":         {booking(`"dkNumber":"1"`, ""), errs.ValidationFailed},
		"two products":       {booking(m, hotel("2026-05-01T15:00", "2026-05-02T11:00", "CONFIRMED")), errs.ValidationFailed},
		"no traveler":        {`{"costOfGoodsSold":{"payments":[{"travelerIndices":[0],"paymentType":"MISC"}]},` + m + `}`, errs.ValidationFailed},
		"no cost of goods":   {`{"pnrTravelers":[{"userId":{"id":"` + ada + `"}}],` + m + `}`, errs.ValidationFailed},
		"unknown traveler":   {strings.ReplaceAll(booking(m, ""), ada, "aaaaaaaa-0000-4000-8000-0000000000ff"), errs.ReferenceNotFound},
		"traveler elsewhere": {strings.ReplaceAll(booking(m, ""), ada, stranger), errs.ReferenceNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			refused(b, agent(), "createPnrV3", b.s.CreatePNR, CreatePNRIn{trip, json.RawMessage(tc.body)}, tc.code)
		})
	}
	refused(b, agent(), "createPnrV3", b.s.CreatePNR, CreatePNRIn{"4000000000", json.RawMessage(booking(m, ""))}, errs.ResourceNotFound)
	if n := len(at(b.detail(agent(), trip), "pnrs").([]any)); n != 0 {
		t.Errorf("%d PNRs were stored", n)
	}
}

func TestPNROfAnotherTripIsAbsent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, two := b.trip(agent(), ada), b.trip(agent(), ada)
	id := b.pnr(one, booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), ""))
	refused(b, agent(), "getPnrV3", b.s.PNRByID, PNRIn{two, id}, errs.ResourceNotFound)
	refused(b, agent(), "getPnrV3", b.s.PNRByID, PNRIn{one, one}, errs.ResourceNotFound)
}

// Every event carries what a reader gets at that moment.
func TestEventsCarryWhatReadersGet(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	id := b.pnr(trip, booking(airWith("", `{"ticketNumber":"0111234567890","status":"ISSUED"}`, flight("ORY", "2026-03-01T10:00", "LIS", "2026-03-01T16:00", "")), visit))
	check := func(want ...string) {
		t.Helper()
		var got []string
		for _, n := range b.told {
			got = append(got, n.Operation)
			_, body := must(b, agent(), "getTripDetailsV3", b.s.TripDetails, TripIn{trip})
			if n.Type == "PNR_V3" {
				if n.Resource != "PNR/"+id {
					t.Errorf("resource %s", n.Resource)
				}
				_, body = must(b, agent(), "getPnrV3", b.s.PNRByID, PNRIn{trip, id})
				if v := at(decode(t, body), "version"); v != float64(n.Version) {
					t.Errorf("event of version %d, read %v", n.Version, v)
				}
			} else if n.Resource != "TRIP/"+trip {
				t.Errorf("resource %s", n.Resource)
			}
			if n.Company != company {
				t.Errorf("company %s", n.Company)
			}
			if d := cmp.Diff(string(body), string(n.Payload)); d != "" {
				t.Errorf("%s %s differs from what is read:\n%s", n.Type, n.Operation, d)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		b.told = nil
	}
	b.told = b.told[1:] // the trip's creation
	if got := b.told[1].Summary.Issued; !slices.Equal(got, []string{"0111234567890"}) {
		t.Errorf("issued: %v", got)
	}
	check("BOOKING_CREATED", "BOOKING_TICKETED", "TRIP_UPDATED")
	if s := at(b.read(trip, id), "bookingStatus"); s != statusActive {
		t.Errorf("status %v", s)
	}

	_, raw := must(b, agent(), "getPnrV3", b.s.PNRByID, PNRIn{trip, id})
	must(b, agent(), "updatePnrV3", b.s.UpdatePNR, UpdatePNRIn{trip, id, raw})
	check("BOOKING_OTHER_UPDATE", "TRIP_UPDATED")

	in := UpdateTripIn{TripID: trip}
	in.Doc.TripID, in.Doc.Name = trip, "Porto offsite"
	must(b, agent(), "updateTrip", b.s.UpdateTrip, in)
	check("TRIP_UPDATED", "TRIP_UPDATED")
	if got := at(b.read(trip, id), "basicTripInfo.tripName"); got != "Porto offsite" {
		t.Errorf("the PNR still names the trip %v", got)
	}
	must(b, agent(), "updateTrip", b.s.UpdateTrip, in)
	check()
}

func TestReplacedRecordsAreNamedForWhatChanged(t *testing.T) {
	t.Parallel()
	plain := airWith("", "", flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-01T12:00", ""))
	for name, tc := range map[string]struct {
		after, more string
		want        []string
	}{
		"nothing":            {plain, visit, []string{"BOOKING_OTHER_UPDATE"}},
		"a loyalty number":   {plain, visit + `,"dkNumber":"DK1"`, []string{"BOOKING_OTHER_UPDATE"}},
		"other times":        {airWith("", "", flight("ORY", "2026-05-01T11:00", "LIS", "2026-05-01T13:00", "")), visit, []string{"BOOKING_UPDATED"}},
		"other price":        {plain, visit + `,"totalFare":{"amount":99,` + eur + `}`, []string{"BOOKING_UPDATED"}},
		"a ticket":           {airWith("", `{"ticketNumber":"0110000000001","status":"ISSUED"}`, flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-01T12:00", "")), visit, []string{"BOOKING_TICKETED"}},
		"a schedule change":  {airWith(`"scheduleChangeInfo":{"flightIndices":[0]}`, "", flight("ORY", "2026-05-01T11:00", "LIS", "2026-05-01T13:00", "")), visit, []string{"FLIGHT_SCHEDULE_CHANGE_PENDING"}},
		"a cancelled flight": {airWith("", "", flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-01T12:00", `"flightStatus":"CANCELLED_BY_VENDOR"`)), visit, []string{"FLIGHT_CANCELLED"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			trip := b.trip(agent(), ada)
			id := b.pnr(trip, booking(plain, visit))
			b.told = nil
			must(b, agent(), "updatePnrV3", b.s.UpdatePNR, UpdatePNRIn{trip, id, json.RawMessage(booking(tc.after, tc.more+`,"version":1`))})
			var got []string
			for _, n := range b.told {
				if n.Type == "PNR_V3" {
					got = append(got, n.Operation)
				}
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
