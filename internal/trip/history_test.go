// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"testing"

	"github.com/airside-travel/airside/internal/actor"
)

type agencyName string

func (n agencyName) AgencyName(context.Context) string { return string(n) }

// The history says who made a change and in which capacity.
func TestHistoryNamesWhoActed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.s.agency = agencyName("Harbour Travel")
	trip := b.trip(agent(), ada)
	id := b.pnr(trip, booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), ""))
	for i, tc := range []struct {
		who                    *actor.Actor
		role, name, email, tmc any
	}{
		{agent(), "AGENT", "agency-desk", nil, "Harbour Travel"},
		{admin(), "ADMIN", "hr-system", nil, nil},
		{person(otto, actor.CompanyArranger), "TRAVEL_MANAGER", "Otto Brandt", "otto@example.com", nil},
		{person(ada), "TRAVELER", "Ada Moreau", "ada@example.com", nil},
	} {
		if i > 0 {
			must(b, tc.who, "suspendPnr", b.s.Suspend, suspendIn(trip, id, "EXCHANGE"))
			must(b, agent(), "finalizePnr", b.s.Finalize, b.finalizeIn(trip, id, `{"finalizeMetadata":{"suspendReason":"EXCHANGE"}}`))
		}
		list := at(b.read(trip, id), "bookingHistory").([]any)
		entry := list[max(0, len(list)-2)]
		for path, want := range map[string]any{"role": tc.role, "name": tc.name, "email": tc.email, "tmcName": tc.tmc} {
			if got := at(entry, "bookerInfo."+path); got != want {
				t.Errorf("%s of %v: got %v, want %v", path, tc.name, got, want)
			}
		}
	}
}
