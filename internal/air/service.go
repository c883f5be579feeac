// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/supplier"
)

// Service carries out the air operations.
type Service struct {
	supplier  supplier.Air
	trips     Trips
	travelers Travelers
	keys      Keys
	atlas     Atlas
	payments  Payments
	policies  Policies
	clocks    *clock.Tenants

	airportsMu sync.RWMutex
	airports   map[string][]byte // schema AirportInfo by IATA code, as it is asked for

	seats followed

	pending sync.Map // booking or order key -> supplier.Reservation of a transaction that is not decided yet
}

// Deps is what a Service needs. Payments and Policies may be nil.
type Deps struct {
	Supplier  supplier.Air
	Trips     Trips
	Travelers Travelers
	Keys      Keys
	Atlas     Atlas
	Payments  Payments
	Policies  Policies
	Clocks    *clock.Tenants
}

// New makes a Service.
func New(d Deps) *Service {
	return &Service{airports: map[string][]byte{}, supplier: d.Supplier, trips: d.Trips, travelers: d.Travelers, keys: d.Keys, atlas: d.Atlas, payments: d.Payments, policies: d.Policies, clocks: d.Clocks}
}

func (s *Service) now(ctx context.Context) time.Time { return s.clocks.Now(actor.Tenant(ctx)) }

// source names the supplier in posInfo and sourceInfo: one of the contract's ThirdPartySource values,
// with a point of sale that says so when flights and prices are simulated.
func (s *Service) source() (name, pos string) {
	if s.supplier.Info().Simulated {
		return "SABRE", "SIMULATED"
	}
	return "NDC", s.supplier.Info().Name
}

// price gets the offer behind a ref as it is sold now. A move of the price is not an error here; the
// caller shows the new one. code is for offers that are gone.
func (s *Service) price(ctx context.Context, ref supplier.Ref, codes []string, stage supplier.Stage, code errs.Code) (*supplier.AirOffer, error) {
	o, err := s.supplier.Price(ctx, ref, supplier.PriceOpts{Tenant: actor.Tenant(ctx), Now: s.now(ctx), RateCodes: codes, Stage: stage})
	if _, moved := errors.AsType[*supplier.PriceChanged](err); moved && o != nil {
		return o, nil
	}
	if err != nil {
		return nil, supplierError(err, code)
	}
	return o, nil
}

// supplierError tells the caller what the supplier's closed set of errors means. gone is the code for
// an offer that no longer exists; where is the pointer of the part the supplier's fields stand in.
func supplierError(err error, gone errs.Code) error {
	if e, ok := errors.AsType[*supplier.Rejected](err); ok {
		return errs.Invalidf(pointerOf(e.Field), "supplier", "the airline does not accept this: %s", e.Reason).Because(err)
	}
	if e, ok := errors.AsType[*supplier.PriceChanged](err); ok {
		return errs.New(errs.PriceChanged, "the price is now %s, it was %s when it was agreed",
			newMoney(e.New.Minor, e.New.Currency), newMoney(e.Old.Minor, e.Old.Currency)).
			With("oldAmount", string(newMoney(e.Old.Minor, e.Old.Currency).Amount)).
			With("newAmount", string(newMoney(e.New.Minor, e.New.Currency).Amount)).
			With("currencyCode", e.New.Currency).Because(err)
	}
	if e, ok := errors.AsType[*supplier.Declined](err); ok {
		return errs.New(errs.PaymentUnusable, "the airline refused the payment: %s", e.Reason).Because(err)
	}
	if _, ok := errors.AsType[*supplier.Throttled](err); ok {
		return errs.New(errs.SupplierUnavailable, "the airline's system wants fewer calls").Because(err)
	}
	switch {
	case errors.Is(err, supplier.ErrSoldOut):
		return errs.New(errs.SoldOut, "the seats at this fare are gone").Because(err)
	case errors.Is(err, supplier.ErrExpired), errors.Is(err, supplier.ErrNotFound):
		return errs.New(gone, "the airline no longer offers this itinerary").Because(err)
	case errors.Is(err, supplier.ErrNotSupported):
		return errs.New(errs.StateForbids, "the airline's system cannot do this; ask an agent").Because(err)
	case errors.Is(err, supplier.ErrUnavailable), errors.Is(err, supplier.ErrUnknown):
		return errs.New(errs.SupplierUnavailable, "the airline's system does not answer").Because(err)
	}
	return err
}

// pointerOf turns a supplier's dotted path such as legs.0.date into an RFC 6901 pointer.
func pointerOf(field string) string {
	r := strings.NewReplacer(".", "/", "[", "/", "]", "")
	return "/" + r.Replace(strings.ToLower(field))
}
