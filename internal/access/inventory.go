// SPDX-License-Identifier: Apache-2.0

package access

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// HeldRole is a role as a review looks at it.
type HeldRole struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Platform bool   `json:"platform"`
	Company  string `json:"companyId,omitempty"`
	Groups   int    `json:"groups"` // that give it
}

// HeldGroup is a user group as a review looks at it.
type HeldGroup struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Company  string   `json:"companyId"`
	Standard bool     `json:"standard"`
	Roles    []string `json:"roles"` // their names
	Members  int      `json:"members"`
}

// Inventory is who holds what in all companies of the caller's tenant: every group with a member, every custom
// group, and every role that a group gives or that a company made.
func (s *Service) Inventory(ctx context.Context) (roles []HeldRole, groups []HeldGroup, err error) {
	owners, err := s.dir.Owners(ctx)
	if err != nil {
		return nil, nil, err
	}
	tenant, held := actor.Tenant(ctx), map[string]*HeldRole{}
	roles, groups = []HeldRole{}, []HeldGroup{}
	for rec, err := range store.Read(ctx).List(store.Query{Tenant: tenant, Kind: kindRole}) {
		if err != nil {
			return nil, nil, err
		}
		r, err := openRole(rec)
		if err != nil {
			return nil, nil, err
		}
		held[r.ID] = &HeldRole{ID: r.ID, Name: r.Name, Platform: r.Platform, Company: r.CompanyID}
	}
	for _, id := range slices.Sorted(maps.Keys(owners)) {
		c, err := s.dir.Company(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		all := standardOf(c)
		for rec, err := range store.Read(ctx).List(store.Query{Tenant: tenant, Kind: kindGroup, Parent: id}) {
			if err != nil {
				return nil, nil, err
			}
			g, err := openGroup(rec)
			if err != nil {
				return nil, nil, err
			}
			all = append(all, g)
		}
		for _, g := range all {
			members, err := store.Read(ctx).Count(store.Query{Tenant: tenant, Kind: kindMember, Parent: g.ID})
			if err != nil {
				return nil, nil, err
			}
			if g.Standard && members == 0 {
				continue // every company has them; they give nobody anything
			}
			h := HeldGroup{ID: g.ID, Name: g.Name, Company: id, Standard: g.Standard, Roles: []string{}, Members: members}
			for _, a := range g.Assignments {
				r, err := s.role(ctx, a.RoleID)
				if err != nil {
					return nil, nil, err
				}
				if r == nil {
					continue
				}
				h.Roles = append(h.Roles, r.Name)
				if held[r.ID] == nil {
					held[r.ID] = &HeldRole{ID: r.ID, Name: r.Name, Platform: r.Platform, Company: r.CompanyID}
				}
				held[r.ID].Groups++
			}
			groups = append(groups, h)
		}
	}
	for _, r := range held {
		roles = append(roles, *r)
	}
	slices.SortFunc(roles, func(a, b HeldRole) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return roles, groups, nil
}
