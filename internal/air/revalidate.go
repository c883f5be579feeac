// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/supplier"
)

// booking is what an initiateBookingResponseId and a bookingId hold, encrypted.
type booking struct {
	Cart    cart            `json:"c"`
	Trip    string          `json:"t,omitempty"`
	Guests  []guest         `json:"g"`
	Charges []charge        `json:"p"`
	Contact json.RawMessage `json:"o,omitempty"`
	Once    []byte          `json:"n,omitempty"` // drawn, so that the same booking can be made twice on a frozen clock
}

// InitiateBookingIn is the input of airInitiateBooking.
type InitiateBookingIn struct {
	Doc struct {
		IDs struct {
			Checkout string `json:"checkoutResponseId"`
			SeatMap  string `json:"seatMapResponseId"`
		} `json:"initiateBookingWorkflowIds"`
		Travelers []guest         `json:"travelers"`
		Charges   []bookingCharge `json:"bookingCharges"`
		Contact   json.RawMessage `json:"bookingContact"`
	} `body:"json"`
}

// InitiateBooking takes travelers and payment early and hands them back as an id for revalidation.
func (s *Service) InitiateBooking(ctx context.Context, in InitiateBookingIn) (json.RawMessage, error) {
	if in.Doc.IDs.Checkout == "" {
		return nil, errs.Invalidf("/initiateBookingWorkflowIds/checkoutResponseId", "required", "a booking starts from a checkout response")
	}
	if err := noSeatMap(in.Doc.IDs.SeatMap); err != nil {
		return nil, err
	}
	t, c, err := s.openCart(ctx, in.Doc.IDs.Checkout)
	if err != nil {
		return nil, err
	}
	o, err := s.price(ctx, c.Ref, c.Codes, supplier.StageCheckout, errs.CheckoutExpired)
	if err != nil {
		return nil, err
	}
	b := booking{Cart: *c, Contact: in.Doc.Contact}
	b.Cart.Ref, b.Cart.Total = o.Ref, o.Total
	if b.Guests, err = s.guests(ctx, t.company, c, o, in.Doc.Travelers); err != nil {
		return nil, err
	}
	if b.Charges, err = charges(in.Doc.Charges, o, c.Total); err != nil {
		return nil, err
	}
	id, err := s.issueBooking(ctx, tokInitiate, t, &b)
	if err != nil {
		return nil, err
	}
	return encode(doc{"initiateBookingResponseId": id, "paymentSourcePrePaymentInformation": []doc{}})
}

func (s *Service) issueBooking(ctx context.Context, kind tokenKind, from *token, b *booking) (string, error) {
	body, err := json.Marshal(b)
	if err != nil {
		return "", fmt.Errorf("air: booking token: %w", err)
	}
	id, _ := s.signer(ctx).issue(token{kind: kind, issued: s.now(ctx), company: from.company, link: from.id, body: body})
	if len(id) > maxToken {
		return "", errs.New(errs.RequestTooLarge, "the travelers' details are too long to be carried to create-pnr")
	}
	return id, nil
}

func (s *Service) openBooking(ctx context.Context, id string, kind tokenKind) (*token, *booking, error) {
	t, err := s.open(ctx, id, kind, s.now(ctx))
	if err != nil {
		return nil, nil, err
	}
	b := new(booking)
	if err := json.Unmarshal(t.body, b); err != nil {
		return nil, nil, fmt.Errorf("air: body of a signed %s: %w", kind.field(), err)
	}
	return t, b, nil
}

// noSeatMap refuses ids of seat maps: none is ever issued.
func noSeatMap(id string) error {
	if id != "" {
		return errs.New(errs.CheckoutExpired, "this seatMapResponseId is unknown, too old, or was issued to somebody else")
	}
	return nil
}

// RevalidateIn is the input of airRevalidateItinerary.
type RevalidateIn struct {
	Doc struct {
		IDs struct {
			Checkout string `json:"checkoutResponseId"`
			SeatMap  string `json:"seatMapResponseId"`
			Initiate string `json:"initiateBookingId"`
		} `json:"workflowIds"`
		Trip      *idRef          `json:"tripId"`
		Travelers []guest         `json:"travelers"`
		Charges   []bookingCharge `json:"bookingCharges"`
		Promotion *struct {
			Code string `json:"code"`
		} `json:"promotionCode"`
	} `body:"json"`
}

