// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"testing"
)

func span(start, end string) string { return start + " " + end }

func TestDatesOfATrip(t *testing.T) {
	t.Parallel()
	out := flight("SFO", "2026-09-29T09:50", "JFK", "2026-09-29T18:10", "")
	back := flight("JFK", "2026-10-04T22:00", "SFO", "2026-10-05T03:10", "")
	const dead = `"bookingStatus":"CANCELLED_STATUS"`
	for name, tc := range map[string]struct {
		pnrs [][2]string
		want string
	}{
		"as opened":                   {nil, span("2026-08-01", "2026-08-09")},
		"flights":                     {[][2]string{{air(out, back), ""}}, span("2026-09-29", "2026-10-05")},
		"flights and a stay between":  {[][2]string{{air(out, back), ""}, {hotel("2026-09-30T15:00", "2026-10-04T11:00", "CONFIRMED"), ""}}, span("2026-09-29", "2026-10-05")},
		"a car before":                {[][2]string{{air(out, back), ""}, {car(), ""}}, span("2026-09-28", "2026-10-05")},
		"a night train, local dates":  {[][2]string{{rail(), ""}}, span("2026-09-27", "2026-09-28")},
		"a limo without drop-off":     {[][2]string{{limo(), ""}}, span("2026-09-30", "2026-09-30")},
		"something else":              {[][2]string{{misc("2026-12-31T10:00", "2027-01-01T10:00"), ""}}, span("2026-12-31", "2027-01-01")},
		"a cancelled one beside":      {[][2]string{{air(out), ""}, {misc("2026-01-01T10:00", "2027-01-01T10:00"), dead}}, span("2026-09-29", "2026-09-29")},
		"only a cancelled one":        {[][2]string{{misc("2026-01-01T10:00", "2027-01-01T10:00"), dead}}, span("2026-08-01", "2026-08-09")},
		"arrives before it departs":   {[][2]string{{air(flight("NRT", "2026-05-02T09:00", "HNL", "2026-05-01T21:00", "")), ""}}, span("2026-05-02", "2026-05-01")},
		"an approval that was denied": {[][2]string{{air(out), `"bookingStatus":"APPROVAL_DENIED_STATUS"`}}, span("2026-08-01", "2026-08-09")},
		"a payment that was declined": {[][2]string{{air(out), `"bookingStatus":"PAYMENT_DECLINED_STATUS"`}}, span("2026-09-29", "2026-09-29")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			in := CreateTripIn{}
			in.Doc.Name, in.Doc.User, in.Doc.Start, in.Doc.End = "Autumn", &ref{ada}, &iso{"2026-08-01"}, &iso{"2026-08-09"}
			trip, _ := must(b, agent(), "createTrip", b.s.CreateTrip, in)
			for _, p := range tc.pnrs {
				b.pnr(trip.ID, booking(p[0], p[1]))
			}
			_, body := must(b, agent(), "readTrip", b.s.ReadTrip, TripIn{trip.ID})
			d := decode(t, body)
			start, _ := at(d, "startDate.iso8601").(string)
			end, _ := at(d, "endDate.iso8601").(string)
			if got := span(start, end); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// When the last live PNR is cancelled the dates stay what they were.
func TestLastDatesStay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	id := b.pnr(trip, booking(misc("2026-05-01T10:00", "2026-05-03T10:00"), ""))
	gone := booking(misc("2026-07-01T10:00", "2026-07-03T10:00"), `"version":1,"bookingStatus":"CANCELLED_STATUS"`)
	must(b, agent(), "updatePnrV3", b.s.UpdatePNR, UpdatePNRIn{trip, id, json.RawMessage(gone)})
	if got := at(b.detail(agent(), trip), "basicTripInfo.endDate.iso8601"); got != "2026-05-03" {
		t.Errorf("the trip ends %v", got)
	}
}

// A moment with an offset is local to its place once the offset is dropped.
func TestLocalTimeOfAMoment(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2026-05-01T10:00:30+02:00": "2026-05-01T10:00:30", "2026-05-01T10:00:30Z": "2026-05-01T10:00:30",
		"2026-05-01T10:00+02:00": "2026-05-01T10:00", "2026-05-01T10:00-11:30": "2026-05-01T10:00", "2026-05-01T10:00Z": "2026-05-01T10:00",
		"2026-05-01T10:00": "2026-05-01T10:00", "2026-05-01T10:00:30": "2026-05-01T10:00:30",
	} {
		if got := local(nil, &iso{in}); got.ISO8601 != want {
			t.Errorf("%s: got %s, want %s", in, got.ISO8601, want)
		}
	}
	if got := local(nil, nil); got.ISO8601 != "" {
		t.Errorf("nothing: got %s", got.ISO8601)
	}
}
