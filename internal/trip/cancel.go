// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
)

// Kinds of a record-level cancellation.
const (
	noRefund      = "NO_REFUND"
	fullRefund    = "FULL_REFUND"
	partialRefund = "PARTIAL_REFUND"
	fullCredit    = "FULL_CREDIT"
)

// CancelIn is the input of cancelPnrV3.
type CancelIn struct {
	TripID string `path:"tripId"`
	PNRID  string `path:"pnrId"`
	Doc    struct {
		Type    string         `json:"cancellationType"`
		Details []cancelDetail `json:"cancellationDetails"`
	} `body:"json"`
}

type cancelDetail struct {
	Object struct {
		Type   string `json:"cancelObjectType"` // PNR, TICKET or JOURNEY
		ID     string `json:"cancelObjectId"`
		Vendor string `json:"vendorCancellationId"`
	} `json:"cancelObjectDetail"`
	Refunds []statedRefund `json:"refundInfo"`
}

type statedRefund struct {
	Type   string `json:"refundType"` // REFUND or CREDIT
	Amount *fare  `json:"amount"`
	Expiry *iso   `json:"expiryDate"`
}

// Cancel is cancelPnrV3: it records a cancellation made elsewhere with the refunds and credits the
// caller states; no supplier is asked. STATE_DOES_NOT_ALLOW for a suspended or finished PNR.
func (s *Service) Cancel(ctx context.Context, in CancelIn) (struct{}, error) {
	d, err := s.desk(ctx, in.TripID, in.PNRID)
	if err != nil {
		return struct{}{}, err
	}
	if err := or(notSuspended(d.old), d.over(ctx)); err != nil {
		return struct{}{}, err
	}
	known, err := readFacts(d.old.Doc)
	if err != nil {
		return struct{}{}, err
	}
	c := &cancellation{desk: d, known: known, kind: in.Doc.Type, at: s.now(ctx)}
	if err := c.read(in.Doc.Details); err != nil {
		return struct{}{}, err
	}
	if err := c.apply(); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, d.keep(ctx, "CANCELLED", c.change())
}

// read finds what the details name, and refuses what they cannot mean.
func (c *cancellation) read(details []cancelDetail) error {
	if c.kind == "" {
		return errs.Invalidf("/cancellationType", "required", "say what is given back").Allow(noRefund, fullRefund, partialRefund, fullCredit)
	}
	if len(details) == 0 {
		if c.kind == partialRefund {
			return errs.Invalidf("/cancellationDetails", "required", "a partial refund needs details: what is cancelled and what is given back")
		}
		c.whole = &cancelDetail{}
		return nil
	}
	details = slices.Clone(details) // dealing out a refund changes them, and the transaction may run again
	c.tickets, c.legs = map[string]*cancelDetail{}, map[int]*cancelDetail{}
	for i := range details {
		detail := &details[i]
		detail.Refunds = slices.Clone(detail.Refunds)
		pointer := "/cancellationDetails/" + strconv.Itoa(i)
		if err := c.amounts(pointer, detail); err != nil {
			return err
		}
		id, at := detail.Object.ID, pointer+"/cancelObjectDetail/cancelObjectId"
		switch detail.Object.Type {
		case "", "PNR":
			if id != "" && id != c.old.ID {
				return errs.OnField(errs.ReferenceNotFound, at, "reference", "the PNR to cancel is %s; got %q", c.old.ID, id).Allow(c.old.ID)
			}
			c.whole = detail
		case "TICKET":
			if !slices.Contains(c.known.issued(), id) {
				return errs.OnField(errs.ReferenceNotFound, at, "reference", "the PNR has no issued ticket %q", id).Allow(c.known.issued()...)
			}
			c.tickets[id] = detail
		default:
			leg := c.known.leg(id)
			if leg < 0 {
				return errs.OnField(errs.ReferenceNotFound, at, "reference", "the PNR has no leg %q; a journey is named by its legId", id)
			}
			c.legs[leg] = detail
		}
	}
	return nil
}

