// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/supplier"
)

func (k *kit) details(pnrID string) any {
	k.t.Helper()
	out, err := call(k, "getCancellationDetails", k.s.CancellationDetails, CancellationDetailsIn{TripID: trip1, PnrID: pnrID})
	return get(k.t, must(k.t, out, err), "cancellationDetails/air")
}

func (k *kit) cancel(pnrID, optionID, more string) (json.RawMessage, error) {
	k.t.Helper()
	body := fmt.Sprintf(`{"pnrId":%q,"optionId":%q%s}`, pnrID, optionID, more)
	return call(k, "airCancelPnr", k.s.CancelPnr, input[CancelPnrIn](k, "airCancelPnr", body))
}

// fareIn sums base and tax of a FareAmount.
func fareIn(t testing.TB, v any, path string) int64 {
	t.Helper()
	return minorAt(t, v, path+"/base") + minorAt(t, v, path+"/tax")
}

// bookRules books the first itinerary whose fare rules read so, of the test carrier's flight of that number
// or, with 0, of any airline.
func (k *kit) bookRules(number int, cancel, change string) string {
	k.t.Helper()
	more := `,"filters":[{"maxNumStops":0}],"legSearchParams":{"pageNumber":0}`
	if number > 0 {
		more = fmt.Sprintf(`,"filters":[{"flightNumber":{"flightNumber":{"airlineCode":"ZZ","num":"%d"}}}]`, number)
	}
	out, err := k.search(lhrJFK(more))
	raw := get(k.t, must(k.t, out, err), "")
	for i := range get(k.t, raw, "itineraryDetails/itineraries").([]any) {
		at := fmt.Sprintf("itineraryDetails/itineraries/%d", i)
		rules := at + "/legs/0/travelerInfos/0/fareRules"
		if text(k.t, raw, rules+"/cancellationPolicy/description") == cancel && (change == "" || text(k.t, raw, rules+"/exchangePolicy/description") == change) {
			out, err := k.create(k.ready(text(k.t, raw, "searchId"), text(k.t, raw, at+"/itineraryId")))
			return text(k.t, must(k.t, out, err), "pnrId")
		}
	}
	k.t.Fatalf("ZZ %d sells no fare with %q and %q", number, cancel, change)
	return ""
}

