// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/supplier"
)

// QuoteChange implements supplier.Air, after the rules of the reference's air page, section 8: the new fare less the
// unused value of the old tickets, base and tax apart, and a penalty on top. A fare that cannot be changed is
// *supplier.Rejected.
func (e *Engine) QuoteChange(ctx context.Context, o *supplier.Order, ref supplier.Ref, opts supplier.PriceOpts) (*supplier.ChangeQuote, error) {
	if o.Status != supplier.OrderTicketed {
		return nil, reject("order", "only a ticketed order can be exchanged")
	}
	offer, err := e.Price(ctx, ref, opts)
	if changed := (*supplier.PriceChanged)(nil); err != nil && !errors.As(err, &changed) {
		return nil, err
	}
	if err := checkTravelers(offer, o.Travelers, 0); err != nil {
		return nil, err
	}
	if offer.Currency != o.Offer.Currency {
		return nil, reject("currency", "an exchange is priced in the currency of the tickets, %s", o.Offer.Currency)
	}
	q := &supplier.ChangeQuote{Offer: *offer, Currency: offer.Currency, Expires: opts.Now.UTC().Add(optionLife)}
	refundable, residual := true, false
	for i := range o.Tickets {
		t := &o.Tickets[i]
		if t.Status != supplier.TicketIssued {
			continue
		}
		c := conditionsOf(o, t)
		switch {
		case c.exchange == supplier.ExchangeByAgent:
			q.ByAgent = true
		case c.change.Kind == supplier.RuleNotAllowed:
			return nil, reject("order", "the fare of ticket %s cannot be changed", t.Number)
		case c.change.Kind == supplier.RuleFee:
			q.Penalty += c.change.Fee
		}
		residual = residual || c.exchange == supplier.ExchangeResidualCredit || c.cancel.Kind == supplier.RuleCredit
		refundable = refundable && (c.cancel.Kind == supplier.RuleFree || c.cancel.Kind == supplier.RuleFee)
		x := ticketOption(o, t, supplier.CancelVoid, c) // unused value, nothing lost
		q.OldBase += x.RefundBase
		q.OldTax += x.RefundTax
	}
	q.AddBase, q.AddTax = offer.Base-q.OldBase, offer.Tax-q.OldTax
	if left := -(q.AddBase + q.AddTax); left > 0 {
		q.AddBase, q.AddTax, q.ResidueAmount = 0, 0, left
		switch {
		case refundable:
			q.Residue = supplier.ResidueRefund
		case residual:
			q.Residue = supplier.ResidueCredit
		default:
			q.Residue = supplier.ResidueForfeited
		}
	}
	return q, nil
}

// Change implements supplier.Air. Old tickets become exchanged, new ones are issued against them; the old seats go
// back when the booking is committed.
func (e *Engine) Change(ctx context.Context, key string, o *supplier.Order, q *supplier.ChangeQuote, now time.Time) (*supplier.AirBooking, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if now.After(q.Expires) {
		return nil, fmt.Errorf("exchange quote: %w", supplier.ErrExpired)
	}
	var old []*supplier.Ticket
	for i := range o.Tickets {
		if o.Tickets[i].Status != supplier.TicketIssued {
			continue
		}
		old = append(old, &o.Tickets[i])
		if conditionsOf(o, &o.Tickets[i]).exchange == supplier.ExchangeFails {
			return nil, fmt.Errorf("exchange of %s: %w", o.Tickets[i].Number, supplier.ErrUnavailable)
		}
	}
	seats := seatsOf(&q.Offer)
	held, err := e.ledger.Reserve(o.Tenant, now, seats, nil)
	if err != nil {
		return nil, err
	}
	next := *o
	next.Offer, next.Seats = q.Offer, seats
	next.Tickets = e.issue(&next, key, now)
	for i := range min(len(next.Tickets), len(old)) {
		t := &next.Tickets[i]
		t.ExchangedFrom = old[i].Number
		t.AddCollect, t.Penalty = max(0, t.Base+t.Tax-old[i].Base-old[i].Tax), q.Penalty/int64(len(old))
	}
	next.Tickets = append(settle(o.Tickets, supplier.TicketExchanged, supplier.CouponExchanged), next.Tickets...)
	return &supplier.AirBooking{Order: next, Seats: both{held, e.ledger.Release(o.Tenant, o.Seats)}}, nil
}
