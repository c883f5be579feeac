// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

const trip1 = "1111111111"

// guestAda is AirBookTravelerInfo of the one traveler most tests book for.
const guestAda = `{"travelerDetails":{"travelerInfo":{"userId":{"id":"` + ada + `"}}},"seats":[],"baggages":[]}`

// zz searches the test carrier's flight of that number.
func (k *kit) zz(number int, days ...string) (searchID, itineraryID string) {
	k.t.Helper()
	day := "2027-04-12"
	if len(days) > 0 {
		day = days[0]
	}
	out, err := k.search(journey(adaTraveler, fmt.Sprintf(`,"filters":[{"flightNumber":{"flightNumber":{"airlineCode":"ZZ","num":"%d"}}}]`, number), [3]string{"LHR", "JFK", day}))
	raw := must(k.t, out, err)
	id := text(k.t, raw, "itineraryDetails/itineraries/0/itineraryId")
	if id == "" {
		k.t.Fatalf("ZZ %d is not on sale on %s", number, day)
	}
	return text(k.t, raw, "searchId"), id
}

func (k *kit) checkout(searchID, itineraryID string) (string, error) {
	k.t.Helper()
	out, err := call(k, "airFlightCheckout", k.s.FlightCheckout, selected(k, searchID, itineraryID))
	if err != nil {
		return "", err
	}
	return text(k.t, out, "checkoutResponseId"), nil
}

func (k *kit) revalidate(checkoutID, guests, more string) (json.RawMessage, error) {
	k.t.Helper()
	body := fmt.Sprintf(`{"workflowIds":{"checkoutResponseId":%q},"tripId":{"id":%q},"travelers":[%s]%s}`, checkoutID, trip1, guests, more)
	return call(k, "airRevalidateItinerary", k.s.RevalidateItinerary, input[RevalidateIn](k, "airRevalidateItinerary", body))
}

func (k *kit) create(bookingID string) (json.RawMessage, error) {
	k.t.Helper()
	return call(k, "airCreatePnr", k.s.CreatePnr, input[CreatePnrIn](k, "airCreatePnr", fmt.Sprintf(`{"bookingId":%q}`, bookingID)))
}

// ready takes an itinerary as far as its bookingId.
func (k *kit) ready(searchID, itineraryID string) string {
	k.t.Helper()
	id, err := k.checkout(searchID, itineraryID)
	if err != nil {
		k.t.Fatal(err)
	}
	out, err := k.revalidate(id, guestAda, "")
	return text(k.t, must(k.t, out, err), "bookingId")
}

// book books ZZ of that number and answers the pnrId.
func (k *kit) book(number int, days ...string) string {
	k.t.Helper()
	out, err := k.create(k.ready(k.zz(number, days...)))
	raw := must(k.t, out, err)
	return text(k.t, raw, "pnrId")
}

