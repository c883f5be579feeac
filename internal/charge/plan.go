// SPDX-License-Identifier: Apache-2.0

package charge

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// Owners is what charges need to know of other domains.
type Owners interface {
	// Company returns nil when the company exists in the caller's tenant; RESOURCE_NOT_FOUND.
	Company(ctx context.Context, companyID string) error
	// Visible returns nil when the caller may see the trip or user; RESOURCE_NOT_FOUND, ACCESS_DENIED.
	Visible(ctx context.Context, entityType, entityID string) error
}

// Service keeps plans and the ledger. All methods run inside a transaction of the caller.
type Service struct {
	clocks *clock.Tenants
	owners Owners
	plans  store.Singleton
}

// New makes the service.
func New(clocks *clock.Tenants, owners Owners) *Service {
	return &Service{clocks: clocks, owners: owners, plans: store.Singleton{
		Kind: "per_trip_charge", What: "fee per trip", Clocks: clocks, Validate: checkPlan,
		Default: []byte(`{"config":{"charges":[]}}`),
	}}
}

// CompanyIn is the input of getCompanyPerTripSrvCharge.
type CompanyIn struct {
	CompanyID string `path:"companyId"`
}

// SetPlanIn is the input of setCompanyPerTripSrvCharge.
type SetPlanIn struct {
	CompanyID string          `path:"companyId"`
	Raw       json.RawMessage `body:"raw"`
}

func (s *Service) open(ctx context.Context, companyID string) error {
	if err := actor.From(ctx).MayCompany(companyID); err != nil {
		return err
	}
	return s.owners.Company(ctx, companyID)
}

// Plan answers the fee per trip of a company. CHOICE: it is enabled when there is an amount to take; a
// plan is switched off by setting one without charges, so there is no switch of its own.
func (s *Service) Plan(ctx context.Context, in CompanyIn) (json.RawMessage, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return nil, err
	}
	raw, err := s.plans.Get(ctx, in.CompanyID, "")
	if err != nil {
		return nil, err
	}
	doc, err := jsondoc.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("fee per trip of %s is stored broken: %w", in.CompanyID, err)
	}
	p, err := parsePlan(doc)
	if err != nil {
		return nil, fmt.Errorf("fee per trip of %s is stored broken: %w", in.CompanyID, err)
	}
	doc.Set("enabled", len(p.Charges) > 0).Set("enableDisableOpSupported", false)
	return doc.Bytes(), nil
}

// SetPlan replaces it (schema SetCompanyPerTripSrvChargeRequest). API_VALIDATION_FAILED for two amounts in
// one currency, an amount below zero, and a default currency that has no amount.
func (s *Service) SetPlan(ctx context.Context, in SetPlanIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.plans.Put(ctx, in.CompanyID, "", in.Raw)
}

// plan is what the rules read of schema FixedChargeConfig.
type plan struct {
	Charges []money `json:"charges"`
	Default string  `json:"defaultCurrencyCode"`
	Tiers   []struct {
		Tier    string  `json:"tier"`
		Charges []money `json:"charges"`
	} `json:"tierCharges"`
}

type money struct {
	Amount   json.Number `json:"amount"`
	Currency string      `json:"currencyCode"`
}

func parsePlan(doc *jsondoc.Object) (p plan, err error) {
	if config := doc.Get("config"); config != nil {
		err = json.Unmarshal(config, &p)
	}
	return p, err
}

func checkPlan(_ context.Context, d *store.Draft) error {
	p, err := parsePlan(d.Doc)
	if err != nil {
		return errs.Invalidf("/config", "type", "cannot be read").Because(err)
	}
	currencies, err := checkAmounts("/config/charges", p.Charges)
	if err != nil {
		return err
	}
	if p.Default != "" && !currencies[p.Default] {
		return errs.Invalidf("/config/defaultCurrencyCode", "reference", "there is no amount in %s", p.Default)
	}
	tiers := map[string]bool{}
	for i, t := range p.Tiers {
		at := fmt.Sprintf("/config/tierCharges/%d", i)
		if tiers[t.Tier] {
			return errs.Invalidf(at+"/tier", "unique", "the tier %s stands here twice", t.Tier)
		}
		tiers[t.Tier] = true
		if _, err := checkAmounts(at+"/charges", t.Charges); err != nil {
			return err
		}
	}
	return nil
}

func checkAmounts(at string, list []money) (map[string]bool, error) {
	seen := map[string]bool{}
	for i, m := range list {
		if len(m.Currency) != 3 || strings.Trim(m.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return nil, errs.Invalidf(fmt.Sprintf("%s/%d/currencyCode", at, i), "format", "must be an ISO 4217 code such as EUR")
		}
		if seen[m.Currency] {
			return nil, errs.Invalidf(fmt.Sprintf("%s/%d/currencyCode", at, i), "unique", "there is an amount in %s already", m.Currency)
		}
		seen[m.Currency] = true
		if v, err := strconv.ParseFloat(string(m.Amount), 64); err != nil || v < 0 {
			return nil, errs.Invalidf(fmt.Sprintf("%s/%d/amount", at, i), "minimum", "must not be below zero")
		}
	}
	return seen, nil
}
