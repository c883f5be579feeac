// SPDX-License-Identifier: Apache-2.0

package actor

import (
	"context"
	"slices"

	"github.com/airside-travel/airside/internal/audience"
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
	Company  string   // the only company its roles hold for; empty for a TMC-wide caller
	UserID   string   // set when the token was exchanged for a user's
	Roles    []string // effective roles
	Scopes   []string // granted scopes; nil means every scope its roles allow

	Home   string  // the company of the user
	Bound  string  // the company its client is made for: nothing else can be reached, whatever is granted
	Grants []Grant // what the user groups of the user permit, besides the roles
	// Owner says whose a company is; nil stands for a tenant in which only the company counts.
	Owner func(companyID string) audience.Owner

	reach  []audience.Audience // where the grants hold that open the present operation
	whole  *Actor              // the caller before it was narrowed to an operation
	notOwn bool                // the present operation is not one that everybody has for himself
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

// Has reports whether the actor holds any of the roles. GLOBAL_ADMIN holds them all, and GLOBAL_AGENT
// is the agent of every TMC.
func (a *Actor) Has(roles ...string) bool {
	for _, r := range a.Roles {
		if r == GlobalAdmin || slices.Contains(roles, r) || r == GlobalAgent && slices.Contains(roles, TMCAgent) {
			return true
		}
	}
	return false
}

// Wide reports whether the actor's roles hold for every company of its tenant.
func (a *Actor) Wide() bool {
	return a.Company == "" && a.Bound == "" && a.Has(TMCAdmin, TMCAgent, GlobalAgent)
}

// MayCompany returns nil when the actor may act for the company, by its roles or by a grant that opens
// the present operation, else COMPANY_NOT_ACCESSIBLE. That the company exists in the tenant is for the
// caller to check.
func (a *Actor) MayCompany(companyID string) error {
	if a.Wide() || (a.Company != "" && a.Company == companyID) || a.Granted(companyID) {
		return nil
	}
	return errs.New(errs.CompanyForeign, "this caller may not act for company %q", companyID).With("companyId", companyID)
}
