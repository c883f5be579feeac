// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/errs"
)

func suspendIn(trip, pnr, reason string) SuspendIn {
	in := SuspendIn{TripID: trip, PNRID: pnr}
	in.Doc.Reason = reason
	return in
}

func (b *bench) finalizeIn(trip, pnr, body string) FinalizeIn {
	b.Helper()
	b.legal("finalizePnr", body)
	in := FinalizeIn{TripID: trip, PNRID: pnr}
	if err := json.Unmarshal([]byte(body), &in.Doc); err != nil {
		b.Fatal(err)
	}
	return in
}

func TestSuspendedPNRIsReadOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	id := b.pnr(trip, booking(air(flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-01T12:00", "")), visit))
	must(b, agent(), "suspendPnr", b.s.Suspend, suspendIn(trip, id, "EXCHANGE"))
	if d := b.read(trip, id); at(d, "suspendReason") != "EXCHANGE" || at(d, "version") != 2.0 {
		t.Errorf("reads %v, version %v", at(d, "suspendReason"), at(d, "version"))
	}
	put := booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), `"version":2`)
	refused(b, agent(), "suspendPnr", b.s.Suspend, suspendIn(trip, id, "EXCHANGE"), errs.StateForbids)
	refused(b, agent(), "updatePnrV3", b.s.UpdatePNR, UpdatePNRIn{trip, id, json.RawMessage(put)}, errs.StateForbids)
	refused(b, agent(), "cancelPnrV3", b.s.Cancel, b.cancelIn(trip, id, `{"cancellationType":"NO_REFUND","cancellationDetails":[]}`), errs.StateForbids)
	refused(b, agent(), "addRemarkV3", b.s.AddRemarks, b.remarksIn(trip, id, `{"sabre":{"type":"GENERAL","text":"x"}}`), errs.StateForbids)
	refused(b, agent(), "finalizePnr", b.s.Finalize, b.finalizeIn(trip, id, `{}`), errs.StateForbids)
	refused(b, agent(), "finalizePnr", b.s.Finalize, b.finalizeIn(trip, id, `{"finalizeMetadata":{"suspendReason":"GDS_EXCHANGE"}}`), errs.StateForbids)
	must(b, agent(), "finalizePnr", b.s.Finalize, b.finalizeIn(trip, id, `{"finalizeMetadata":{"suspendReason":"EXCHANGE"}}`))
	d := b.read(trip, id)
	if at(d, "suspendReason") != nil || at(d, "isFinalized") != true || at(d, "bookingHistory.2.bookingInfo.status") != "FINALIZED" {
		t.Errorf("after finalizing: %v %v %v", at(d, "suspendReason"), at(d, "isFinalized"), at(d, "bookingHistory"))
	}
	refused(b, agent(), "finalizePnr", b.s.Finalize, b.finalizeIn(trip, id, `{}`), errs.StateForbids)
}

