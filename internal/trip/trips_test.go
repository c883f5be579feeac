// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/errs"
)

func TestTripIsOpenedAndRenamed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.trip(person(ada), ada)
	if len(id) != 10 || id[0] == '0' {
		t.Errorf("id %q", id)
	}
	in := UpdateTripIn{TripID: id}
	about := "Quarterly planning"
	in.Doc.TripID, in.Doc.Name, in.Doc.Description = id, "Faro offsite", &about
	must(b, person(ada), "updateTrip", b.s.UpdateTrip, in)
	out, _ := must(b, person(ada), "readTrip", b.s.ReadTrip, TripIn{id})
	want := BasicTripInfo{TripID: id, Name: "Faro offsite", Description: &about, User: &ref{ada}}
	if d := cmp.Diff(want, out); d != "" {
		t.Error(d)
	}
	in.Doc.Description = nil
	must(b, person(ada), "updateTrip", b.s.UpdateTrip, in)
	if d := at(b.detail(agent(), id), "basicTripInfo.tripDescription"); d != nil {
		t.Errorf("the description is still %v", d)
	}
	in.Doc.TripID = "4000000000"
	refused(b, agent(), "updateTrip", b.s.UpdateTrip, in, errs.ValidationFailed)
	in.TripID = "4000000000"
	refused(b, agent(), "updateTrip", b.s.UpdateTrip, in, errs.ResourceNotFound)
}

func TestTripNeedsSomebodyAndDatesInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := CreateTripIn{}
	in.Doc.Name = "Nobody's"
	refused(b, agent(), "createTrip", b.s.CreateTrip, in, errs.ValidationFailed)
	in.Doc.Registrar = &ref{mina}
	must(b, agent(), "createTrip", b.s.CreateTrip, in)
	in.Doc.Start, in.Doc.End = &iso{"2026-05-02"}, &iso{"2026-05-01"}
	refused(b, agent(), "createTrip", b.s.CreateTrip, in, errs.ValidationFailed)
	in.Doc.Start, in.Doc.End, in.Doc.User = nil, nil, &ref{stranger}
	refused(b, agent(), "createTrip", b.s.CreateTrip, in, errs.ReferenceNotFound)
}

func TestContactsAndMailAreReplacedApart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.trip(agent(), ada)
	set := func(body string) {
		t.Helper()
		b.legal("updateTripV3", body)
		must(b, agent(), "updateTripV3", b.s.UpdateTripV3, UpdateTripV3In{id, json.RawMessage(body)})
	}
	set(`{"tripContacts":[{"label":"Office","name":"Front desk"}]}`)
	set(`{"tripCommunicationPreferences":{"tripEmailPreferences":{}}}`)
	d := b.detail(agent(), id)
	if at(d, "basicTripInfo.tripMetadata.tripContacts.0.name") != "Front desk" || at(d, "basicTripInfo.tripMetadata.tripCommunicationPreferences") == nil {
		t.Errorf("metadata %v", at(d, "basicTripInfo.tripMetadata"))
	}
	told := len(b.told)
	set(`{}`)
	set(`{"tripCommunicationPreferences":{"tripEmailPreferences":{}}}`)
	if len(b.told) != told {
		t.Error("a change of nothing was announced")
	}
}

func TestDeletedTripIsGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.trip(agent(), ada)
	pnr := b.pnr(id, booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), `"externalInfo":{"externalPnrId":"order-7"}`))
	in := DeleteTripIn{TripID: id}
	in.Doc.EmptyOnly = true
	refused(b, agent(), "deleteTrip", b.s.DeleteTrip, in, errs.StateForbids)
	last := b.told[len(b.told)-1]
	in.Doc.EmptyOnly = false
	must(b, agent(), "deleteTrip", b.s.DeleteTrip, in)
	n := b.told[len(b.told)-1]
	if n.Operation != "TRIP_DELETED" || n.Version <= last.Version || at(decode(t, n.Payload), "pnrs.0.pnrId") != pnr {
		t.Errorf("told %s, version %d: %s", n.Operation, n.Version, n.Payload)
	}
	refused(b, agent(), "getTripDetailsV3", b.s.TripDetails, TripIn{id}, errs.ResourceNotFound)
	refused(b, agent(), "getPnrV3", b.s.PNRByID, PNRIn{id, pnr}, errs.ResourceNotFound)
	refused(b, agent(), "deleteTrip", b.s.DeleteTrip, in, errs.ResourceNotFound)
	refused(b, agent(), "getPnrByExternalId", b.s.PNRByExternalID, ExternalIn{"order-7"}, errs.ResourceNotFound)
	list, _ := must(b, agent(), "getCompanyTripSummariesList", b.s.CompanyTrips, CompanyTripsIn{CompanyID: company})
	if list.Page.Total != 0 {
		t.Errorf("%d trips are still listed", list.Page.Total)
	}
	empty := DeleteTripIn{TripID: b.trip(agent(), ada)}
	empty.Doc.EmptyOnly = true
	must(b, agent(), "deleteTrip", b.s.DeleteTrip, empty)
	b.pnr(b.trip(agent(), ada), booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), `"externalInfo":{"externalPnrId":"order-7"}`))
}