func TestBookingSaysWhatTheSearchSaid(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	legs := [][3]string{{"LHR", "JFK", "2027-04-12"}, {"JFK", "LHR", "2027-04-20"}}
	out, err := k.search(journey(twoPeople, "", legs...))
	raw := get(t, must(t, out, err), "")
	it := get(t, raw, "itineraryDetails/itineraries/1")
	id, err := k.checkout(text(t, raw, "searchId"), text(t, it, "itineraryId"))
	if err != nil {
		t.Fatal(err)
	}
	child := `{"travelerDetails":{"travelerType":"CHILD","name":{"given":"Noé","family1":"Moreau"},"gender":"MALE","dob":{"iso8601":"2019-06-01"}},"seats":[],"baggages":[],
		"specialServiceRequests":[{"code":"CHML","indexes":{"legIndex":1,"flightIndex":0}}]}`
	priced, err := k.revalidate(id, child+","+guestAda, "") // another order than in the search
	rev := must(t, priced, err)
	out, err = k.create(text(t, rev, "bookingId"))
	made := must(t, out, err)
	if s := text(t, made, "pnrStatus"); s != "SUCCESS" {
		t.Errorf("pnrStatus %s", s)
	}
	pnr := get(t, k.pnr(text(t, made, "pnrId")), "")

	if got := text(t, pnr, "sourceInfo/sourcePnrId"); got == "" || got != text(t, made, "sourcePnrId") {
		t.Errorf("locator %q, answered %q", got, text(t, made, "sourcePnrId"))
	}
	for _, part := range []string{"base", "tax"} {
		want := minorAt(t, it, "fareInfo/totalFare/"+part)
		if got := minorAt(t, rev, "fareBreakDown/totalFare/"+part); got != want {
			t.Errorf("revalidation: %s %d, search %d", part, got, want)
		}
		if got := minorAt(t, pnr, "totalFareAmount/"+part); got != want {
			t.Errorf("PNR: %s %d, search %d", part, got, want)
		}
		var tickets, taxes int64
		for i := range 2 {
			for j := range get(t, pnr, fmt.Sprintf("airPnr/travelerInfos/%d/tickets", i)).([]any) {
				at := fmt.Sprintf("airPnr/travelerInfos/%d/tickets/%d", i, j)
				tickets += minorAt(t, pnr, at+"/amount/"+part)
				for x := range get(t, pnr, at+"/taxBreakdown/tax").([]any) {
					taxes += minorAt(t, pnr, fmt.Sprintf("%s/taxBreakdown/tax/%d/amount", at, x))
				}
			}
		}
		if tickets != want {
			t.Errorf("tickets: %s %d, search %d", part, tickets, want)
		}
		if part == "tax" && taxes != want {
			t.Errorf("the taxes listed on the tickets are %d, paid %d", taxes, want)
		}
	}
	for l := range 2 {
		flights := get(t, it, fmt.Sprintf("legs/%d/flights", l)).([]any)
		for f := range flights {
			a, b := text(t, it, fmt.Sprintf("legs/%d/flights/%d/id", l, f)), text(t, pnr, fmt.Sprintf("airPnr/legs/%d/flights/%d/flightId", l, f))
			if a != b {
				t.Errorf("flight %s of the search is %s in the PNR", a, b)
			}
		}
		if a, b := text(t, it, fmt.Sprintf("legs/%d/id", l)), text(t, pnr, fmt.Sprintf("airPnr/legs/%d/legId", l)); a != b {
			t.Errorf("leg %s of the search is %s in the PNR", a, b)
		}
	}
	number := text(t, pnr, "airPnr/travelerInfos/0/tickets/0/ticketNumber")
	w, _ := loadWorld()
	carrier, _ := testAtlas{w}.Airline(text(t, it, "legs/0/validatingAirline"))
	if len(number) != 13 || !strings.HasPrefix(number, carrier.TicketPrefix) || strings.Trim(number, "0123456789") != "" {
		t.Errorf("ticket number %q of an airline with prefix %s", number, carrier.TicketPrefix)
	}
	if got := text(t, pnr, "pnrTravelers/0/personalInfo/name/given") + " " + text(t, pnr, "pnrTravelers/1/personalInfo/name/given"); got != "Ada Noé" {
		t.Errorf("travelers in the order %s", got)
	}
	if got := text(t, pnr, "pnrTravelers/0/personalInfo/preferredLanguage"); got != "fr-FR" {
		t.Error("the profile's other facts were lost")
	}
	if got := text(t, pnr, "airPnr/travelerInfos/1/specialServiceRequestInfos/0/code"); got != "CHML" {
		t.Errorf("special service %q", got)
	}
	if diff := cmp.Diff([]string{"BOOKING_CREATED", "BOOKING_TICKETED"}, k.trips.told()); diff != "" {
		t.Error(diff)
	}
	if got := k.trips.events[1].Summary.Issued; len(got) < 2 || !slices.Contains(got, number) {
		t.Errorf("BOOKING_TICKETED names %v", got)
	}
}

func TestBookingIdWorksOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.ready(k.zz(1))
	_, err := k.create(id)
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.create(id)
	wantCode(t, err, errs.BookingExpired)
	k.at(noon)
	late := k.ready(k.zz(1))
	k.at(noon.Add(15 * time.Minute))
	_, err = k.create(late)
	wantCode(t, err, errs.BookingExpired)
	if n := len(k.trips.told()); n != 2 {
		t.Errorf("%d events for one booking", n)
	}
}

