// SPDX-License-Identifier: Apache-2.0

package actor

import (
	"slices"

	"github.com/airside-travel/airside/internal/audience"
)

// All is the action that includes every other (PermissionAction).
const All = "ALL"

// Grant permits actions on a resource of the platform, for the things of an audience.
type Grant struct {
	Permission string
	Actions    []string
	Scope      audience.Scope
}

// Permits reports whether the grant is for this permission and action, somewhere.
func (g *Grant) Permits(permission, action string) bool {
	return g.Permission == permission && (slices.Contains(g.Actions, action) || slices.Contains(g.Actions, All))
}

// Need is what an operation asks of its caller: one of the roles, or a grant of the permission.
type Need struct {
	Roles              []string
	Permission, Action string // empty: grants do not open it
	TMC                bool   // a grant must hold for the tenant itself
}

// Within gives the actor as it stands in one operation, with the roles and the grants that open it and
// no others; nil when nothing does. What is granted to a group for one company says nothing about the
// actor's own: an actor that is here by grants alone has no roles and no company.
func (a *Actor) Within(n Need) *Actor {
	out := *a
	out.whole, out.reach = a.Whole(), a.reaching(n)
	out.Roles = slices.DeleteFunc(slices.Clone(a.Roles), func(r string) bool {
		return !(&Actor{Roles: []string{r}}).Has(n.Roles...)
	})
	out.notOwn = a.UserID == "" || !slices.Contains(n.Roles, Traveler)
	switch {
	case len(out.Roles) == 0 && out.notOwn:
		if len(out.reach) == 0 {
			return nil
		}
		out.Company = ""
	case out.Company == "" && !out.Wide():
		out.Company = a.Home
	}
	return &out
}

// reaching are the audiences of the grants that meet the need.
func (a *Actor) reaching(n Need) []audience.Audience {
	var out []audience.Audience
	for i := range a.Grants {
		g := &a.Grants[i]
		if n.Permission != "" && g.Permits(n.Permission, n.Action) && (!n.TMC || a.Bound == "" && g.Scope.Covers(a.owner(a.Tenant))) {
			out = append(out, g.Scope.Audiences...)
		}
	}
	return out
}

// Whole is the actor with everything it may do, not only what opens the present operation.
func (a *Actor) Whole() *Actor {
	if a.whole != nil {
		return a.whole
	}
	return a
}

// Self reports whether the user is the actor, in an operation that everybody has for himself.
func (a *Actor) Self(userID string) bool { return a.UserID != "" && a.UserID == userID && !a.notOwn }

// Granted reports whether a grant that opens the present operation holds for the company and
// everything in it.
func (a *Actor) Granted(companyID string) bool {
	return companyID != "" && (a.Bound == "" || a.Bound == companyID) && len(a.reach) > 0 &&
		audience.Any(a.reach, a.owner(companyID))
}

// Reaches reports whether any grant opens the present operation.
func (a *Actor) Reaches() bool { return len(a.reach) > 0 }

func (a *Actor) owner(companyID string) audience.Owner {
	if a.Owner == nil {
		return audience.Owner{Company: companyID}
	}
	return a.Owner(companyID)
}