func TestPendingRecordsStandApart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.trip(agent(), ada)
	m := misc("2026-05-01T10:00", "2026-05-02T10:00")
	fare := `,"totalFare":{"amount":10,` + eur + `}`
	plain := b.pnr(id, booking(m, `"createdVia":"OBT"`+fare))
	shell := b.pnr(id, booking(m, `"createdVia":"SHELL","isFinalized":true`+fare))
	form := b.pnr(id, booking(m, `"createdVia":"OFFLINE"`+fare))
	d := b.detail(agent(), id)
	for key, want := range map[string]string{"pnrs": plain, "pendingShellPnrs": shell, "pendingManualFormPnrs": form} {
		if at(d, key+".0.pnrId") != want || at(d, key+".1") != nil {
			t.Errorf("%s: %v", key, at(d, key))
		}
	}
	if got := at(d, "tripPaymentInfo.totalFare.amount"); got != 10.0 {
		t.Errorf("the trip costs %v", got)
	}
}

func TestVirtualCardsAreBilledBack(t *testing.T) {
	t.Parallel()
	const paid = `"paymentInfo":[{"fop":{"type":"CARD","paymentSourceType":"VIRTUAL_CARD"},"totalCharge":{"amount":1,` + eur + `}}]`
	h := hotel("2026-05-01T15:00", "2026-05-02T11:00", "CONFIRMED")
	for name, tc := range map[string]struct {
		pnrs []string
		want string
	}{
		"none":      {[]string{booking(h, "")}, "N"},
		"hotel":     {[]string{booking(h, paid)}, "H"},
		"car":       {[]string{booking(car(), paid)}, "C"},
		"both":      {[]string{booking(car(), paid), booking(h, paid)}, "B"},
		"cancelled": {[]string{booking(h, paid+`,"bookingStatus":"CANCELLED_STATUS"`)}, "N"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			id := b.trip(agent(), ada)
			for _, p := range tc.pnrs {
				b.pnr(id, p)
			}
			if got := at(b.detail(agent(), id), "additionalInfo.vpayBillBack"); got != tc.want {
				t.Errorf("got %v, want %s", got, tc.want)
			}
		})
	}
}

func TestTicketPoliciesOfTravelFusionAreLeftOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.trip(agent(), ada)
	ticket := `{"ticketNumber":"0111234567890","refundPolicy":{"isRefundable":true},"exchangePolicy":{"isExchangeable":true}}`
	product := airWith("", ticket, flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-01T12:00", ""))
	b.pnr(id, booking(product, `"sourceInfo":{"bookingSource":"TRAVEL_FUSION"}`))
	b.pnr(id, booking(product, `"sourceInfo":{"bookingSource":"SABRE"}`))
	d := b.detail(agent(), id)
	for i, kept := range []bool{false, true} {
		for _, policy := range []string{"refundPolicy", "exchangePolicy"} {
			path := "pnrs." + string(rune('0'+i)) + ".data.airPnr.travelerInfos.0.tickets.0."
			if got := at(d, path+policy); (got != nil) != kept {
				t.Errorf("%s%s: %v", path, policy, got)
			}
			if at(d, path+"ticketNumber") != "0111234567890" {
				t.Errorf("%s has lost its number", path)
			}
		}
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id, other := b.trip(agent(), ada), b.trip(agent(), ada)
	pnr := b.pnr(id, booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), ""))
	must(b, person(ada), "createAgentNote", b.s.CreateNote, noteIn(id, "", "aisle seats please"))
	b.at = b.at.Add(time.Minute)
	must(b, agent(), "createAgentNote", b.s.CreateNote, noteIn(id, pnr, "called the embassy"))
	refused(b, agent(), "createAgentNote", b.s.CreateNote, noteIn(other, pnr, "x"), errs.ResourceNotFound)
	notes, _ := must(b, agent(), "listAgentNotes", b.s.ListNotes, TripIn{id})
	if len(notes.Notes) != 2 {
		t.Fatalf("%d notes", len(notes.Notes))
	}
	first, second := notes.Notes[0], notes.Notes[1]
	if first.Text != "aisle seats please" || first.PNR != "" || first.Sender.Name.Given != "Ada" || first.CreatedAt.ISO8601 != "2026-03-01T12:00:00Z" {
		t.Errorf("first: %+v", first)
	}
	if second.PNR != pnr || second.Sender.Name.Family != "agency-desk" || second.CreatedAt.ISO8601 != "2026-03-01T12:01:00Z" {
		t.Errorf("second: %+v", second)
	}
	refused(b, agent(), "deleteAgentNote", b.s.DeleteNote, DeleteNoteIn{other, first.ID.ID}, errs.ResourceNotFound)
	must(b, agent(), "deleteAgentNote", b.s.DeleteNote, DeleteNoteIn{id, first.ID.ID})
	refused(b, agent(), "deleteAgentNote", b.s.DeleteNote, DeleteNoteIn{id, first.ID.ID}, errs.ResourceNotFound)
	if notes, _ := must(b, agent(), "listAgentNotes", b.s.ListNotes, TripIn{id}); len(notes.Notes) != 1 {
		t.Errorf("%d notes left", len(notes.Notes))
	}
}
