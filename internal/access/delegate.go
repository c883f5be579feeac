// SPDX-License-Identifier: Apache-2.0

package access

import (
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/audience"
)

// Nobody gives more than he has: who gives a role, or puts somebody into a group, must hold every
// permission of it himself, at least for the same things.

// right is one permission that somebody holds.
type right struct {
	Allowance
	everywhere bool // in the tenant
	scope      []audience.Audience
}

// holdings are the rights of one caller.
type holdings struct {
	rights []right
	owner  func(companyID string) audience.Owner
}

// scopeAt is where something is to hold.
type scopeAt struct {
	audience.Scope
	everywhere bool
}

func ownScope(companyID string) audience.Scope { return audience.Only(audience.Company, companyID) }

// rightsOf are the rights of a caller from both systems. What everybody has for himself, and what an
// arranger has for some travelers, can be given to nobody.
func rightsOf(a *actor.Actor) holdings {
	a = a.Whole()
	out := holdings{owner: a.Owner}
	for _, name := range a.Roles {
		if name == actor.Arranger {
			continue
		}
		r := right{everywhere: wide(name) && a.Company == "" && a.Bound == ""}
		if company := first(a.Company, a.Bound, a.Home); !r.everywhere && company != "" {
			r.scope = ownScope(company).Audiences
		}
		for _, r.Allowance = range Legacy(name) {
			out.rights = append(out.rights, r)
		}
	}
	for _, g := range a.Grants {
		scope := g.Scope.Audiences
		if a.Bound != "" {
			scope = within(scope, a.Bound)
		}
		out.rights = append(out.rights, right{Allowance: Allowance{g.Permission, g.Actions}, scope: scope})
	}
	return out
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// within narrows audiences to one company.
func within(list []audience.Audience, companyID string) []audience.Audience {
	var out []audience.Audience
	for _, a := range list {
		out = append(out, audience.Audience{Predicates: append(slices.Clone(a.Predicates), ownScope(companyID).Audiences[0].Predicates...)})
	}
	return out
}

// lacks names the first permission and action that the holder does not have for the whole scope; "" for
// none.
func (h *holdings) lacks(list []Allowance, sc scopeAt) string {
	for _, p := range list {
		for _, action := range p.Actions {
			if !h.has(p.Permission, action, sc) {
				return p.Permission + " " + action
			}
		}
	}
	return ""
}

// has reports whether one permission is held for every part of the scope, each by any of the rights.
func (h *holdings) has(permission, action string, sc scopeAt) bool {
	var holding []audience.Audience
	for _, r := range h.rights {
		if r.Permission != permission || !slices.Contains(r.Actions, action) && !slices.Contains(r.Actions, actor.All) {
			continue
		}
		if r.everywhere {
			return true
		}
		holding = append(holding, r.scope...)
	}
	if sc.everywhere {
		return false
	}
	for _, a := range sc.Audiences {
		for o := range parts(a) {
			if o.BookingTMC == "" && h.owner != nil {
				o = h.owner(o.Company)
			}
			if !audience.Any(holding, o) {
				return false
			}
		}
	}
	return true
}

// maxParts bounds the work of comparing two scopes: the companies of an audience times its booking TMCs.
const maxParts = 10_000

// narrowed are the values that every predicate of a type admits; nil when there is no such predicate.
func narrowed(a audience.Audience, kind string) []string {
	var out []string
	for _, p := range a.Predicates {
		switch {
		case p.Type != kind:
		case out == nil:
			out = append([]string{}, p.Values...)
		default:
			out = slices.DeleteFunc(out, func(id string) bool { return !slices.Contains(p.Values, id) })
		}
	}
	return out
}

// parts are the smallest sets of things that an audience is made of: one company, one booking TMC, or
// one company as far as one TMC books for it.
func parts(a audience.Audience) func(yield func(audience.Owner) bool) {
	companies, booking := narrowed(a, audience.Company), narrowed(a, audience.BookingTMC)
	if companies == nil {
		companies = []string{""}
	}
	if booking == nil {
		booking = []string{""}
	}
	return func(yield func(audience.Owner) bool) {
		for _, c := range companies {
			for _, b := range booking {
				if !yield(audience.Owner{Company: c, BookingTMC: b}) {
					return
				}
			}
		}
	}
}

// beyond is what an allowance adds to what is there already.
func beyond(p Allowance, have []Allowance) Allowance {
	for _, h := range have {
		if h.Permission != p.Permission {
			continue
		}
		if slices.Contains(h.Actions, actor.All) {
			return Allowance{p.Permission, nil}
		}
		p.Actions = slices.DeleteFunc(slices.Clone(p.Actions), func(a string) bool { return slices.Contains(h.Actions, a) })
	}
	return p
}
