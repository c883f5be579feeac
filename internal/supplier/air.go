// SPDX-License-Identifier: Apache-2.0

package supplier

import (
	"context"
	"time"
)

// Caps are what a supplier can do. A missing flag becomes an honest "by support" state, never a failure half way.
type Caps uint32

// Capabilities of an air supplier.
const (
	CapRoundTrip Caps = 1 << iota
	CapLegByLeg
	CapBrandedFares
	CapCorporateFares
	CapHold
	CapDelayedTicketing
	CapVoid
	CapRefundQuote
	CapCredits
	CapChangeQuote
	CapSeatMap
)

// Info describes a supplier.
type Info struct {
	Name      string
	Simulated bool
	Caps      Caps
	OfferTTL  time.Duration
	MaxLegs   int
	MaxPax    int
}

// Supplier is the part common to all verticals.
type Supplier interface{ Info() Info }

// PriceOpts are the circumstances of a re-pricing.
type PriceOpts struct {
	Tenant    string
	Now       time.Time
	RateCodes []string // account codes; without its code a corporate fare is priced as published
	// Stage tells scenarios how far the booking is. Search results are priced at StageShop.
	Stage Stage
}

// Stage is the step of a booking at which an offer is priced.
type Stage uint8

// Stages.
const (
	StageShop Stage = iota
	StageSelect
	StageCheckout
	StageRevalidate
	StageCreate
)

// Air sells flights.
type Air interface {
	Supplier
	// Shop answers a page of offers. A query that cannot be served answers *Rejected.
	Shop(ctx context.Context, q *AirQuery) (*AirResult, error)
	// Rebuild makes the offer behind a Ref exactly as it was shopped, without looking at the ledger.
	Rebuild(ctx context.Context, ref Ref) (*AirOffer, error)
	// Price rebuilds the offer behind a Ref and prices it from the live ledger at o.Now. The offer returned carries a
	// Ref of the new price. Errors: ErrExpired, ErrSoldOut, ErrNotFound; with *PriceChanged the offer is returned too.
	Price(ctx context.Context, ref Ref, o PriceOpts) (*AirOffer, error)
	// Order books an offer under an idempotency key: the same key and order give the same locator and numbers. Seats
	// are reserved by every call, so the caller looks for a stored booking of the key first. Errors as Price, and
	// *Rejected.
	Order(ctx context.Context, key string, o *AirOrder) (*AirBooking, error)
	// Ticket issues tickets for a booking that Order left unticketed.
	Ticket(ctx context.Context, key string, o *Order, now time.Time) (*Order, error)
	// QuoteCancel answers the ways out of an order, per ticket, best for the traveler first.
	QuoteCancel(ctx context.Context, o *Order, now time.Time) ([]CancelOption, error)
	// Cancel carries one out. Cancelling a cancelled order answers it unchanged.
	Cancel(ctx context.Context, key string, o *Order, opt CancelOption, now time.Time) (*AirCancelled, error)
	// QuoteChange prices an exchange of the order's unused tickets for the offer behind ref.
	QuoteChange(ctx context.Context, o *Order, ref Ref, opts PriceOpts) (*ChangeQuote, error)
	// Change carries an exchange out.
	Change(ctx context.Context, key string, o *Order, quote *ChangeQuote, now time.Time) (*AirBooking, error)
	// Inventory is the ledger that Order and Cancel draw on.
	Inventory() Inventory
}
