// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/supplier"
	"github.com/airside-travel/airside/internal/telemetry"
)

// CreatePnrIn is the input of airCreatePnr.
type CreatePnrIn struct {
	Doc struct {
		BookingID    string          `json:"bookingId"`
		CustomFields json.RawMessage `json:"customFieldV3Responses"`
		Remarks      []struct {
			Sabre struct {
				Text string `json:"text"`
			} `json:"sabre"`
		} `json:"manualRemarks"`
	} `body:"json"`
}

// CreatePnr books what was revalidated: seats, payment, tickets, PNR, events and the use of the
// bookingId are written together or not at all. SOLD_OUT and PRICE_CHANGED leave everything as it was.
func (s *Service) CreatePnr(ctx context.Context, in CreatePnrIn) (json.RawMessage, error) {
	if in.Doc.BookingID == "" {
		return nil, errs.Invalidf("/bookingId", "required", "no payment here leaves for another site, so revalidation gives the bookingId to send")
	}
	t, b, err := s.openBooking(ctx, in.Doc.BookingID, tokBooking)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(in.Doc.BookingID))
	key := hex.EncodeToString(sum[:16])
	if err := s.useOnce(ctx, key); err != nil {
		return nil, err
	}
	s.again(key)
	company, err := s.checkTrip(ctx, b.Trip, t.company)
	if err != nil {
		return nil, err
	}
	allowed, err := s.allowed(ctx, b, company)
	if err != nil {
		return nil, err
	}
	tx := store.From(ctx)
	booked, err := s.supplier.Order(ctx, key, &supplier.AirOrder{
		Tenant: actor.Tenant(ctx), Now: s.now(ctx), Ref: b.Cart.Ref, RateCodes: b.Cart.Codes, Travelers: orderTravelers(b),
		AcceptPrice: &supplier.Money{Minor: b.Cart.Total, Currency: b.Cart.Currency},
		Sold: func(key supplier.SeatKey) (int, error) {
			n, _, err := s.soldOf(ctx, key)
			return n, err
		},
	})
	if no, ok := errors.AsType[*supplier.Rejected](err); ok { // what it names stands in the bookingId, not in this body
		return nil, errs.New(errs.ValidationFailed, "the airline does not accept %s: %s", no.Field, no.Reason).Hinting("correct it and revalidate").Because(err)
	}
	if err != nil {
		return nil, supplierError(err, errs.BookingExpired)
	}
	s.decide(tx, key, booked.Seats)
	order := &booked.Order
	telemetry.Spent(ctx, order.Offer.Total, order.Offer.Currency)
	if order.Offer.Total != b.Cart.Total {
		return nil, supplierError(&supplier.PriceChanged{
			Old: supplier.Money{Minor: b.Cart.Total, Currency: b.Cart.Currency},
			New: supplier.Money{Minor: order.Offer.Total, Currency: order.Offer.Currency}}, errs.BookingExpired)
	}
	p := &pnrWriter{s: s, now: s.now(ctx), company: company, order: order, booking: b, policy: allowed}
	for _, c := range b.Charges {
		paid, err := s.pay(ctx, company, order.Offer.ValidatingCarrier, c, b.Cart.Currency)
		if err != nil {
			return nil, err
		}
		p.paid = append(p.paid, paid)
	}
	if err := p.people(ctx); err != nil {
		return nil, err
	}
	for _, r := range in.Doc.Remarks {
		p.remarks = append(p.remarks, r.Sabre.Text)
	}
	pnr, err := encode(p.document())
	if err != nil {
		return nil, err
	}
	pnrID, err := s.trips.AddPNR(ctx, b.Trip, NewPNR{Company: company, Doc: pnr, Changes: p.changes()})
	if err != nil {
		return nil, err
	}
	if err := s.keepOrder(ctx, company, pnrID, order); err != nil {
		return nil, err
	}
	if err := s.await(ctx, pnrID, order); err != nil {
		return nil, err
	}
	status := "SUCCESS"
	if order.Status == supplier.OrderPending {
		status = "CONFIRMATION_PENDING"
	}
	return encode(doc{"pnrId": pnrID, "sourcePnrId": order.Locator, "pnrStatus": status,
		"createPnrApplicationInfo": doc{"applicationWarning": []doc{}}})
}

func orderTravelers(b *booking) []supplier.OrderTraveler {
	out := make([]supplier.OrderTraveler, len(b.Guests))
	for i := range b.Guests {
		d := &b.Guests[i].Details
		out[i] = supplier.OrderTraveler{Type: b.Cart.Pax[i].Type, First: d.Name.Given, Last: d.Name.Family}
		var cards []struct {
			ID   string `json:"id"`
			Type string `json:"type"`
		}
		if json.Unmarshal(d.Loyalties, &cards) == nil {
			for _, c := range cards {
				if c.Type == "AIR" && out[i].LoyaltyNumber == "" {
					out[i].LoyaltyNumber = c.ID
				}
			}
		}
	}
	return out
}

// changes are the events of a new PNR, in the order they are told.
func (p *pnrWriter) changes() []Change {
	list := []Change{{Operation: "BOOKING_CREATED"}}
	if len(p.order.Tickets) > 0 {
		numbers := make([]string, len(p.order.Tickets))
		for i, t := range p.order.Tickets {
			numbers[i] = t.Number
		}
		list = append(list, Change{Operation: "BOOKING_TICKETED", Summary: announce.Summary{Issued: numbers}})
	}
	return list
}

// people reads the profiles of the travelers. A guest without one gets an id of his own.
func (p *pnrWriter) people(ctx context.Context) error {
	p.booker = bookerInfo(ctx, p.s)
	for i := range p.booking.Guests {
		info := p.booking.Guests[i].Details.Info
		t := Traveler{UserID: ids.UUID(), CompanyID: p.company, Persona: "ADHOC"}
		if id := info.user(); id != "" {
			var err error
			if t, err = p.s.travelers.Traveler(ctx, id); err != nil {
				return err
			}
		}
		p.profiles = append(p.profiles, t)
	}
	return nil
}

// bookerInfo is BookerInfo of the caller.
func bookerInfo(ctx context.Context, s *Service) doc {
	a := actor.From(ctx)
	role := "UNKNOWN_ROLE"
	switch {
	case a.Has(actor.TMCAdmin, actor.TMCAgent, actor.GlobalAgent):
		role = "AGENT"
	case a.Has(actor.CompanyAdmin):
		role = "ADMIN"
	case a.Has(actor.CompanyArranger, actor.Arranger):
		role = "TRAVEL_MANAGER"
	case a.UserID != "":
		role = "TRAVELER"
	}
	out := doc{"role": role}
	if a.UserID != "" {
		if t, err := s.travelers.Traveler(ctx, a.UserID); err == nil {
			out["name"] = t.Given + " " + t.Family
			if t.Email != "" {
				out["email"] = t.Email
			}
		}
	}
	return out
}
