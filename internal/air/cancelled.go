// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/supplier"
)

// cancelWriter changes a PNR as a cancellation leaves it: flights stay listed, statuses and money move.
type cancelWriter struct {
	s      *Service
	q      *quoted
	opt    *supplier.CancelOption
	order  *supplier.Order // after the cancellation
	booker doc
}

// status is the bookingStatus afterwards (reference trips-and-pnrs.md §3.2).
func (w *cancelWriter) status() string {
	switch w.opt.Kind {
	case supplier.CancelVoid:
		return "VOIDED_STATUS"
	case supplier.CancelRefund:
		return "REFUNDED_STATUS"
	}
	return "CANCELLED_STATUS"
}

func (w *cancelWriter) rewrite() error {
	air, err := tree(w.q.doc.Get("airPnr"))
	if err != nil {
		return err
	}
	status := w.status()
	for _, leg := range objects(air, "legs") {
		leg["legStatus"] = status
		for _, f := range objects(leg, "flights") {
			f["flightStatus"], f["sourceStatus"] = "CANCELLED", "HX"
		}
	}
	for _, t := range objects(air, "travelerInfos") {
		before, err := json.Marshal(t["tickets"])
		if err != nil {
			return fmt.Errorf("air: tickets: %w", err)
		}
		if t["tickets"] != nil {
			t["lastConfirmedTickets"] = json.RawMessage(before)
		}
		for _, k := range objects(t, "tickets") {
			w.ticket(k)
		}
		if b, ok := t["booking"].(doc); ok {
			for _, seat := range objects(b, "seats") {
				seat["status"] = "CANCELLED"
			}
		}
	}
	air["voidPolicy"] = doc{"isVoidable": false, "isInfoAvailable": true}
	delete(air, "automatedCancellationInfo")
	delete(air, "holdDeadline")
	w.q.doc.Set("airPnr", air)
	w.q.doc.Set("bookingStatus", status)
	w.q.doc.Delete("cancellationRequestStatus")
	if x := &w.opt.TicketOption; w.opt.Kind == supplier.CancelRefund && x.FeeBase+x.FeeTax > 0 {
		w.add("additionalFareAmounts", doc{"type": "CANCELLATION_FEE", "fareAmount": newFare(x.FeeBase, x.FeeTax, w.opt.Currency), "isIncludedInFareAmount": true})
	}
	w.remember("CANCELLED")
	return nil
}

// remember appends to the booking history.
func (w *cancelWriter) remember(status string) {
	w.add("bookingHistory", historyEntry(w.booker, w.q.now, status))
}

// add appends to a list at the top of the PNR.
func (w *cancelWriter) add(key string, entries ...doc) {
	var list []json.RawMessage
	_ = json.Unmarshal(w.q.doc.Get(key), &list) // absent: an empty list
	for _, e := range entries {
		raw, _ := json.Marshal(e) // made of strings and numbers
		list = append(list, raw)
	}
	w.q.doc.Set(key, list)
}

// ticket changes one ticket of the PNR.
func (w *cancelWriter) ticket(k doc) {
	number, _ := k["ticketNumber"].(string)
	at := -1
	for i := range w.order.Tickets {
		if w.order.Tickets[i].Number == number {
			at = i
		}
	}
	if at < 0 || at >= len(w.opt.Tickets) {
		return
	}
	t, x := &w.order.Tickets[at], &w.opt.Tickets[at]
	k["status"] = ticketStatus(t.Status)
	k["updateDateTime"] = wall(w.q.now)
	for j, c := range objects(k, "flightCoupons") {
		if j < len(t.Coupons) {
			c["status"] = couponStatus(t.Coupons[j].Status)
		}
	}
	if w.opt.Kind == supplier.CancelCredit {
		k["flightCreditInfo"] = doc{"isConvertedToFlightCredit": true}
		k["createdUnusedCredit"] = w.credit(t, x)
		return
	}
	back := newFare(x.RefundBase, x.RefundTax, w.opt.Currency)
	k["refundInfo"] = doc{"refundAmount": back, "refundDate": isoValue{w.q.now.UTC().Format("2006-01-02")},
		"penalty": newFare(x.FeeBase, x.FeeTax, w.opt.Currency)}
	paid := objects(k, "paymentDetails")
	if len(paid) == 1 && x.RefundBase+x.RefundTax > 0 {
		k["paymentDetails"] = []any{paid[0], doc{"amount": back, "fop": paid[0]["fop"], "isRefunded": true}}
	}
}

