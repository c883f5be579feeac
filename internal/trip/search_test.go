// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"testing"

	"github.com/airside-travel/airside/internal/errs"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	flown := b.pnr(trip, booking(airWith("", `{"ticketNumber":"0111234567890","status":"ISSUED"}`,
		flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-01T12:00", `"vendorConfirmationNumber":"ZZAB12"`)), visit))
	stay := b.pnr(trip, booking(hotel("2026-05-01T15:00", "2026-05-02T11:00", "CONFIRMED"), `"externalInfo":{"externalPnrId":"Order-7"}`))
	for _, tc := range []struct{ text, kind, want string }{
		{"MDIB5C", "SOURCE_PNR", flown},
		{" mdib5c ", "SOURCE_PNR", flown},
		{"MDIB5", "SOURCE_PNR", ""},
		{"MDIB5C", "VENDOR_CONFIRMATION", ""},
		{"0111234567890", "TICKET_NUMBER", flown},
		{"zzab12", "VENDOR_CONFIRMATION", flown},
		{"hh-77", "VENDOR_CONFIRMATION", stay},
		{"", "SOURCE_PNR", ""},
	} {
		if tc.want == "" {
			refused(b, agent(), "pnrSearch", b.s.Search, SearchIn{tc.text, tc.kind}, errs.ResourceNotFound)
			continue
		}
		if got, _ := must(b, agent(), "pnrSearch", b.s.Search, SearchIn{tc.text, tc.kind}); got != (Found{tc.want, trip}) {
			t.Errorf("%v: got %v", tc, got)
		}
	}
	if got, _ := must(b, agent(), "getPnrByExternalId", b.s.PNRByExternalID, ExternalIn{"ORDER-7"}); got.PNRID != stay {
		t.Errorf("by external id: %v", got)
	}
	refused(b, person(tomas), "pnrSearch", b.s.Search, SearchIn{"MDIB5C", "SOURCE_PNR"}, errs.ResourceNotFound)
	refused(b, person(tomas), "getPnrByExternalId", b.s.PNRByExternalID, ExternalIn{"ORDER-7"}, errs.ResourceNotFound)
}

func TestTheNewestLivePNRIsFound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	m := misc("2026-05-01T10:00", "2026-05-02T10:00")
	find := func() string {
		t.Helper()
		got, _ := must(b, agent(), "pnrSearch", b.s.Search, SearchIn{"MDIB5C", "SOURCE_PNR"})
		return got.PNRID
	}
	first, second := b.pnr(trip, booking(m, visit)), b.pnr(trip, booking(m, visit))
	if got := find(); got != second {
		t.Errorf("got %s, want the newer %s", got, second)
	}
	cancel := func(id string) {
		t.Helper()
		put := booking(m, `"version":1,"bookingStatus":"CANCELLED_STATUS","sourceInfo":{"sourcePnrId":"MDIB5C","bookingSource":"SABRE"}`)
		must(b, agent(), "updatePnrV3", b.s.UpdatePNR, UpdatePNRIn{trip, id, json.RawMessage(put)})
	}
	cancel(second)
	if got := find(); got != first {
		t.Errorf("got %s, want the live %s", got, first)
	}
	cancel(first)
	if got := find(); got != second {
		t.Errorf("got %s, want the newest %s", got, second)
	}
}

// A create that is repeated after a network error is refused, and names the PNR that is there.
func TestExternalIDIsUniqueAmongLivePNRs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	body := booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), `"externalInfo":{"externalPnrId":"order-7"}`)
	id := b.pnr(trip, body)
	_, _, err := run(b, agent(), "createPnrV3", b.s.CreatePNR, CreatePNRIn{trip, json.RawMessage(body)})
	if e := errs.As(err); e == nil || e.Code != errs.DuplicateValue || e.Params[0].Value != id {
		t.Errorf("got %v", err)
	}
	put := booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), `"version":1,"bookingStatus":"CANCELLED_STATUS","externalInfo":{"externalPnrId":"order-7"}`)
	must(b, agent(), "updatePnrV3", b.s.UpdatePNR, UpdatePNRIn{trip, id, json.RawMessage(put)})
	again := b.pnr(trip, body)
	if got, _ := must(b, agent(), "getPnrByExternalId", b.s.PNRByExternalID, ExternalIn{"order-7"}); got.PNRID != again {
		t.Errorf("got %v, want %s", got, again)
	}
	elsewhere := b.trip(agent(), stranger)
	theirs := `{"pnrTravelers":[{"userId":{"id":"` + stranger + `"}}]` + body[len(`{"pnrTravelers":[{"userId":{"id":"`+ada+`"}}]`):]
	b.pnr(elsewhere, theirs)
}