func TestShellIsFinalized(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	fly := air(flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-01T12:00", ""))
	id := b.pnr(trip, booking(fly, `"createdVia":"SHELL"`))
	refused(b, agent(), "finalizePnr", b.s.Finalize, b.finalizeIn(trip, id, `{"finalizeMetadata":{"isMandatoryTicketing":true}}`), errs.NotImplemented)
	refused(b, agent(), "finalizePnr", b.s.Finalize, b.finalizeIn(trip, id, `{"finalizeIntent":{"qcFinalizeData":{"pnrId":"1234567890"}}}`), errs.ReferenceNotFound)
	must(b, agent(), "finalizePnr", b.s.Finalize, b.finalizeIn(trip, id, `{"finalizeMetadata":{"isMandatoryTicketing":true,"mandatorySkipTicketing":true},
		"customFieldV3UserResponses":[{"fieldId":"`+ada+`","armId":"`+ada+`","selectedOptions":[]}]}`))
	d := b.detail(agent(), trip)
	if at(d, "pnrs.0.pnrId") != id || at(d, "pendingShellPnrs.0") != nil || at(d, "pnrs.0.data.customFieldsV3Responses.0.entity.id") != id {
		t.Errorf("after finalizing: %v", d)
	}
}

func (b *bench) remarksIn(trip, pnr, remarks string) RemarksIn {
	b.Helper()
	body := `{"remarks":[` + remarks + `]}`
	b.legal("addRemarkV3", body)
	in := RemarksIn{TripID: trip, PNRID: pnr}
	if err := json.Unmarshal([]byte(body), &in.Doc); err != nil {
		b.Fatal(err)
	}
	return in
}

func TestRemarksAreTakenOneByOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	id := b.pnr(trip, booking(air(flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-01T12:00", "")), visit))
	out, _ := must(b, agent(), "addRemarkV3", b.s.AddRemarks, b.remarksIn(trip, id,
		`{"sabre":{"type":"GENERAL","text":"one"}},{"sabre":{"type":"GENERAL"}},{"sabre":{"type":"OSI","text":"two"}},
		 {"sabre":{"type":"OSI","text":"three","legIndex":0,"flightIndex":0}},{"sabre":{"type":"OSI","text":"four","legIndex":0,"flightIndex":1}},{"sabre":{"type":"HISTORICAL","text":"five"}}`))
	if len(out.Processed) != 2 || len(out.Ignored) != 4 {
		t.Errorf("processed %s, ignored %s", out.Processed, out.Ignored)
	}
	must(b, agent(), "addRemarkV3", b.s.AddRemarks, b.remarksIn(trip, id, `{"sabre":{"type":"INVOICE","text":"six"}}`))
	d := b.read(trip, id)
	for i, want := range []string{"one", "three", "six"} {
		if got := at(d, "airPnr.airPnrRemarks."+string(rune('0'+i))+".remarkString"); got != want {
			t.Errorf("remark %d: %v, want %s", i, got, want)
		}
	}
	stay := b.pnr(trip, booking(misc("2026-05-01T10:00", "2026-05-02T10:00"), ""))
	if out, _ := must(b, agent(), "addRemarkV3", b.s.AddRemarks, b.remarksIn(trip, stay, `{"sabre":{"type":"GENERAL","text":"one"}}`)); len(out.Ignored) != 1 || at(b.read(trip, stay), "version") != 1.0 {
		t.Errorf("a booking without remarks: %s", out.Processed)
	}
}

func (b *bench) cancelIn(trip, pnr, body string) CancelIn {
	b.Helper()
	b.legal("cancelPnrV3", body)
	in := CancelIn{TripID: trip, PNRID: pnr}
	if err := json.Unmarshal([]byte(body), &in.Doc); err != nil {
		b.Fatal(err)
	}
	return in
}

func twoTickets() string {
	amount := `"amount":{"base":{"amount":80,` + eur + `},"tax":{"amount":20,` + eur + `}}`
	return airWith(`"legId":"leg-a"`, `{"ticketNumber":"0110000000001","status":"ISSUED","issuedDateTime":{"iso8601":"2026-02-10T09:00"},`+amount+`},{"ticketNumber":"0110000000002","status":"ISSUED",`+amount+`}`,
		flight("ORY", "2026-05-01T10:00", "LIS", "2026-05-01T12:00", `"flightStatus":"CONFIRMED"`))
}

func TestRecordLevelCancel(t *testing.T) {
	t.Parallel()
	const tickets = "airPnr.travelerInfos.0.tickets."
	refund := func(kind, base, tax string) string {
		return `{"refundType":"` + kind + `","amount":{"base":{"amount":` + base + `,` + eur + `},"tax":{"amount":` + tax + `,` + eur + `}}}`
	}
	detail := func(object, id, refunds string) string {
		return `{"cancelObjectDetail":{"cancelObjectType":"` + object + `","cancelObjectId":"` + id + `"},"refundInfo":[` + refunds + `]}`
	}
	paid := visit + `,"totalFareAmount":{"base":{"amount":160,` + eur + `},"tax":{"amount":40,` + eur + `}},` +
		`"paymentInfo":[{"fop":{"type":"CARD"},"totalCharge":{"amount":200,` + eur + `}}]`
	for name, tc := range map[string]struct {
		product, kind, details string
		want                   map[string]any
		event                  string
		cost                   float64
	}{
		"full refund": {twoTickets(), "FULL_REFUND", "", map[string]any{"bookingStatus": statusRefunded, tickets + "0.status": "REFUNDED",
			tickets + "1.refundInfo.refundAmount.base.amount": 80.0, "airPnr.legs.0.flights.0.flightStatus": "CANCELLED",
			"airPnr.travelerInfos.0.lastConfirmedTickets.0.status": "ISSUED", "paymentInfo.0.netCharge.amount": 0.0}, "TICKET_REFUNDED", 0},
		"no refund": {twoTickets(), "NO_REFUND", "", map[string]any{"bookingStatus": statusCancelled, tickets + "0.status": "REFUNDED",
			tickets + "0.refundInfo.refundAmount.base.amount": 0.0, "paymentInfo.0.netCharge": nil}, "TICKET_REFUNDED", 200},
		"full credit": {twoTickets(), "FULL_CREDIT", "", map[string]any{"bookingStatus": statusCancelled, tickets + "0.status": "ISSUED",
			tickets + "0.createdUnusedCredit.expiryDate.iso8601": "2027-02-10T09:00:00Z", tickets + "1.createdUnusedCredit.totalFare.amount": 100.0}, "BOOKING_OTHER_UPDATE", 200},
		"partial, over both tickets": {twoTickets(), "PARTIAL_REFUND", detail("PNR", "", refund("REFUND", "100", "20")), map[string]any{"bookingStatus": statusRefunded,
			tickets + "0.refundInfo.refundAmount.base.amount": 80.0, tickets + "0.refundInfo.refundAmount.tax.amount": 20.0,
			tickets + "1.refundInfo.refundAmount.base.amount": 20.0, "paymentInfo.0.totalRefund.amount": 120.0}, "TICKET_REFUNDED", 80},
		"a credit, over both tickets": {twoTickets(), "PARTIAL_REFUND", detail("PNR", "", strings.Replace(refund("CREDIT", "90", "0"), "{", `{"expiryDate":{"iso8601":"2026-12-31"},`, 1)), map[string]any{
			"bookingStatus": statusCancelled, tickets + "0.status": "ISSUED", tickets + "0.createdUnusedCredit.totalFare.amount": 80.0, tickets + "1.createdUnusedCredit.totalFare.amount": 10.0,
			tickets + "1.createdUnusedCredit.expiryDate.iso8601": "2026-12-31T00:00:00Z", "paymentInfo.0.netCharge": nil}, "BOOKING_OTHER_UPDATE", 200},
		"a refund and a credit": {twoTickets(), "PARTIAL_REFUND", detail("TICKET", "0110000000001", refund("REFUND", "10", "0")+","+refund("CREDIT", "20", "0")), map[string]any{
			"bookingStatus": statusConfirmed, tickets + "0.status": "REFUNDED", tickets + "0.createdUnusedCredit.totalFare.amount": 20.0,
			tickets + "0.refundInfo.refundAmount.base.amount": 10.0, tickets + "1.createdUnusedCredit": nil}, "TICKET_REFUNDED", 190},
		"one ticket": {twoTickets(), "PARTIAL_REFUND", detail("TICKET", "0110000000002", refund("REFUND", "50", "0")), map[string]any{"bookingStatus": statusConfirmed,
			tickets + "0.status": "ISSUED", tickets + "1.status": "REFUNDED", "airPnr.legs.0.flights.0.flightStatus": "CONFIRMED"}, "TICKET_REFUNDED", 150},
		"both tickets by number": {twoTickets(), "FULL_REFUND", detail("TICKET", "0110000000002", "") + "," + detail("TICKET", "0110000000001", ""), map[string]any{"bookingStatus": statusRefunded}, "TICKET_REFUNDED", 0},
		"the only leg": {twoTickets(), "NO_REFUND", detail("JOURNEY", "leg-a", ""), map[string]any{"bookingStatus": statusCancelled, "airPnr.legs.0.legStatus": statusCancelled,
			tickets + "0.status": "ISSUED"}, "BOOKING_OTHER_UPDATE", 200},
		"a hotel": {hotel("2026-05-01T15:00", "2026-05-02T11:00", "CONFIRMED"), "FULL_REFUND", "", map[string]any{"bookingStatus": statusCancelled, "hotelPnr.pnrStatus": "CANCELLED",
			"hotelPnr.room.rateInfo.totalRate.refundInfo.refundAmount.base.amount": 400.0}, "BOOKING_CANCELED_BY_TRAVELER", 0},
		"a car, in part": {car(), "PARTIAL_REFUND", detail("PNR", "", refund("REFUND", "30", "0")), map[string]any{"bookingStatus": statusCancelled, "carPnr.pnrStatus": "CANCELLED",
			"carPnr.rate.refundInfo.refundAmount.base.amount": 30.0}, "BOOKING_CANCELED_BY_TRAVELER", 170},
		"a train": {rail(), "NO_REFUND", "", map[string]any{"bookingStatus": statusCancelled, "railPnr.outwardJourney.journeyStatus": "CANCELLED"}, "BOOKING_OTHER_UPDATE", 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			trip := b.trip(agent(), ada)
			id := b.pnr(trip, booking(tc.product, paid))
			b.told = nil
			must(b, agent(), "cancelPnrV3", b.s.Cancel, b.cancelIn(trip, id, `{"cancellationType":"`+tc.kind+`","cancellationDetails":[`+tc.details+`]}`))
			d := b.read(trip, id)
			for path, want := range tc.want {
				if got := at(d, path); got != want {
					t.Errorf("%s: got %v, want %v", path, got, want)
				}
			}
			if got := b.told[0]; got.Operation != tc.event || (got.Operation == "TICKET_REFUNDED") != (len(got.Summary.Refunded) > 0) {
				t.Errorf("told %s %v, want %s", got.Operation, got.Summary, tc.event)
			}
			if got := at(b.detail(agent(), trip), "tripPaymentInfo.totalFare.amount"); got != tc.cost {
				t.Errorf("the trip costs %v, want %v", got, tc.cost)
			}
			if d["bookingStatus"] != statusConfirmed {
				refused(b, agent(), "cancelPnrV3", b.s.Cancel, b.cancelIn(trip, id, `{"cancellationType":"NO_REFUND","cancellationDetails":[]}`), errs.StateForbids)
				refused(b, agent(), "suspendPnr", b.s.Suspend, suspendIn(trip, id, "EXCHANGE"), errs.StateForbids)
			}
		})
	}
}

func TestCancellationsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	trip := b.trip(agent(), ada)
	id := b.pnr(trip, booking(twoTickets(), visit+`,"totalFare":{"amount":200,`+eur+`}`))
	stay := b.pnr(trip, booking(hotel("2026-05-01T15:00", "2026-05-02T11:00", "CONFIRMED"), ""))
	amount := func(n, currency string) string {
		return `"refundInfo":[{"refundType":"REFUND","amount":{"base":{"amount":` + n + `,"currencyCode":"` + currency + `"},"tax":{"amount":0,"currencyCode":"` + currency + `"}}}]`
	}
	for name, tc := range map[string]struct {
		id, body string
		code     errs.Code
	}{
		"partial without details": {id, `{"cancellationType":"PARTIAL_REFUND","cancellationDetails":[]}`, errs.ValidationFailed},
		"an unknown ticket":       {id, `{"cancellationType":"NO_REFUND","cancellationDetails":[{"cancelObjectDetail":{"cancelObjectType":"TICKET","cancelObjectId":"1"}}]}`, errs.ReferenceNotFound},
		"an unknown leg":          {id, `{"cancellationType":"NO_REFUND","cancellationDetails":[{"cancelObjectDetail":{"cancelObjectType":"JOURNEY","cancelObjectId":"leg-b"}}]}`, errs.ReferenceNotFound},
		"another PNR":             {id, `{"cancellationType":"NO_REFUND","cancellationDetails":[{"cancelObjectDetail":{"cancelObjectType":"PNR","cancelObjectId":"` + stay + `"}}]}`, errs.ReferenceNotFound},
		"a negative refund":       {id, `{"cancellationType":"PARTIAL_REFUND","cancellationDetails":[{` + amount("-5", "EUR") + `}]}`, errs.ValidationFailed},
		"another currency":        {id, `{"cancellationType":"PARTIAL_REFUND","cancellationDetails":[{` + amount("5", "USD") + `}]}`, errs.ValidationFailed},
		"a ticket of a hotel":     {stay, `{"cancellationType":"NO_REFUND","cancellationDetails":[{"cancelObjectDetail":{"cancelObjectType":"TICKET","cancelObjectId":"1"}}]}`, errs.ReferenceNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			refused(b, agent(), "cancelPnrV3", b.s.Cancel, b.cancelIn(trip, tc.id, tc.body), tc.code)
		})
	}
	if at(b.read(trip, id), "version") != 1.0 {
		t.Error("a refused cancellation was stored")
	}
}