func TestCancellationMatrix(t *testing.T) {
	t.Parallel()
	departure := time.Date(2027, 4, 12, 5, 0, 0, 0, time.UTC) // before any flight of that day
	for _, tc := range []struct {
		name           string
		number         int
		cancel, change string
		at             time.Time
		state          string
		options        []string
		reason         string
		pick           int
		status, ticket string
		coupon         string
		event          string
	}{
		{"void window", 0, "Not refundable", "", noon.Add(time.Hour), byTool, []string{"VOID"}, "", 0, "VOIDED_STATUS", "VOIDED", "VOIDED", "TICKET_VOIDED"},
		{"last minute of the window", 1, "Refundable for a fee", "", noon.Add(24*time.Hour - time.Minute), byTool, []string{"VOID"}, "", 0, "VOIDED_STATUS", "VOIDED", "VOIDED", "TICKET_VOIDED"},
		{"no void", 310, "Refundable for a fee", "", noon.Add(time.Minute), byTool, []string{"REFUND", "UNUSED_CREDITS"}, "", 0, "REFUNDED_STATUS", "REFUNDED", "REFUNDED", "TICKET_REFUNDED"},
		{"refundable", 330, "Refundable without a fee", "", noon.Add(25 * time.Hour), byTool, []string{"REFUND", "UNUSED_CREDITS"}, "", 0, "REFUNDED_STATUS", "REFUNDED", "REFUNDED", "TICKET_REFUNDED"},
		{"refund minus fee", 340, "Refundable for a fee", "", noon.Add(25 * time.Hour), byTool, []string{"REFUND", "UNUSED_CREDITS"}, "", 0, "REFUNDED_STATUS", "REFUNDED", "REFUNDED", "TICKET_REFUNDED"},
		{"refundable as credit", 340, "Refundable for a fee", "", noon.Add(25 * time.Hour), byTool, []string{"REFUND", "UNUSED_CREDITS"}, "", 1, "CANCELLED_STATUS", "ISSUED", "NOT_FLOWN", "BOOKING_OTHER_UPDATE"},
		{"credit only", 360, "No refund; the value is kept as a credit", "", noon.Add(25 * time.Hour), byTool, []string{"UNUSED_CREDITS"}, "", 0, "CANCELLED_STATUS", "ISSUED", "NOT_FLOWN", "BOOKING_OTHER_UPDATE"},
		{"nothing back", 0, "Not refundable", "No changes", noon.Add(25 * time.Hour), byTool, []string{"REFUND"}, "", 0, "REFUNDED_STATUS", "REFUNDED", "REFUNDED", "TICKET_REFUNDED"},
		{"taxes only", 350, "Only unused taxes are refunded", "", noon.Add(25 * time.Hour), byTool, []string{"REFUND", "UNUSED_CREDITS"}, "", 0, "REFUNDED_STATUS", "REFUNDED", "REFUNDED", "TICKET_REFUNDED"},
		{"departed", 330, "Refundable without a fee", "", departure.Add(48 * time.Hour), notAtAll, nil, "ALL_FLIGHTS_USED", -1, "", "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.at(noon)
			id := k.bookRules(tc.number, tc.cancel, tc.change)
			before := get(t, k.pnr(id), "")
			paid := fareIn(t, before, "totalFareAmount")
			k.at(tc.at)
			d := k.details(id)
			if got := text(t, d, "cancellationState"); got != tc.state {
				t.Fatalf("state %s, want %s", got, tc.state)
			}
			if got := text(t, d, "cancellationNotSupportedReasons/0"); got != tc.reason {
				t.Errorf("reason %q, want %q", got, tc.reason)
			}
			var types []string
			list, _ := get(t, d, "cancellationOptions").([]any)
			for i := range list {
				types = append(types, text(t, d, fmt.Sprintf("cancellationOptions/%d/cancellationType", i)))
			}
			if diff := cmp.Diff(tc.options, types); diff != "" {
				t.Fatal(diff)
			}
			if tc.pick < 0 {
				_, err := k.cancel(id, "none", "")
				wantCode(t, err, errs.StateForbids)
				return
			}
			at := fmt.Sprintf("cancellationOptions/%d", tc.pick)
			info := get(t, d, at+"/fareInfo")
			total, fee, lost, back := fareIn(t, info, "totalFare"), fareIn(t, info, "cancellationFee"), fareIn(t, info, "nonRefundableFare"), fareIn(t, info, "refund")
			if total != paid {
				t.Errorf("the option values the booking at %d, paid was %d", total, paid)
			}
			if types[tc.pick] == "UNUSED_CREDITS" {
				if back != 0 || fareIn(t, info, "flightCredits/netCreditAmount") != fareIn(t, info, "flightCredits/totalCreditAmount")-fareIn(t, info, "flightCredits/changePenalty") {
					t.Errorf("credit: %v", info)
				}
			} else if back != max(0, total-lost-fee) {
				t.Errorf("%d - %d - %d is not %d", total, lost, fee, back)
			}
			if types[tc.pick] == "VOID" && (back != total || fee != 0) {
				t.Errorf("a void gives %d of %d back", back, total)
			}
			nothing := tc.name == "nothing back"
			if (back == 0 && types[tc.pick] == "REFUND") != nothing || (get(t, d, "travelers/0/tickets/0/isNonRefundableAndNonExchangeable") == true) != nothing {
				t.Errorf("refund %d", back)
			}
			out, err := k.cancel(id, text(t, d, at+"/optionId"), "")
			done := must(t, out, err)
			if got := text(t, done, "status"); got != "CANCELLED" {
				t.Errorf("answered %s", got)
			}
			k.cancelled(id, before, tc.status, tc.ticket, tc.coupon, back)
			if got := k.trips.told(); got[len(got)-1] != tc.event {
				t.Errorf("told %v", got)
			}
			if got := text(t, k.details(id), "cancellationState"); got != alreadyDone {
				t.Errorf("state afterwards %s", got)
			}
			_, err = k.cancel(id, text(t, d, at+"/optionId"), "")
			wantCode(t, err, errs.StateForbids)
		})
	}
}

