// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/supplier"
)

// cart is what a checkoutResponseId holds: one offer, agreed with nobody yet.
type cart struct {
	Ref      supplier.Ref `json:"r"`
	Codes    []string     `json:"c,omitempty"`
	Pax      []pax        `json:"p"`
	Total    int64        `json:"t"` // minor units
	Currency string       `json:"m"`
	// Figures are what the policy compares the offer with, from its search.
	Figures json.RawMessage `json:"f,omitempty"`
}

// FlightCheckout opens the booking of one itinerary: what must be known of the travelers and what
// can be bought with it. The supplier sells neither bags nor extras apart from the fare, so those
// lists are empty, and every card is accepted without a fee.
func (s *Service) FlightCheckout(ctx context.Context, in SelectedIn) (json.RawMessage, error) {
	c, err := s.choose(ctx, in, supplier.StageCheckout)
	if err != nil {
		return nil, err
	}
	if err := c.complete(); err != nil {
		return nil, err
	}
	o := c.offer
	basket := cart{Ref: o.Ref, Codes: c.sh.query.RateCodes, Pax: c.sh.travelers, Total: o.Total, Currency: o.Currency}
	if j := c.sh.judge; j != nil {
		if basket.Figures, err = j.Figures(o); err != nil {
			return nil, err
		}
	}
	body, err := json.Marshal(basket)
	if err != nil {
		return nil, fmt.Errorf("air: checkout token: %w", err)
	}
	id, _ := s.signer(ctx).issue(token{kind: tokCheckout, issued: s.now(ctx), company: c.sh.company, link: c.search.id, body: body})
	params := []doc{}
	for _, p := range s.mandatory(o) {
		params = append(params, doc{"travelerApplicability": doc{"applicability": "ALL_TRAVELERS"}, "parameter": p})
	}
	return encode(doc{
		"checkoutResponseId":      id,
		"baggageInfo":             doc{"baggageSelectionGroups": []doc{}},
		"ancillaries":             []doc{},
		"mandatoryCheckoutParams": params,
		"airlineCardFees":         []doc{},
	})
}

// complete refuses an offer that holds only the first legs of the journey.
func (c *chosen) complete() error {
	if n := len(c.offer.Legs); n < c.sh.legs {
		return errs.Invalidf("/itineraryId", "complete", "this itinerary covers %d of %d legs; search the next leg with legSearchParams first", n, c.sh.legs)
	}
	return nil
}

// mandatory lists the facts about every traveler without which the airline does not take the booking:
// passenger data is asked for when a border is crossed or the United States are touched.
func (s *Service) mandatory(o *supplier.AirOffer) []string {
	countries := map[string]bool{}
	for i := range o.Legs {
		for j := range o.Legs[i].Segments {
			for _, code := range [...]string{o.Legs[i].Segments[j].Origin, o.Legs[i].Segments[j].Destination} {
				if a, ok := s.atlas.Airport(code); ok {
					countries[a.CountryCode] = true
				}
			}
		}
	}
	if len(countries) > 1 || countries["US"] {
		return []string{"DATE_OF_BIRTH", "GENDER"}
	}
	return nil
}

// doc is a JSON object that is built once and written once, away from the hot path.
type doc = map[string]any

func encode(v any) (json.RawMessage, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("air: encode: %w", err)
	}
	return b, nil
}

// openCart reads a checkoutResponseId.
func (s *Service) openCart(ctx context.Context, id string) (*token, *cart, error) {
	t, err := s.open(ctx, id, tokCheckout, s.now(ctx))
	if err != nil {
		return nil, nil, err
	}
	c := new(cart)
	if err := json.Unmarshal(t.body, c); err != nil {
		return nil, nil, fmt.Errorf("air: body of a signed checkoutResponseId: %w", err)
	}
	return t, c, nil
}
