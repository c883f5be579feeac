// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"

	"github.com/airside-travel/airside/internal/revision"
	"github.com/airside-travel/airside/internal/store"
)

// settings are the documents of a company of which there is one each, or one per role of the company.
type settings struct {
	content, enrollment, tiers, stealth, colors, branding, managers, preferences, features, vendors store.Singleton
}

func (s *Service) newSettings() settings {
	empty := []byte(`{}`)
	one := func(kind, what string, missing []byte) store.Singleton {
		return store.Singleton{Kind: kind, What: what, Default: missing, Clocks: s.clocks}
	}
	all := settings{
		content:     one("travel_content_config", "content settings", empty),
		enrollment:  one("enrollment_config", "sign-up settings", []byte(`{"termsAndConditions":""}`)),
		tiers:       one("tier_config", "tier settings", empty),
		stealth:     one("stealth_config", "stealth modes", empty),
		colors:      one("color_config", "colors", empty),
		branding:    one("white_label_config", "branding", nil),
		managers:    one("managers_config", "list of managers", nil),
		preferences: one("preference_tiers", "preference tiers", []byte(`{"preferenceTiersPerBookingType":[]}`)),
		features:    one("company_features", "features", empty),
		vendors:     one("vendor_preferences", "vendor preferences", empty),
	}
	all.branding.Validate, all.branding.Present = keepBranding, showBranding
	all.managers.Validate, all.managers.Present = s.checkManagers, s.showManagers
	all.preferences.Validate = checkTiers
	return all
}

// RoleIn is the input of reads and removals of a document per role of the company.
type RoleIn struct {
	CompanyID string `path:"companyId"`
	Role      string `query:"companyRole"`
}

// RoleBodyIn is the input of writes to a document per role of the company.
type RoleBodyIn struct {
	CompanyID string          `path:"companyId"`
	Role      string          `query:"companyRole"`
	Raw       json.RawMessage `body:"raw"`
}

func (s *Service) getSetting(ctx context.Context, one *store.Singleton, companyID, role string) (json.RawMessage, error) {
	if err := s.open(ctx, companyID); err != nil {
		return nil, err
	}
	version, err := one.Version(ctx, companyID, role)
	if err != nil {
		return nil, err
	}
	revision.Answer(ctx, version)
	return one.Get(ctx, companyID, role)
}

func (s *Service) putSetting(ctx context.Context, one *store.Singleton, companyID, role string, raw []byte) (struct{}, error) {
	if err := s.open(ctx, companyID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, one.Put(ctx, companyID, role, raw)
}

func (s *Service) deleteSetting(ctx context.Context, one *store.Singleton, companyID, role string) (struct{}, error) {
	if err := s.open(ctx, companyID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, one.Delete(ctx, companyID, role)
}

// GetTravelContentConfig answers which content searches show; empty when never set.
func (s *Service) GetTravelContentConfig(ctx context.Context, in CompanyIn) (json.RawMessage, error) {
	return s.getSetting(ctx, &s.settings.content, in.CompanyID, "")
}

// UpdateTravelContentConfig replaces it.
func (s *Service) UpdateTravelContentConfig(ctx context.Context, in CompanyBodyIn) (struct{}, error) {
	return s.putSetting(ctx, &s.settings.content, in.CompanyID, "", in.Raw)
}

// DeleteTravelContentConfig removes it, so that searches show everything.
func (s *Service) DeleteTravelContentConfig(ctx context.Context, in CompanyIn) (struct{}, error) {
	return s.deleteSetting(ctx, &s.settings.content, in.CompanyID, "")
}

// GetEnrollmentConfig answers the sign-up of companies; empty when never set.
func (s *Service) GetEnrollmentConfig(ctx context.Context, in CompanyIn) (json.RawMessage, error) {
	return s.getSetting(ctx, &s.settings.enrollment, in.CompanyID, "")
}

// UpdateEnrollmentConfig replaces it.
func (s *Service) UpdateEnrollmentConfig(ctx context.Context, in CompanyBodyIn) (struct{}, error) {
	return s.putSetting(ctx, &s.settings.enrollment, in.CompanyID, "", in.Raw)
}

// GetColorConfig answers the colors of loyalty levels for one role of the company; empty when never set.
func (s *Service) GetColorConfig(ctx context.Context, in RoleIn) (json.RawMessage, error) {
	return s.getSetting(ctx, &s.settings.colors, in.CompanyID, in.Role)
}

// UpdateColorConfig replaces them.
func (s *Service) UpdateColorConfig(ctx context.Context, in RoleBodyIn) (struct{}, error) {
	return s.putSetting(ctx, &s.settings.colors, in.CompanyID, in.Role, in.Raw)
}

// GetTierConfig answers names and icons of service tiers; empty when never set.
func (s *Service) GetTierConfig(ctx context.Context, in RoleIn) (json.RawMessage, error) {
	return s.getSetting(ctx, &s.settings.tiers, in.CompanyID, in.Role)
}

// UpdateTierConfig replaces them.
func (s *Service) UpdateTierConfig(ctx context.Context, in RoleBodyIn) (struct{}, error) {
	return s.putSetting(ctx, &s.settings.tiers, in.CompanyID, in.Role, in.Raw)
}

// GetStealthConfig answers the stealth modes that profiles may name; empty when never set.
func (s *Service) GetStealthConfig(ctx context.Context, in RoleIn) (json.RawMessage, error) {
	return s.getSetting(ctx, &s.settings.stealth, in.CompanyID, in.Role)
}

// UpdateStealthConfig replaces them.
func (s *Service) UpdateStealthConfig(ctx context.Context, in RoleBodyIn) (struct{}, error) {
	return s.putSetting(ctx, &s.settings.stealth, in.CompanyID, in.Role, in.Raw)
}
