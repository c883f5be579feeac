// SPDX-License-Identifier: Apache-2.0

package actor

import (
	"context"
	"slices"

	"github.com/airside-travel/airside/internal/errs"
)

// The roles, as RoleTypeEnum of the reference spells them; Traveler is every user acting for himself.
const (
	GlobalAdmin     = "GLOBAL_ADMIN"
	GlobalAgent     = "GLOBAL_AGENT"
	TMCAdmin        = "TMC_ADMIN"
	TMCAgent        = "TMC_AGENT"
	CompanyAdmin    = "COMPANY_ADMIN"
	CompanyArranger = "COMPANY_TRAVEL_ARRANGER"
	Arranger        = "TRAVEL_ARRANGER"
	ReportAdmin     = "COMPANY_REPORT_ADMIN"
	Traveler        = "TRAVELER"
)

// Actor is the caller of one request.
type Actor struct {
	Tenant   string   // the TMC (UUID) to which everything the caller can reach belongs
	ClientID string   // the API user (or console session) that authenticated
	Company  string   // the only company it may act for; empty for a TMC-wide caller
	UserID   string   // set when the token was exchanged for a user's
	Roles    []string // effective roles
	Scopes   []string // granted scopes; nil means every scope its roles allow
}

type key struct{}

// With puts the actor into the context.
func With(ctx context.Context, a *Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// From takes the actor from the context; calls without a token have the zero Actor, which may
// reach nothing.
func From(ctx context.Context) *Actor {
	if a, ok := ctx.Value(key{}).(*Actor); ok {
		return a
	}
	return &Actor{}
}

// Tenant is the caller's tenant.
func Tenant(ctx context.Context) string { return From(ctx).Tenant }

// Has reports whether the actor holds any of the roles. GLOBAL_ADMIN holds them all.
func (a *Actor) Has(roles ...string) bool {
	for _, r := range a.Roles {
		if r == GlobalAdmin || slices.Contains(roles, r) {
			return true
		}
	}
	return false
}

// Wide reports whether the actor may act for every company of its tenant.
func (a *Actor) Wide() bool {
	return a.Company == "" && a.Has(TMCAdmin, TMCAgent, GlobalAgent)
}

// MayCompany returns nil when the actor may act for the company, else COMPANY_NOT_ACCESSIBLE. That
// the company exists in the tenant is for the caller to check.
func (a *Actor) MayCompany(companyID string) error {
	if a.Wide() || (a.Company != "" && a.Company == companyID) {
		return nil
	}
	return errs.New(errs.CompanyForeign, "this caller may not act for company %q", companyID).With("companyId", companyID)
}
