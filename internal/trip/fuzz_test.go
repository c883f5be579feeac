// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"strings"
	"testing"
)

// Whatever the contract lets through is stored or refused with a reason: no panic, no internal error,
// and what is stored reads back within the contract, in full and in lists.
func FuzzPNRBody(f *testing.F) {
	fly := flight("ORY", "2026-05-01T24:10", "LIS", "2026-02-31T12:00", `"flightStatus":"SCHEDULE_CHANGE"`)
	for _, product := range []string{air(fly), twoTickets(), hotel("2026-05-01T15:00", "2026-05-02T11:00", "NO_SHOW"), car(), rail(), limo(), misc("2026-05-01T10:00", "2026-05-02T10:00")} {
		f.Add(booking(product, ""))
		f.Add(booking(product, visit+`,"createdVia":"SHELL","totalFare":{"amount":1e300,"currencyCode":"EUR"},"version":1.0`))
		f.Add(booking(product, `"additionalMetadata":{"airportInfo":[{"airportCode":"ORY","zoneName":"../etc"}]},"serviceFees":[{"fare":`+rate("-5")+`,"ticketNumber":"","status":"ISSUED","visibleToTraveler":true}]`))
	}
	f.Add(booking(strings.Replace(rail(), `"legs":[0]`, `"legs":[-1,7]`, 1), ""))
	f.Fuzz(func(t *testing.T, body string) {
		if len(spec(t).Operation("createPnrV3").CheckBody("application/json", []byte(body))) > 0 {
			return
		}
		b := newBench(t)
		trip := b.trip(agent(), ada)
		out, _, err := run(b, agent(), "createPnrV3", b.s.CreatePNR, CreatePNRIn{trip, json.RawMessage(body)})
		if err != nil {
			return
		}
		b.read(trip, out.ID)
		b.detail(person(ada), trip)
		list := ListBody{Summaries: true}
		must(b, agent(), "getUserTripSummariesList", b.s.UserTrips, UserTripsIn{ada, list})
	})
}
