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

// Forget takes a person out of the orders at the airlines and returns the PNRs whose orders those are. places
// says where in a PNR's list of travelers the person is, which is the place in the order as well: an order has no
// ids of people, and names are not one person's. A dry run changes nothing.
func (s *Service) Forget(ctx context.Context, places map[string][]int, gone string, dry bool) ([]string, error) {
	var done []string
	for _, pnrID := range slices.Sorted(maps.Keys(places)) {
		o, version, err := s.order(ctx, pnrID)
		if err != nil {
			return nil, err
		}
		if o == nil || !strike(o, places[pnrID], gone) {
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
