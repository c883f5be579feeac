// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/airside-travel/airside/internal/errs"
)

// UploadPreferencesIn is the input of uploadCompanyPreferences.
type UploadPreferencesIn struct {
	CompanyID string `path:"companyId"`
	Kind      string `form:"vendorType"`
	File      []byte `file:"file"`
}

// VendorPreference is one vendor that a company prefers or does not want.
type VendorPreference struct {
	Code       string `json:"code"` // IATA or chain code, or a hotel's id
	Name       string `json:"name,omitempty"`
	Preference string `json:"preference"`         // PREFERRED or BLOCKED
	Tier       string `json:"tier,omitempty"`     // TIER_1, the most preferred, to TIER_6
	EntityType string `json:"entityType"`         // COMPANY, LEGAL_ENTITY or COUNTRY: whose travelers it is for
	EntityID   string `json:"entityId,omitempty"` // of the legal entity, or ISO 3166
}

type vendorList struct {
	Vendors []VendorPreference `json:"vendors"`
}

// UploadPreferences replaces the list of one kind of vendor. The format of the file is a CHOICE: see
// readVendors. Every bad cell is named by line and column; one is enough to refuse the file. Where the
// company has preference tiers for the product, only those and only their entity types may occur.
func (s *Service) UploadPreferences(ctx context.Context, in UploadPreferencesIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	if len(in.File) == 0 {
		return struct{}{}, errs.Invalidf("/file", "required", "must be a CSV file, sent as a part with a file name")
	}
	allowed, err := s.vendorRules(ctx, in.CompanyID, in.Kind)
	if err != nil {
		return struct{}{}, err
	}
	allowed.entity = func(id string) (bool, error) { return s.Belongs(ctx, in.CompanyID, kindEntity, id) }
	list, err := readVendors(in.File, allowed)
	if err != nil {
		return struct{}{}, err
	}
	doc, err := json.Marshal(vendorList{list})
	if err != nil {
		return struct{}{}, fmt.Errorf("vendor preferences: %w", err)
	}
	return struct{}{}, s.settings.vendors.Put(ctx, in.CompanyID, in.Kind, doc)
}

// VendorPreferences is the list of one kind of vendor (schema VendorType) as it was uploaded last.
func (s *Service) VendorPreferences(ctx context.Context, companyID, kind string) ([]VendorPreference, error) {
	raw, err := s.settings.vendors.Get(ctx, companyID, kind)
	if err != nil {
		return nil, err
	}
	var list vendorList
	return list.Vendors, json.Unmarshal(raw, &list)
}

// vendorRules says what rows may hold.
type vendorRules struct {
	tiers, entityTypes []string
	entity             func(id string) (bool, error)
}

func (s *Service) vendorRules(ctx context.Context, companyID, kind string) (*vendorRules, error) {
	rules := &vendorRules{
		tiers:       []string{"TIER_1", "TIER_2", "TIER_3", "TIER_4", "TIER_5", "TIER_6"},
		entityTypes: []string{forCompany, forEntity, forCountry},
	}
	raw, err := s.settings.preferences.Get(ctx, companyID, "")
	if err != nil {
		return nil, err
	}
	var stored struct {
		List []struct {
			Type    string   `json:"bookingType"`
			Allowed []string `json:"allowedEntityTypes"`
			Tiers   []struct {
				Level string `json:"level"`
			} `json:"preferenceTiers"`
		} `json:"preferenceTiersPerBookingType"`
	}
	if err := json.Unmarshal(raw, &stored); err != nil {
		return nil, fmt.Errorf("preference tiers of %s are stored broken: %w", companyID, err)
	}
	for _, p := range stored.List {
		if p.Type != productOf(kind) {
			continue
		}
		rules.entityTypes = p.Allowed
		rules.tiers = nil
		for _, t := range p.Tiers {
			rules.tiers = append(rules.tiers, t.Level)
		}
		slices.Sort(rules.tiers)
	}
	return rules, nil
}

// productOf is the booking type to which a kind of vendor belongs.
func productOf(kind string) string {
	switch kind {
	case "AIRLINE":
		return "AIR"
	case "CAR":
		return "CAR"
	default:
		return "HOTEL"
	}
}