// amounts checks stated refunds: not negative, in the currency of the booking. They are otherwise
// taken as given.
func (c *cancellation) amounts(pointer string, detail *cancelDetail) error {
	for i, r := range detail.Refunds {
		at := pointer + "/refundInfo/" + strconv.Itoa(i) + "/amount"
		if r.Amount == nil {
			continue
		}
		for part, m := range map[string]money{"base": r.Amount.Base, "tax": r.Amount.Tax} {
			if u, ok := m.units(); !ok || u < 0 {
				return errs.Invalidf(at+"/"+part+"/amount", "minimum", "a refund cannot be %s", m.Amount)
			}
			if t := c.known.totals(); t != nil && m.Currency != t.Currency {
				return errs.Invalidf(at+"/"+part+"/currencyCode", "currency", "the booking is in %s; got %q", t.Currency, m.Currency).Allow(t.Currency)
			}
		}
	}
	return nil
}

// leg is the position of a leg by its id; -1 when there is none.
func (f *facts) leg(id string) int {
	if f.Air == nil || id == "" {
		return -1
	}
	for i, leg := range f.Air.Legs {
		if leg.ID == id {
			return i
		}
	}
	return -1
}

// change names the event: refunded tickets for air, a traveler's cancellation for hotel and car.
func (c *cancellation) change() Change {
	switch {
	case len(c.refunded) > 0:
		return Change{"TICKET_REFUNDED", announce.Summary{Refunded: c.refunded}}
	case c.known.Hotel != nil || c.known.Car != nil:
		return Change{Operation: "BOOKING_CANCELED_BY_TRAVELER"}
	}
	return Change{Operation: opOther}
}

// apply writes the cancellation into the document.
func (c *cancellation) apply() error {
	if c.known.Air != nil {
		if err := c.air(); err != nil {
			return err
		}
	} else if err := c.other(); err != nil {
		return err
	}
	if c.over {
		status := statusCancelled
		if c.known.Air != nil && len(c.refunded) > 0 && (c.kind == fullRefund || c.kind == partialRefund) {
			status = statusRefunded
		}
		c.doc.Set("bookingStatus", status).Delete("cancellationRequestStatus")
	}
	return c.payments()
}

// other cancels a product that has no tickets: always as a whole.
func (c *cancellation) other() error {
	if c.whole == nil {
		return errs.Invalidf("/cancellationDetails", "objectType", "only flights have tickets and journeys to cancel one by one")
	}
	c.over = true
	key := slices.IndexFunc(productMembers(), c.doc.Has)
	if key < 0 {
		return fmt.Errorf("PNR %s has no product", c.old.ID)
	}
	member := productMembers()[key]
	product := c.doc.Object(member)
	if member == "railPnr" {
		for _, way := range []string{"outwardJourney", "inwardJourney"} {
			if product.Has(way) {
				product.Set(way, product.Object(way).Set("journeyStatus", "CANCELLED").Set("userFacingStatus", statusCancelled))
			}
		}
	} else {
		product.Set("pnrStatus", "CANCELLED")
	}
	if v := c.whole.Object.Vendor; v != "" && (c.known.Hotel != nil || c.known.Car != nil) {
		product.Set("vendorCancellationId", v)
	}
	gross := c.known.cost()
	amount := fare{gross.Base, gross.Tax}
	if back := c.back(c.whole, &amount, true); back != nil {
		info := map[string]any{"refundAmount": back, "refundDate": iso{c.at.Format("2006-01-02")}}
		if member == "hotelPnr" {
			room := product.Object("room")
			rate := room.Object("rateInfo")
			product.Set("room", room.Set("rateInfo", rate.Set("totalRate", rate.Object("totalRate").Set("refundInfo", info))))
		} else {
			product.Set("rate", product.Object("rate").Set("refundInfo", info))
		}
		c.given(back)
	}
	c.doc.Set(member, product)
	return nil
}

// payments shows what was given back with the forms of payment, in their order.
func (c *cancellation) payments() error {
	left := c.refund
	if left == 0 || !c.doc.Has("paymentInfo") {
		return nil
	}
	return edit(c.doc, "paymentInfo", func(p *jsondoc.Object) error {
		var charge, had money
		if err := json.Unmarshal(p.Get("totalCharge"), &charge); err != nil {
			return fmt.Errorf("PNR %s: paymentInfo: %w", c.old.ID, err)
		}
		if raw := p.Get("totalRefund"); raw != nil {
			if err := json.Unmarshal(raw, &had); err != nil {
				return fmt.Errorf("PNR %s: paymentInfo: %w", c.old.ID, err)
			}
		}
		paid, _ := charge.units()
		before, _ := had.units()
		back := min(left, max(0, paid-before))
		left -= back
		p.Set("totalRefund", toMoney(before+back, charge.Currency)).Set("netCharge", toMoney(paid-before-back, charge.Currency))
		return nil
	})
}