// credit is UnusedCreditInfo: the value the ticket keeps at its airline.
func (w *cancelWriter) credit(t *supplier.Ticket, x *supplier.TicketOption) doc {
	source, _ := w.s.source()
	o := &w.order.Offer
	first, last := o.Legs[0], o.Legs[len(o.Legs)-1]
	if len(t.Coupons) > 0 {
		first, last = o.Legs[t.Coupons[0].Leg], o.Legs[t.Coupons[len(t.Coupons)-1].Leg]
	}
	who := w.order.Travelers[t.Traveler]
	d := doc{
		"sourcePnr": w.order.Locator, "spotnanaPnr": w.q.id, "tripId": w.q.pnr.TripID, "ticketNumber": t.Number,
		"airlineCode": t.Carrier, "airlineInfo": w.s.airlineInfo(t.Carrier),
		"totalFare": newMoney(x.CreditBase+x.CreditTax+x.FeeBase+x.FeeTax, w.opt.Currency),
		"issueDate": instant(w.q.now), "expiryDate": instant(t.ExpiresAt), "departureDate": instant(first.DepartUTC),
		"segmentsAvailable": "ALL_OPEN", "passengerName": name{Given: who.First, Family: who.Last},
		"ticketType": "ETICKET", "status": "OPEN", "source": source, "redeemVia": "REDEEM_VIA_OBT", "sourceOfTruth": "SPOTNANA",
		"creditUsageType": "COMPANY", "paymentSourceId": ids.UUID(),
	}
	if x.UsedBase+x.UsedTax > 0 {
		d["segmentsAvailable"] = "PARTIAL"
	}
	if a, ok := w.s.atlas.Airport(first.Origin); ok {
		d["departureCountry"] = a.Country3
	}
	if a, ok := w.s.atlas.Airport(last.Destination); ok {
		d["arrivalCountry"] = a.Country3
	}
	return d
}

// refund gives money back, form of payment by form of payment, and shows it in the PNR.
func (w *cancelWriter) refund(ctx context.Context) error {
	if w.opt.Kind == supplier.CancelCredit {
		return nil
	}
	base, tax := w.opt.RefundBase, w.opt.RefundTax
	left := base + tax
	var infos []doc
	for _, one := range w.list("paymentInfo") {
		charge := w.amount(one["totalCharge"])
		back := min(left, charge)
		left -= back
		one["totalRefund"], one["netCharge"] = newMoney(back, w.opt.Currency), newMoney(charge-back, w.opt.Currency)
		infos = append(infos, one)
	}
	if infos != nil {
		w.q.doc.Set("paymentInfo", infos)
	}
	for _, key := range [...]string{"costOfGoodsSold", "costToCustomer"} {
		cost, err := tree(w.q.doc.Get(key))
		if err != nil {
			continue // a PNR that came from elsewhere may lack it
		}
		left := newShare(base, tax)
		list, _ := cost["payments"].([]any)
		for _, p := range objects(cost, "payments") {
			sum, _ := p["amount"].(doc)
			b, x := left.take(w.amount(sum["base"]) + w.amount(sum["tax"]))
			if b+x == 0 || p["isRefunded"] == true {
				continue
			}
			again := doc{}
			maps.Copy(again, p)
			again["amount"], again["isRefunded"] = newFare(b, x, w.opt.Currency), true
			list = append(list, again)
			if ref, _ := p["paymentReference"].(string); ref != "" && w.s.payments != nil && key == "costOfGoodsSold" {
				if err := w.s.payments.Refund(ctx, ref, supplier.Money{Minor: b + x, Currency: w.opt.Currency}); err != nil {
					return err
				}
			}
		}
		cost["payments"] = list
		w.q.doc.Set(key, cost)
	}
	return nil
}

// share deals a refund out, base before tax.
type share struct{ base, tax supplier.Amount }

func newShare(base, tax supplier.Amount) *share { return &share{base, tax} }

// take cuts at most `most` off.
func (s *share) take(most supplier.Amount) (base, tax supplier.Amount) {
	base = min(s.base, most)
	tax = min(s.tax, most-base)
	s.base -= base
	s.tax -= tax
	return base, tax
}

func (w *cancelWriter) list(key string) []doc {
	t, err := tree(append(append([]byte(`{"l":`), w.q.doc.Get(key)...), '}'))
	if err != nil {
		return nil
	}
	return objects(t, "l")
}

// amount reads a stored Money in the currency of the option; anything else counts as nothing.
func (w *cancelWriter) amount(v any) supplier.Amount {
	d, _ := v.(doc)
	n, _ := d["amount"].(json.Number)
	cur, _ := d["currencyCode"].(string)
	got, err := money{n, cur}.minor(w.opt.Currency, "")
	if err != nil {
		return 0
	}
	return got
}