func TestSupplierScenarios(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, step string
		number     int
		code       errs.Code
	}{
		{"gone when chosen", "checkout", 110, errs.SearchExpired},
		{"sold out at the end", "create", 150, errs.SoldOut},
		{"dearer at the end", "create", 140, errs.PriceChanged},
		{"dearer at revalidation", "", 120, ""},
		{"cheaper at revalidation", "", 130, ""},
		{"name longer than the airline prints", "create", 500, errs.ValidationFailed},
		{"confirmed later", "pending", 160, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			id, err := k.checkout(k.zz(tc.number))
			if tc.step == "checkout" {
				wantCode(t, err, tc.code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			who := guestAda
			if tc.number == 500 {
				who = strings.Replace(guestAda, `"travelerInfo"`, `"name":{"given":"Wilhelmina","family1":"Featherstonehaugh"},"travelerInfo"`, 1)
			}
			out, err := k.revalidate(id, who, "")
			rev := must(t, out, err)
			out, err = k.create(text(t, rev, "bookingId"))
			switch {
			case tc.code != "":
				wantCode(t, err, tc.code)
				if len(k.trips.told()) > 0 {
					t.Error("a failed booking was announced")
				}
			default:
				made := must(t, out, err)
				pnr := k.pnr(text(t, made, "pnrId"))
				if a, b := minorAt(t, rev, "fareBreakDown/totalFare/base"), minorAt(t, pnr, "totalFareAmount/base"); a != b {
					t.Errorf("revalidated %d, booked %d", a, b)
				}
				want := [2]string{"SUCCESS", "CONFIRMED_STATUS"}
				if tc.step == "pending" {
					want = [2]string{"CONFIRMATION_PENDING", "PENDING_STATUS"}
				}
				if got := [2]string{text(t, made, "pnrStatus"), text(t, pnr, "bookingStatus")}; got != want {
					t.Errorf("got %v, want %v", got, want)
				}
			}
		})
	}
}

func TestLastSeatIsSoldOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a, b := k.ready(k.zz(100)), k.ready(k.zz(100)) // one seat left
	if _, err := k.create(a); err != nil {
		t.Fatal(err)
	}
	_, err := k.create(b)
	wantCode(t, err, errs.SoldOut)
}

func TestFailedBookingGivesTheSeatBack(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.ready(k.zz(100))
	k.trips.fail = errors.New("the disk is full")
	if _, err := k.create(id); err == nil || errs.As(err) != nil {
		t.Fatalf("got %v, want the store's own error", err)
	}
	k.trips.fail = nil
	if _, err := k.create(id); err != nil { // nothing was written, so the same id still books the one seat
		t.Fatal(err)
	}
}

func TestSoldSeatsSurviveARestart(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.book(100)
	fresh := newKit(t) // another process: an empty ledger on the same store
	fresh.st, fresh.trips = k.st, k.trips
	if err := k.st.View(t.Context(), fresh.s.LoadLedger); err != nil {
		t.Fatal(err)
	}
	out, err := fresh.search(journey(adaTraveler, `,"filters":[{"flightNumber":{"flightNumber":{"airlineCode":"ZZ","num":"100"}}}]`, [3]string{"LHR", "JFK", "2027-04-12"}))
	if n := len(get(t, must(t, out, err), "itineraryDetails/itineraries").([]any)); n > 0 {
		t.Errorf("the last seat is on sale again: %d itineraries", n)
	}
}

