// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// cancellation is a record-level cancellation on its way into a PNR.
type cancellation struct {
	*desk
	known    *facts
	kind     string
	at       time.Time
	whole    *cancelDetail            // set when everything goes
	tickets  map[string]*cancelDetail // by number
	legs     map[int]*cancelDetail    // by position
	over     bool                     // nothing of the PNR is left
	refunded []string                 // numbers of tickets
	refund   units                    // money given back in all
}

// air cancels flights and settles tickets. What was flown by then is written down first: once the PNR is
// cancelled, time moves nothing in it any more.
func (c *cancellation) air() error {
	if c.f.card(c.old.ID).shown(c.at) == statusActive {
		if err := fly(c.doc, c.known, c.at); err != nil {
			return fmt.Errorf("PNR %s: %w", c.old.ID, err)
		}
	}
	air := c.doc.Object("airPnr")
	issued := c.known.issued()
	gone := func(number string) bool { return c.whole != nil || c.tickets[number] != nil }
	c.over = c.whole != nil || len(c.legs) == len(c.known.Air.Legs) ||
		len(issued) > 0 && !slices.ContainsFunc(issued, func(n string) bool { return !gone(n) })
	i := -1
	if err := edit(air, "legs", func(leg *jsondoc.Object) error {
		if i++; !c.over && c.legs[i] == nil {
			return nil
		}
		leg.Set("legStatus", statusCancelled)
		return edit(leg, "flights", func(f *jsondoc.Object) error {
			f.Set("flightStatus", "CANCELLED")
			return nil
		})
	}); err != nil {
		return err
	}
	last := c.lastIssued(gone)
	if err := edit(air, "travelerInfos", func(traveler *jsondoc.Object) error {
		before := traveler.Get("tickets")
		touched := false
		err := edit(traveler, "tickets", func(t *jsondoc.Object) error {
			number := t.String("ticketNumber")
			if t.String("status") != "ISSUED" || !gone(number) {
				return nil
			}
			touched = true
			return c.settle(t, number == last)
		})
		if touched {
			traveler.SetRaw("lastConfirmedTickets", before)
		}
		return err
	}); err != nil {
		return err
	}
	for _, detail := range c.legs {
		if c.kind == noRefund || c.kind == fullCredit {
			break
		}
		if back := c.back(detail, nil, true); back != nil { // of a leg no price is known: only what is stated
			c.given(back)
		}
	}
	c.doc.Set("airPnr", air)
	return nil
}

// lastIssued is the ticket that takes what is left of a refund stated for the whole PNR.
func (c *cancellation) lastIssued(gone func(string) bool) string {
	last := ""
	for _, n := range c.known.issued() {
		if gone(n) {
			last = n
		}
	}
	return last
}

// settle closes one ticket: refunded (with nothing, when there is no refund), or turned into a credit.
func (c *cancellation) settle(t *jsondoc.Object, last bool) error {
	detail := c.whole
	number := t.String("ticketNumber")
	if d := c.tickets[number]; d != nil {
		detail, last = d, true
	}
	var price *fare
	if raw := t.Get("amount"); raw != nil {
		price = new(fare)
		if err := json.Unmarshal(raw, price); err != nil {
			return fmt.Errorf("ticket %s: %w", number, err)
		}
	}
	t.Set("updateDateTime", iso{c.at.Format("2006-01-02T15:04:05")})
	if detail.Object.Vendor != "" {
		t.Set("vendorCancellationId", detail.Object.Vendor)
	}
	if value, expiry, ok := c.credit(detail, t, price, last); ok {
		credit := jsondoc.New().Set("ticketNumber", number).Set("spotnanaPnr", c.old.ID).Set("tripId", c.f.ID).
			Set("segmentsAvailable", "ALL_OPEN").Set("ticketType", "ETICKET").Set("status", "OPEN").Set("sourceOfTruth", "SPOTNANA").
			Set("expiryDate", moment(expiry))
		if value != nil {
			credit.Set("totalFare", cost{Base: value.Base, Tax: value.Tax}.total())
		}
		if code := t.String("validatingAirlineCode"); code != "" {
			credit.Set("airlineCode", code)
		}
		if c.known.Source.Locator != "" {
			credit.Set("sourcePnr", c.known.Source.Locator)
		}
		t.Set("createdUnusedCredit", credit).Set("flightCreditInfo", map[string]bool{"isConvertedToFlightCredit": true})
		if !states(detail, "REFUND") {
			return nil
		}
	}
	c.refunded = append(c.refunded, number)
	t.Set("status", "REFUNDED")
	if back := c.back(detail, price, last); back != nil {
		t.Set("refundInfo", map[string]any{"refundAmount": back, "refundDate": iso{c.at.Format("2006-01-02")}})
		c.given(back)
	}
	return edit(t, "flightCoupons", func(coupon *jsondoc.Object) error {
		if !used(coupon) {
			coupon.Set("status", "REFUNDED")
		}
		return nil
	})
}

func states(d *cancelDetail, kind string) bool {
	return slices.ContainsFunc(d.Refunds, func(r statedRefund) bool { return r.Type == kind })
}

// credit is what a ticket leaves for later travel: stated, or all of it without penalty under
// FULL_CREDIT. It lasts a year from issue unless a date is stated.
func (c *cancellation) credit(d *cancelDetail, t *jsondoc.Object, price *fare, last bool) (*fare, time.Time, bool) {
	issued := c.at
	if at := (point{local: t.Object("issuedDateTime").String("iso8601")}).moment(); !at.IsZero() {
		issued = at
	}
	expiry := issued.AddDate(1, 0, 0)
	for _, r := range d.Refunds {
		if r.Type != "CREDIT" || r.Expiry == nil {
			continue
		}
		if at, err := time.Parse(time.DateOnly, r.Expiry.ISO8601); err == nil {
			expiry = at
		}
	}
	if c.kind == fullCredit {
		return price, expiry, true
	}
	value := deal(d, "CREDIT", price, last)
	return value, expiry, value != nil
}

// back is the money given back for something of a price, nil when there is none to state: nothing,
// everything, or what the detail says.
func (c *cancellation) back(d *cancelDetail, price *fare, last bool) *fare {
	switch {
	case c.kind == fullCredit, c.kind == noRefund && price == nil:
		return nil
	case c.kind == noRefund:
		f := toFare(0, 0, price.Base.Currency)
		return &f
	case c.kind == fullRefund && price != nil:
		return price
	}
	return deal(d, "REFUND", price, last)
}

// deal takes what a detail states of a kind (REFUND, CREDIT); nil when it states none. What is stated
// for a whole PNR is dealt out over its tickets, each up to its price, the last one taking the rest.
func deal(d *cancelDetail, kind string, price *fare, last bool) *fare {
	var base, tax units
	currency := ""
	for i := range d.Refunds {
		r := &d.Refunds[i]
		if r.Type != kind || r.Amount == nil {
			continue
		}
		b, _ := r.Amount.Base.units()
		x, _ := r.Amount.Tax.units()
		currency = r.Amount.Base.Currency
		if !last && price != nil {
			most, _ := price.Base.units()
			mostTax, _ := price.Tax.units()
			left := toFare(b-min(b, most), x-min(x, mostTax), currency)
			b, x = min(b, most), min(x, mostTax)
			r.Amount = &left
		}
		base, tax = base+b, tax+x
	}
	if currency == "" {
		return nil
	}
	f := toFare(base, tax, currency)
	return &f
}

func (c *cancellation) given(back *fare) {
	base, _ := back.Base.units()
	tax, _ := back.Tax.units()
	c.refund += base + tax
}
