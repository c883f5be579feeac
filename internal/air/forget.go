// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/supplier"
)

// Person is somebody to be taken out of orders.
type Person interface {
	// Called reports whether the person may be called so.
	Called(given, family string) bool
	// Member reports whether the number of a membership is the person's alone.
	Member(number string) bool
}

// Forget takes a person out of the orders at the airlines and returns the PNRs whose orders those are. An order has
// no ids of people, and names are not one person's: places says in which PNRs the person is and where in the list of
// travelers, as far as it is known. A dry run changes nothing.
func (s *Service) Forget(ctx context.Context, p Person, places map[string][]int, gone string, dry bool) ([]string, error) {
	var done []string
	for _, pnrID := range slices.Sorted(maps.Keys(places)) {
		o, version, err := s.order(ctx, pnrID)
		if err != nil {
			return nil, err
		}
		if o == nil || !strike(o, seats(o, p, places[pnrID]), gone) {
			continue
		}
		done = append(done, pnrID)
		if dry {
			continue
		}
		if err := s.rewriteOrder(ctx, pnrID, version, o); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// seats are the places in an order at which the person is. Those in the PNR are the same unless its list was written
// anew in another order, so the name has to agree; else the only traveler of the name is meant, or nobody.
func seats(o *supplier.Order, p Person, listed []int) (at []int) {
	var called []int
	for i, t := range o.Travelers {
		if t.LoyaltyNumber != "" && p.Member(t.LoyaltyNumber) {
			at = append(at, i)
		}
		if p.Called(t.First, t.Last) {
			called = append(called, i)
		}
	}
	if len(at) > 0 && len(listed) < 2 {
		return at
	}
	for _, i := range listed {
		if slices.Contains(called, i) || i == 0 && len(o.Travelers) == 1 { // the only one may have had another name
			at = append(at, i)
		}
	}
	if len(at) == 0 && len(called) == 1 {
		return called
	}
	return at
}

func strike(o *supplier.Order, places []int, gone string) (changed bool) {
	for _, i := range places {
		if i < 0 || i >= len(o.Travelers) {
			continue
		}
		if t := &o.Travelers[i]; t.First != gone || t.Last != gone || t.LoyaltyNumber != "" {
			t.First, t.Last, t.LoyaltyNumber, changed = gone, gone, "", true
		}
	}
	return changed
}

// rewriteOrder replaces an order that stays as it is at the airline.
func (s *Service) rewriteOrder(ctx context.Context, pnrID string, version int64, o *supplier.Order) error {
	rec, err := store.From(ctx).Get(actor.Tenant(ctx), kindOrder, pnrID)
	if err != nil {
		return fmt.Errorf("air: order of PNR %s: %w", pnrID, err)
	}
	if rec.Doc, err = json.Marshal(o); err != nil {
		return fmt.Errorf("air: order of PNR %s: %w", pnrID, err)
	}
	rec.UpdatedAt = s.now(ctx)
	if err := store.From(ctx).Update(rec, version); err != nil {
		return fmt.Errorf("air: order of PNR %s: %w", pnrID, err)
	}
	return nil
}
