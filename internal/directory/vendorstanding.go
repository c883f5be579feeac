// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"fmt"
)

// VendorStanding is how a vendor stands with the travelers of a company.
type VendorStanding struct {
	Code    string // as in the uploaded list
	Blocked bool   // else preferred
	Tier    string // TIER_1, the most preferred, to TIER_6; "" when the list names none
	Label   string // of the tier, where the company shows it
}

// VendorStandings are the vendors of a kind (schema VendorType) that the company prefers or blocks for somebody of a legal
// entity in a country. CHOICE: of several rows about one vendor the one for the legal entity counts before the one
// for the country, and that before the one for everybody.
func (s *Service) VendorStandings(ctx context.Context, companyID, kind, legalEntityID, country string) ([]VendorStanding, error) {
	rows, err := s.VendorPreferences(ctx, companyID, kind)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	labels, err := s.tierLabels(ctx, companyID, productOf(kind))
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	weights := map[string]int{}
	var out []VendorStanding
	for _, r := range rows {
		weight := 0
		switch {
		case r.EntityType == forCompany || r.EntityType == "":
			weight = 1
		case r.EntityType == forCountry && r.EntityID == country:
			weight = 2
		case r.EntityType == forEntity && r.EntityID == legalEntityID:
			weight = 3
		}
		if weight <= weights[r.Code] {
			continue
		}
		one := VendorStanding{Code: r.Code, Blocked: r.Preference == "BLOCKED", Tier: r.Tier, Label: labels[r.Tier]}
		if weights[r.Code] == 0 {
			at[r.Code] = len(out)
			out = append(out, one)
		}
		weights[r.Code], out[at[r.Code]] = weight, one
	}
	return out, nil
}

// tierLabels are the texts of a product's tiers that may be shown.
func (s *Service) tierLabels(ctx context.Context, companyID, product string) (map[string]string, error) {
	raw, err := s.settings.preferences.Get(ctx, companyID, "")
	if err != nil {
		return nil, err
	}
	var stored struct {
		List []struct {
			Type  string `json:"bookingType"`
			Tiers []struct {
				Level string `json:"level"`
				Label string `json:"label"`
				Show  bool   `json:"showLabel"`
			} `json:"preferenceTiers"`
		} `json:"preferenceTiersPerBookingType"`
	}
	if err := json.Unmarshal(raw, &stored); err != nil {
		return nil, fmt.Errorf("preference tiers of %s are stored broken: %w", companyID, err)
	}
	labels := map[string]string{}
	for _, p := range stored.List {
		for _, t := range p.Tiers {
			if p.Type == product && t.Show {
				labels[t.Level] = t.Label
			}
		}
	}
	return labels, nil
}