// RevalidateItinerary confirms price and seats for named travelers and a trip. The bookingId books
// exactly this once, within 15 minutes. When the price moved since checkout the new one is answered.
func (s *Service) RevalidateItinerary(ctx context.Context, in RevalidateIn) (json.RawMessage, error) {
	if err := noSeatMap(in.Doc.IDs.SeatMap); err != nil {
		return nil, err
	}
	if p := in.Doc.Promotion; p != nil && p.Code != "" {
		return nil, errs.Invalidf("/promotionCode/code", "reference", "the airline knows no promotion %q", p.Code)
	}
	t, c, early, err := s.workflow(ctx, in.Doc.IDs.Checkout, in.Doc.IDs.Initiate)
	if err != nil {
		return nil, err
	}
	if in.Doc.Trip == nil {
		return nil, errs.Invalidf("/tripId", "required", "every booking belongs to a trip; create one first")
	}
	if t.company, err = s.checkTrip(ctx, in.Doc.Trip.ID, t.company); err != nil {
		return nil, err
	}
	o, err := s.price(ctx, c.Ref, c.Codes, supplier.StageRevalidate, errs.CheckoutExpired)
	if err != nil {
		return nil, err
	}
	b := booking{Cart: *c, Trip: in.Doc.Trip.ID, Once: ids.Bytes(8)}
	b.Cart.Ref, b.Cart.Total = o.Ref, o.Total
	if early != nil {
		b.Guests, b.Charges, b.Contact = early.Guests, follow(early.Charges, o), early.Contact
	}
	if len(in.Doc.Travelers) > 0 || early == nil {
		if b.Guests, err = s.guests(ctx, t.company, c, o, in.Doc.Travelers); err != nil {
			return nil, err
		}
	}
	if len(in.Doc.Charges) > 0 || early == nil || b.Charges == nil {
		if b.Charges, err = charges(in.Doc.Charges, o, c.Total); err != nil {
			return nil, err
		}
	}
	id, err := s.issueBooking(ctx, tokBooking, t, &b)
	if err != nil {
		return nil, err
	}
	out := priceDoc(o, c.Pax, named(paxNames[:], supplier.Adult))
	out["bookingId"] = id
	if v, err := s.verdict(ctx, &b, t.company, o); err != nil {
		return nil, err
	} else if v != nil {
		out["policyDetails"] = v.info
	}
	return encode(out)
}

// follow lets a single early charge follow the price; several that no longer fit are dropped.
func follow(list []charge, o *supplier.AirOffer) []charge {
	var sum supplier.Amount
	for _, c := range list {
		sum += c.Base + c.Tax
	}
	switch {
	case sum == o.Total:
		return list
	case len(list) == 1:
		return []charge{{Source: list[0].Source, Raw: list[0].Raw, Base: o.Base, Tax: o.Tax}}
	}
	return nil
}

// workflow finds the cart behind the ids of a booking under way.
func (s *Service) workflow(ctx context.Context, checkoutID, initiateID string) (*token, *cart, *booking, error) {
	if initiateID != "" {
		t, b, err := s.openBooking(ctx, initiateID, tokInitiate)
		if err != nil {
			return nil, nil, nil, err
		}
		return t, &b.Cart, b, nil
	}
	if checkoutID == "" {
		return nil, nil, nil, errs.Invalidf("/workflowIds", "required", "give checkoutResponseId or initiateBookingId")
	}
	t, c, err := s.openCart(ctx, checkoutID)
	return t, c, nil, err
}

// checkTrip answers the company for which is booked: the travelers', else the trip's.
func (s *Service) checkTrip(ctx context.Context, tripID, company string) (string, error) {
	trip, err := s.trips.TripForBooking(ctx, tripID)
	if errs.Is(err, errs.ResourceNotFound) {
		return "", errs.OnField(errs.ReferenceNotFound, "/tripId/id", "reference", "trip %q does not exist, or is not visible to this caller", tripID)
	}
	if err != nil {
		return "", err
	}
	if company != "" && !strings.EqualFold(trip.Company, company) {
		return "", errs.OnField(errs.ReferenceNotFound, "/tripId/id", "company", "trip %q belongs to another company than the travelers", tripID)
	}
	return trip.Company, nil
}
