// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// The roles a company can have, as CompanyRole spells them.
const (
	roleOrg     = "ORG"
	roleTMC     = "TMC"
	rolePartner = "PARTNER_TMC"
	roleGlobal  = "GLOBAL"
)

// boundTo says which members only a company with a certain role may have (users and companies page).
func boundTo(member string) string {
	switch member {
	case "ccEmailAddresses", "bccEmailAddresses", "bookingTmcId":
		return roleOrg
	case "redirectUrl", "mobileRedirectUrl", "defaultBookingTmcId":
		return rolePartner
	case "tmcDefaultConfiguration":
		return roleTMC
	}
	return ""
}

// companyFields is what the rules read of a company.
type companyFields struct {
	CompanyRoles   []string
	ContractedBy   EntityID
	BookingTMC     EntityID `json:"bookingTmcId"`
	DefaultBooking EntityID `json:"defaultBookingTmcId"`
	Connectors     []struct {
		ConnectorID EntityID `json:"connectorId"`
	}
	TMCDefaults struct {
		DefaultBooking string `json:"defaultBookingTmcId"`
		ByCountry      []struct {
			CountryCode string
			BookingTMC  string `json:"bookingTmcId"`
		} `json:"countryWiseBookingTmcs"`
	} `json:"tmcDefaultConfiguration"`
}

func (s *Service) checkCompany(ctx context.Context, d *store.Draft) error {
	var f companyFields
	if err := json.Unmarshal(d.Doc.Bytes(), &f); err != nil {
		return errs.Invalidf("", "type", "the body cannot be read").Because(err)
	}
	if d.Doc.String("name") == "" {
		return errs.Invalidf("/name", "minLength", "must not be empty")
	}
	if len(f.CompanyRoles) == 0 {
		return errs.Invalidf("/companyRoles", "minItems", "must hold at least one role")
	}
	for _, member := range d.Doc.Keys() {
		if role := boundTo(member); role != "" && !slices.Contains(f.CompanyRoles, role) {
			return errs.Invalidf("/"+member, "role", "only a company with the role %s can have it", role)
		}
	}
	if slices.Contains(f.CompanyRoles, roleGlobal) && !actor.From(ctx).Has(actor.GlobalAdmin) {
		return errs.New(errs.AccessDenied, "only a global administrator may give a company the role %s", roleGlobal)
	}
	if err := keepStanding(ctx, d, &f); err != nil {
		return err
	}
	return s.checkCompanyRefs(ctx, d, &f)
}

// keepStanding lets only a TMC decide what a company is and who has the contract with it: a company's own
// administrator could give himself a TMC's place otherwise.
func keepStanding(ctx context.Context, d *store.Draft, f *companyFields) error {
	if d.Old == nil || actor.From(ctx).Wide() {
		return nil
	}
	var old companyFields
	if err := json.Unmarshal(d.Old.Bytes(), &old); err != nil {
		return err
	}
	slices.Sort(old.CompanyRoles)
	var member string
	switch now := slices.Sorted(slices.Values(f.CompanyRoles)); {
	case !slices.Equal(slices.Compact(now), slices.Compact(old.CompanyRoles)):
		member = "companyRoles"
	case f.ContractedBy != old.ContractedBy:
		member = "contractedBy"
	case f.BookingTMC != old.BookingTMC:
		member = "bookingTmcId"
	default:
		return nil
	}
	return errs.OnField(errs.AccessDenied, "/"+member, "role", "only the TMC may change it")
}

// checkCompanyRefs makes sure that every company named in the body exists in the tenant.
func (s *Service) checkCompanyRefs(ctx context.Context, d *store.Draft, f *companyFields) error {
	type ref struct{ pointer, id string }
	refs := []ref{
		{"/contractedBy/id", f.ContractedBy.ID},
		{"/bookingTmcId/id", f.BookingTMC.ID},
		{"/defaultBookingTmcId/id", f.DefaultBooking.ID},
		{"/tmcDefaultConfiguration/defaultBookingTmcId", f.TMCDefaults.DefaultBooking},
	}
	for i, c := range f.Connectors {
		refs = append(refs, ref{fmt.Sprintf("/connectors/%d/connectorId/id", i), c.ConnectorID.ID})
	}
	for i, c := range f.TMCDefaults.ByCountry {
		refs = append(refs, ref{fmt.Sprintf("/tmcDefaultConfiguration/countryWiseBookingTmcs/%d/bookingTmcId", i), c.BookingTMC})
	}
	for _, r := range refs {
		if r.id == "" || r.id == d.ID || r.id == actor.Tenant(ctx) {
			continue
		}
		if c, err := live(ctx, kindCompany, r.id); err != nil {
			return err
		} else if c == nil {
			return unknown(r.pointer, "company", r.id)
		}
	}
	return nil
}
