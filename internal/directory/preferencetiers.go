// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// checkTiers lets each kind of booking occur once, and each level once in it.
func checkTiers(_ context.Context, d *store.Draft) error {
	var list []struct {
		Type  string `json:"bookingType"`
		Tiers []struct {
			Level string `json:"level"`
		} `json:"preferenceTiers"`
	}
	const member = "preferenceTiersPerBookingType"
	if err := json.Unmarshal(d.Doc.Get(member), &list); err != nil {
		return errs.Invalidf("/"+member, "type", "must be a list").Because(err)
	}
	var types []string
	for i, t := range list {
		if slices.Contains(types, t.Type) {
			return errs.Invalidf(fmt.Sprintf("/%s/%d/bookingType", member, i), "unique", "%s stands here twice", t.Type)
		}
		types = append(types, t.Type)
		var levels []string
		for j, tier := range t.Tiers {
			if slices.Contains(levels, tier.Level) {
				return errs.Invalidf(fmt.Sprintf("/%s/%d/preferenceTiers/%d/level", member, i, j), "unique",
					"%s stands here twice", tier.Level)
			}
			levels = append(levels, tier.Level)
		}
	}
	return nil
}

// ListPreferenceTiers answers the preference levels of all kinds of booking.
func (s *Service) ListPreferenceTiers(ctx context.Context, in CompanyIn) (json.RawMessage, error) {
	return s.getSetting(ctx, &s.settings.preferences, in.CompanyID, "")
}

// StorePreferenceTiers replaces them.
func (s *Service) StorePreferenceTiers(ctx context.Context, in CompanyBodyIn) (struct{}, error) {
	return s.putSetting(ctx, &s.settings.preferences, in.CompanyID, "", in.Raw)
}
