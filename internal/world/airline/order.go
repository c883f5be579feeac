// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/airside-travel/airside/internal/supplier"
)

// Order implements supplier.Air. The seats are counted as taken until the caller commits or rolls back the booking's
// reservation.
func (e *Engine) Order(ctx context.Context, key string, in *supplier.AirOrder) (*supplier.AirBooking, error) {
	offer, err := e.Price(ctx, in.Ref, supplier.PriceOpts{Tenant: in.Tenant, Now: in.Now, RateCodes: in.RateCodes,
		Stage: supplier.StageCreate})
	if changed := (*supplier.PriceChanged)(nil); errors.As(err, &changed) && in.AcceptPrice != nil && *in.AcceptPrice == changed.New {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	number := 0
	if offer.SimulatedCarrier {
		number = offer.Legs[0].Segments[0].Marketing.Number
	}
	if err := checkTravelers(offer, in.Travelers, number); err != nil {
		return nil, err
	}
	if in.Hold && offer.HoldFor == 0 {
		return nil, reject("hold", "this fare cannot be held")
	}
	seats := seatsOf(offer)
	held, err := e.ledger.Reserve(in.Tenant, in.Now, seats, in.Sold)
	if err != nil {
		return nil, err
	}
	o := supplier.Order{Tenant: in.Tenant, Locator: e.locator(in.Tenant, key), Status: supplier.OrderConfirmed,
		CreatedAt: in.Now.UTC(), Offer: *offer, Travelers: in.Travelers, Seats: seats}
	if offer.SimulatedCarrier {
		o.Scenario = zzScenario(number)
	}
	switch s := &o.Scenario; {
	case s.ConfirmAfter > 0 || s.Silent:
		o.Status = supplier.OrderPending
	case !in.Hold && s.TicketAfter == 0 && !s.TicketFails:
		o.Tickets, o.Status = e.issue(&o, key, in.Now), supplier.OrderTicketed
	}
	return &supplier.AirBooking{Order: o, Seats: held}, nil
}

// seatsOf is what an offer takes from the inventory.
func seatsOf(o *supplier.AirOffer) []supplier.SeatDelta {
	n := 0
	for _, p := range o.Prices {
		if p.Type != supplier.InfantOnLap {
			n += p.Count
		}
	}
	var seats []supplier.SeatDelta
	for i := range o.Legs {
		for j := range o.Legs[i].Segments {
			seats = append(seats, supplier.SeatDelta{SeatKey: o.Legs[i].Segments[j].Seats, Sold: n})
		}
	}
	return seats
}

func checkTravelers(o *supplier.AirOffer, travelers []supplier.OrderTraveler, zzNumber int) error {
	var got, want [supplier.NumPaxTypes]int
	for _, p := range o.Prices {
		want[p.Type] = p.Count
	}
	longest := 57 // letters an airline can print
	if zzNumber/10 == 50 {
		longest = 12
	}
	for i, t := range travelers {
		if t.Type >= supplier.NumPaxTypes {
			return reject(fmt.Sprintf("travelers[%d].type", i), "unknown")
		}
		got[t.Type]++
		if t.First == "" || t.Last == "" {
			return reject(fmt.Sprintf("travelers[%d].name", i), "first and last name are needed")
		}
		if utf8.RuneCountInString(t.First)+utf8.RuneCountInString(t.Last) > longest {
			return reject(fmt.Sprintf("travelers[%d].name", i), "longer than the airline can print")
		}
	}
	if got != want {
		return reject("travelers", "not the travelers the offer was priced for")
	}
	return nil
}

// Cancel implements supplier.Air.
func (e *Engine) Cancel(ctx context.Context, _ string, o *supplier.Order, opt supplier.CancelOption, now time.Time) (*supplier.AirCancelled, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := &supplier.AirCancelled{Order: *o, Seats: e.ledger.Release(o.Tenant, nil)}
	if o.Status == supplier.OrderCancelled {
		return out, nil
	}
	if !opt.Expires.IsZero() && now.After(opt.Expires) {
		return nil, fmt.Errorf("cancel option: %w", supplier.ErrExpired)
	}
	if opt.ByAgent {
		out.ByAgent = true
		return out, nil
	}
	ticket, coupon := supplier.TicketRefunded, supplier.CouponRefunded
	if opt.Kind == supplier.CancelVoid {
		ticket, coupon = supplier.TicketVoided, supplier.CouponVoided
	}
	out.Order.Status = supplier.OrderCancelled
	if opt.Kind != supplier.CancelCredit { // the value of a credit stays on the ticket
		out.Order.Tickets = settle(o.Tickets, ticket, coupon)
	}
	out.Seats = e.ledger.Release(o.Tenant, o.Seats)
	return out, nil
}

// settle copies tickets with the status of unused ones changed.
func settle(in []supplier.Ticket, ticket supplier.TicketStatus, coupon supplier.CouponStatus) []supplier.Ticket {
	out := make([]supplier.Ticket, len(in))
	for i, t := range in {
		t.Coupons = append([]supplier.Coupon(nil), t.Coupons...)
		if t.Status == supplier.TicketIssued {
			t.Status = ticket
			for j := range t.Coupons {
				if t.Coupons[j].Status == supplier.CouponOpen {
					t.Coupons[j].Status = coupon
				}
			}
		}
		out[i] = t
	}
	return out
}