func TestRevalidationRefusals(t *testing.T) {
	t.Parallel()
	details := func(s string) string {
		return `{"travelerDetails":{"travelerInfo":{"userId":{"id":"` + ada + `"}}` + s + `},"seats":[],"baggages":[]}`
	}
	charge := func(base string) string {
		return `{"amount":{"base":{"amount":` + base + `,"currencyCode":"USD"},"tax":{"amount":0,"currencyCode":"USD"}},"paymentMethod":{"selectedPaymentSource":{"paymentSourceId":"0199a000-0000-7000-8000-00000000cafe"}}}`
	}
	for _, tc := range []struct {
		name, guests, more, pointer string
		code                        errs.Code
	}{
		{"too many", guestAda + "," + guestAda, "", "/travelers", errs.ValidationFailed},
		{"other person", `{"travelerDetails":{"travelerInfo":{"userId":{"id":"` + tomas + `"}}},"seats":[],"baggages":[]}`, "", "/travelers/0", errs.ValidationFailed},
		{"other type", details(`,"travelerType":"CHILD"`), "", "/travelers/0/travelerDetails/travelerType", errs.ValidationFailed},
		{"blank name", details(`,"name":{"given":" ","family1":"Moreau"}`), "", "/travelers/0/travelerDetails/name", errs.ValidationFailed},
		{"passport", details(`,"identityDocs":[{"passport":{"docId":"X1","expiryDate":{"iso8601":"2027-04-01"},"issueCountry":"FR","nationalityCountry":"FR"}}]`), "", "/travelers/0/travelerDetails/identityDocs/0/passport/expiryDate", errs.ValidationFailed},
		{"seat", `{"travelerDetails":{"travelerInfo":{"userId":{"id":"` + ada + `"}}},"seats":[{"flightId":"x","seatNumbers":["12A"]}],"baggages":[]}`, "", "/travelers/0/seats/0/seatNumbers", errs.ValidationFailed},
		{"service", strings.Replace(guestAda, `"seats"`, `"specialServiceRequests":[{"code":"PETC"}],"seats"`, 1), "", "/travelers/0/specialServiceRequests/0/info", errs.ValidationFailed},
		{"charges", guestAda, `,"bookingCharges":[` + charge("1.00") + `,` + charge("2.00") + `]`, "/bookingCharges", errs.ValidationFailed},
		{"one charge", guestAda, `,"bookingCharges":[` + charge("1.00") + `]`, "/bookingCharges", errs.ValidationFailed},
		{"charge without amount", guestAda, `,"bookingCharges":[{},` + charge("2.00") + `]`, "/bookingCharges/0/amount", errs.ValidationFailed},
		{"fractions", guestAda, `,"bookingCharges":[` + charge("1.005") + `]`, "/bookingCharges/0/amount/base/amount", errs.ValidationFailed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			id, err := k.checkout(k.zz(1))
			if err != nil {
				t.Fatal(err)
			}
			_, err = k.revalidate(id, tc.guests, tc.more)
			wantCode(t, err, tc.code)
			if e := errs.As(err); e != nil && (len(e.Fields) != 1 || e.Fields[0].Pointer != tc.pointer) {
				t.Errorf("the error points to %+v, want %s", e.Fields, tc.pointer)
			}
		})
	}
}

func TestChargesThatAddUp(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id, err := k.checkout(k.zz(1))
	if err != nil {
		t.Fatal(err)
	}
	out, err := k.revalidate(id, guestAda, "")
	rev := must(t, out, err)
	base, tax := minorAt(t, rev, "fareBreakDown/totalFare/base"), minorAt(t, rev, "fareBreakDown/totalFare/tax")
	charge := func(base, tax int64) string {
		b, _ := json.Marshal(newFare(base, tax, "USD"))
		return `{"amount":` + string(b) + `}`
	}
	out, err = k.revalidate(id, guestAda, `,"bookingCharges":[`+charge(base-700, tax)+`,`+charge(700, 0)+`]`)
	made, err := k.create(text(t, must(t, out, err), "bookingId"))
	pnr := k.pnr(text(t, must(t, made, err), "pnrId"))
	if n := len(get(t, pnr, "paymentInfo").([]any)); n != 2 {
		t.Fatalf("%d payments", n)
	}
	if got := minorAt(t, pnr, "paymentInfo/0/totalCharge") + minorAt(t, pnr, "paymentInfo/1/totalCharge"); got != base+tax {
		t.Errorf("paid %d of %d", got, base+tax)
	}
}