// cancelled checks what a cancellation leaves in the PNR.
func (k *kit) cancelled(id string, before any, status, ticket, coupon string, back int64) {
	t := k.t
	t.Helper()
	p := get(t, k.pnr(id), "")
	number := text(t, before, "airPnr/travelerInfos/0/tickets/0/ticketNumber")
	for path, want := range map[string]string{
		"bookingStatus":                                                    status,
		"airPnr/legs/0/legStatus":                                          status,
		"airPnr/legs/0/flights/0/flightStatus":                             "CANCELLED",
		"airPnr/travelerInfos/0/tickets/0/status":                          ticket,
		"airPnr/travelerInfos/0/tickets/0/flightCoupons/0/status":          coupon,
		"airPnr/travelerInfos/0/lastConfirmedTickets/0/ticketNumber":       number,
		"airPnr/travelerInfos/0/lastConfirmedTickets/0/status":             "ISSUED",
		"bookingHistory/2/bookingInfo/status":                              "CANCELLED",
		"sourceInfo/sourcePnrId":                                           text(t, before, "sourceInfo/sourcePnrId"),
		"airPnr/travelerInfos/0/tickets/0/createdUnusedCredit/status":      map[bool]string{true: "OPEN"}[status == "CANCELLED_STATUS"],
		"airPnr/travelerInfos/0/tickets/0/createdUnusedCredit/spotnanaPnr": map[bool]string{true: id}[status == "CANCELLED_STATUS"],
	} {
		if got := text(t, p, path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if converted := get(t, p, "airPnr/travelerInfos/0/tickets/0/flightCreditInfo/isConvertedToFlightCredit"); converted != (status == "CANCELLED_STATUS") {
		t.Errorf("isConvertedToFlightCredit %v", converted)
	}
	charge, refund, net := minorAt(t, p, "paymentInfo/0/totalCharge"), minorAt(t, p, "paymentInfo/0/totalRefund"), minorAt(t, p, "paymentInfo/0/netCharge")
	if refund != back || net != charge-back {
		t.Errorf("charged %d, refunded %d, net %d; %d came back", charge, refund, net, back)
	}
	payments := get(t, p, "costOfGoodsSold/payments").([]any)
	if (len(payments) == 2) != (back > 0) {
		t.Errorf("%d payments for a refund of %d", len(payments), back)
	}
	if back > 0 && fareIn(t, payments[1], "amount") != back {
		t.Errorf("the refund entry is %v", payments[1])
	}
}

func TestCloseToDepartureAsksAnAgent(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.at(noon)
	id := k.bookRules(330, "Refundable without a fee", "")
	var o *supplier.Order
	if err := k.st.View(actor.With(t.Context(), k.who), func(ctx context.Context) (err error) {
		o, _, err = k.s.order(actor.With(ctx, k.who), id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	k.at(o.Offer.Legs[0].DepartUTC.Add(-time.Hour))
	d := k.details(id)
	if got := [2]string{text(t, d, "cancellationState"), text(t, d, "cancellationNotSupportedReasons/0")}; got != [2]string{bySupport, "CURRENT_TIME_CLOSE_TO_FLIGHT_DEPARTURE"} {
		t.Fatalf("%v", got)
	}
	out, err := k.cancel(id, text(t, d, "cancellationOptions/0/optionId"), "")
	if got := text(t, must(t, out, err), "status"); got != "AGENT_TASK_CREATED" {
		t.Errorf("answered %s", got)
	}
	p := k.pnr(id)
	if got := [2]string{text(t, p, "bookingStatus"), text(t, p, "cancellationRequestStatus")}; got != [2]string{"CANCELLATION_IN_PROGRESS_STATUS", agentAsked} {
		t.Errorf("%v", got)
	}
	if got := text(t, p, "airPnr/travelerInfos/0/tickets/0/status"); got != "ISSUED" {
		t.Errorf("ticket %s before the agent did anything", got)
	}
	_, err = k.cancel(id, text(t, d, "cancellationOptions/0/optionId"), "")
	wantCode(t, err, errs.StateForbids)
}

func TestStaleOptions(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.at(noon)
	id := k.book(1)
	option := text(t, k.details(id), "cancellationOptions/0/optionId")
	other := k.book(1)
	_, err := k.cancel(other, option, "")
	wantCode(t, err, errs.OptionExpired) // an option of another PNR
	k.at(noon.Add(15 * time.Minute))
	_, err = k.cancel(id, option, "")
	wantCode(t, err, errs.OptionExpired)
	k.at(noon.Add(24*time.Hour - 5*time.Minute))
	option = text(t, k.details(id), "cancellationOptions/0/optionId")
	k.at(noon.Add(24*time.Hour + time.Minute)) // the void window closed meanwhile
	_, err = k.cancel(id, option, "")
	wantCode(t, err, errs.OptionExpired)
	_, err = k.cancel(id, "garbage", "")
	wantCode(t, err, errs.OptionExpired)
	_, err = k.cancel("3333333333", option, "")
	wantCode(t, err, errs.ResourceNotFound)
}

func TestPenaltyArithmetic(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name                  string
		base, tax, lost, fee  int64
		wantBase, wantTax     int64
		wantFeeBase, wantFeeT int64
	}{
		{"the documented example", 80000, 5000, 0, 15000, 65000, 5000, 15000, 0},
		{"fee eats into the tax", 10000, 5000, 0, 12000, 0, 3000, 10000, 2000},
		{"fee above everything", 10000, 5000, 0, 99000, 0, 0, 10000, 5000},
		{"lost base", 80000, 5000, 80000, 1000, 0, 4000, 0, 1000},
		{"no fee", 80000, 5000, 0, 0, 80000, 5000, 0, 0},
	} {
		o := supplier.CancelOption{Kind: supplier.CancelRefund, Tickets: []supplier.TicketOption{{TotalBase: tc.base, TotalTax: tc.tax, LostBase: tc.lost}}}
		overridePenalty(&o, tc.fee)
		got := [4]int64{o.RefundBase, o.RefundTax, o.FeeBase, o.FeeTax}
		if want := [4]int64{tc.wantBase, tc.wantTax, tc.wantFeeBase, tc.wantFeeT}; got != want {
			t.Errorf("%s: refund and fee %v, want %v", tc.name, got, want)
		}
	}
	o := supplier.CancelOption{Tickets: make([]supplier.TicketOption, 3)}
	for i := range o.Tickets {
		o.Tickets[i].TotalBase = 100
	}
	overridePenalty(&o, 100)
	if o.FeeBase != 100 || o.RefundBase != 200 {
		t.Errorf("a penalty of 100 over three tickets takes %d", o.FeeBase)
	}
}

func TestAgentSetsThePenalty(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.at(noon)
	id := k.bookRules(330, "Refundable without a fee", "")
	k.at(noon.Add(30 * time.Hour))
	option := text(t, k.details(id), "cancellationOptions/0/optionId")
	const override = `,"cancellationOverride":{"waiverCode":"W1","newCancellationPenalty":{"amount":50,"currencyCode":"USD"}}`
	mine := k.who
	k.who = &actor.Actor{Tenant: tenant, Company: acme, Roles: []string{actor.CompanyAdmin}}
	_, err := k.cancel(id, option, override)
	wantCode(t, err, errs.AccessDenied)
	k.who = mine
	if _, err := k.cancel(id, option, override); err != nil {
		t.Fatal(err)
	}
	p := k.pnr(id)
	if got := minorAt(t, p, "paymentInfo/0/netCharge"); got != 5000 {
		t.Errorf("50.00 were to be kept, %d cents are", got)
	}
	if got := text(t, p, "additionalFareAmounts/0/type"); got != "CANCELLATION_FEE" {
		t.Errorf("the fee is not listed: %q", got)
	}
}

func TestUnticketedIsCancelledForNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.at(noon)
	id := k.book(190) // tickets come ten minutes later
	if got := k.trips.told(); !slices.Equal(got, []string{"BOOKING_CREATED"}) {
		t.Errorf("told %v", got)
	}
	d := k.details(id)
	if get(t, d, "travelers/0/tickets/0/ticketNumber") != nil {
		t.Error("an unissued ticket has a number")
	}
	out, err := k.cancel(id, text(t, d, "cancellationOptions/0/optionId"), "")
	must(t, out, err)
	p := k.pnr(id)
	if got := text(t, p, "bookingStatus"); got != "CANCELLED_STATUS" {
		t.Errorf("status %s", got)
	}
	if got := minorAt(t, p, "paymentInfo/0/netCharge"); got != 0 {
		t.Errorf("%d were kept", got)
	}
}

func TestCancellingGivesTheSeatBack(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.book(100) // the last seat
	d := k.details(id)
	_, err := k.cancel(id, text(t, d, "cancellationOptions/0/optionId"), "")
	if err != nil {
		t.Fatal(err)
	}
	k.book(100)
}

func TestForeignBookingGoesToSupport(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.book(1)
	imported := k.pnr(id)
	var foreign string
	if err := k.st.Update(actor.With(t.Context(), k.who), func(ctx context.Context) (err error) {
		foreign, err = k.trips.AddPNR(ctx, trip1, NewPNR{Company: acme, Doc: imported})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	d := k.details(foreign)
	if got := text(t, d, "cancellationState") + " " + text(t, d, "cancellationNotSupportedReasons/0"); got != bySupport+" OUTSIDE_BOOKING" {
		t.Error(got)
	}
	_, err := k.cancel(foreign, "x", "")
	wantCode(t, err, errs.StateForbids)
	if !strings.Contains(err.Error(), "elsewhere") {
		t.Error(err)
	}
}