func TestInitiateBookingCarriesTravelers(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id, err := k.checkout(k.zz(2))
	if err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"initiateBookingWorkflowIds":{"checkoutResponseId":%q},"travelers":[%s]}`, id, guestAda)
	out, err := call(k, "airInitiateBooking", k.s.InitiateBooking, input[InitiateBookingIn](k, "airInitiateBooking", body))
	early := text(t, must(t, out, err), "initiateBookingResponseId")
	if strings.Contains(early, "TW9yZWF1") || strings.Contains(early, "Moreau") {
		t.Error("the id shows a name")
	}
	body = fmt.Sprintf(`{"workflowIds":{"initiateBookingId":%q},"tripId":{"id":%q}}`, early, trip1)
	out, err = call(k, "airRevalidateItinerary", k.s.RevalidateItinerary, input[RevalidateIn](k, "airRevalidateItinerary", body))
	out, err = k.create(text(t, must(t, out, err), "bookingId"))
	pnr := k.pnr(text(t, must(t, out, err), "pnrId"))
	if got := text(t, pnr, "pnrTravelers/0/personalInfo/name/family1"); got != "Moreau" {
		t.Errorf("booked for %q", got)
	}
}

func TestTripMustFit(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id, err := k.checkout(k.zz(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, trip := range []string{"2222222222", "9999999999"} {
		body := fmt.Sprintf(`{"workflowIds":{"checkoutResponseId":%q},"tripId":{"id":%q},"travelers":[%s]}`, id, trip, guestAda)
		_, err := call(k, "airRevalidateItinerary", k.s.RevalidateItinerary, input[RevalidateIn](k, "airRevalidateItinerary", body))
		wantCode(t, err, errs.ReferenceNotFound)
	}
}

func TestNamelessSearchBooksForTheTripsCompany(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	out, err := k.search(journey(`{"travelerType":"ADULT"}`, "", [3]string{"LHR", "JFK", "2027-04-12"}))
	raw := get(t, must(t, out, err), "")
	id, err := k.checkout(text(t, raw, "searchId"), text(t, raw, "itineraryDetails/itineraries/0/itineraryId"))
	if err != nil {
		t.Fatal(err)
	}
	stranger := strings.Replace(guestAda, ada, rival, 1)
	_, err = k.revalidate(id, stranger, "")
	wantCode(t, err, errs.ValidationFailed)
	const guest = `{"travelerDetails":{"travelerInfo":{"adhocTravelerInfo":{"registrarUserId":{"id":"` + ada + `"},"externalId":"visitor-1"}},
		"name":{"given":"Ines","family1":"Duarte"},"gender":"FEMALE","dob":{"iso8601":"1985-02-03"}},"seats":[],"baggages":[]}`
	out, err = k.revalidate(id, guest, "")
	out, err = k.create(text(t, must(t, out, err), "bookingId"))
	pnrID := text(t, must(t, out, err), "pnrId")
	p := get(t, k.pnr(pnrID), "")
	if got := text(t, p, "pnrTravelers/0/travelerInfo/adhocTravelerInfo/externalId") + " " + text(t, p, "travelers/0/userOrgId/organizationId/id"); got != "visitor-1 "+acme {
		t.Error(got)
	}
	if d := k.details(pnrID); text(t, d, "travelers/0/travelerInfo/adhocTravelerInfo/externalId") != "visitor-1" {
		t.Errorf("the guest is not recognisable: %v", d)
	}
}

func TestIntermediateRevalidation(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	out, err := k.search(journey(adaTraveler+`,{"travelerType":"SENIOR"},{"travelerType":"INFANT_ON_LAP"}`, "", [3]string{"LHR", "JFK", "2027-04-12"}))
	raw := get(t, must(t, out, err), "")
	out, err = call(k, "airIntermediateRevalidateItinerary", k.s.IntermediateRevalidate, selected(k, text(t, raw, "searchId"), text(t, raw, "itineraryDetails/itineraries/0/itineraryId")))
	got := must(t, out, err)
	var types []string
	for i := range get(t, got, "perTravelerPrices").([]any) {
		types = append(types, text(t, got, fmt.Sprintf("perTravelerPrices/%d/travelerType", i)))
	}
	if diff := cmp.Diff([]string{"ADULT", "ADULT", "INFANT"}, types); diff != "" {
		t.Error(diff)
	}
}

func TestTravelersBookForThemselves(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.who = &actor.Actor{Tenant: tenant, Company: acme, UserID: ada, Roles: []string{actor.Traveler}}
	pnr := k.pnr(k.book(1))
	if got := text(t, pnr, "bookingHistory/0/bookerInfo/role") + " " + text(t, pnr, "bookingHistory/0/bookerInfo/name"); got != "TRAVELER Ada Moreau" {
		t.Errorf("booked by %s", got)
	}
}

// forgetful is a transaction that runs again: the hooks of its first run are lost.
type forgetful struct{ store.Tx }

func (forgetful) AfterCommit(func())   {}
func (forgetful) AfterRollback(func()) {}

func TestTransactionThatRunsAgainTakesOneSeat(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.ready(k.zz(100)) // one seat left
	lost := errors.New("the database wants it again")
	err := k.st.Update(actor.With(t.Context(), k.who), func(ctx context.Context) error {
		ctx = store.WithTx(ctx, forgetful{store.From(ctx)})
		var in CreatePnrIn
		in.Doc.BookingID = id
		if _, err := k.s.CreatePnr(ctx, in); err != nil {
			return err
		}
		return lost
	})
	if !errors.Is(err, lost) {
		t.Fatal(err)
	}
	if _, err := k.create(id); err != nil {
		t.Errorf("the second run finds the seat taken by the first: %v", err)
	}
}
