// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// userFilter is UserListFilter: all lists that are given must hold, any value of a list is enough.
type userFilter struct {
	Entities     []EntityID `json:"legalEntityIds"`
	Offices      []EntityID `json:"officeIds"`
	Departments  []EntityID `json:"departmentIds"`
	CostCenters  []EntityID `json:"costCenterIds"`
	Users        []EntityID `json:"userIds"`
	Emails       []string   `json:"emails"`
	ExternalIDs  []string   `json:"externalIds"`
	Personas     []string   `json:"personas"`
	Roles        []string   `json:"roles"`
	Designations []string   `json:"designations"`
	Tiers        []string   `json:"tiers"`
}

// matcher is the whole condition of a list call.
func (s *Service) matcher(ctx context.Context, q *usersQuery) (func(*candidate) bool, error) {
	roles := map[string][]string{}
	if slices.ContainsFunc(q.Filters, func(f userFilter) bool { return len(f.Roles) > 0 }) {
		for r, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kindRoles, Parent: q.CompanyID.ID}) {
			if err != nil {
				return nil, err
			}
			list, err := decodeRoles(r.Doc)
			if err != nil {
				return nil, err
			}
			for _, role := range list {
				roles[r.ID] = append(roles[r.ID], role.Type)
			}
		}
	}
	return func(c *candidate) bool {
		if q.Text != "" && (!c.mentions(q.Text) || c.doc.Adhoc != nil && !c.doc.Adhoc.Saved) {
			return false
		}
		return len(q.Filters) == 0 || slices.ContainsFunc(q.Filters, func(f userFilter) bool {
			return f.match(c, roles[c.rec.ID])
		})
	}, nil
}

func (f *userFilter) match(c *candidate, roles []string) bool {
	b := &c.doc.Business
	return oneID(f.Entities, b.Entity.ID) && oneID(f.Offices, b.Office.ID) &&
		oneID(f.Departments, b.Department.ID) && oneID(f.CostCenters, b.CostCenter.ID) &&
		(len(f.Users) == 0 || slices.Contains(f.Users, EntityID{c.rec.ID})) && one(f.ExternalIDs, c.doc.ExternalID) &&
		one(f.Personas, c.doc.Persona) && one(f.Designations, b.Designation) && one(f.Tiers, c.doc.Tier) &&
		(len(f.Roles) == 0 || slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(f.Roles, r) })) &&
		(len(f.Emails) == 0 || slices.ContainsFunc(f.Emails, func(e string) bool {
			return strings.EqualFold(e, b.Email.plain()) || strings.EqualFold(e, c.doc.Personal.Email.plain())
		}))
}

// one reports whether a list that is given has the value.
func one(list []string, value jsonText) bool {
	return len(list) == 0 || slices.ContainsFunc(list, value.is)
}

func oneID(list []EntityID, id jsonText) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(e EntityID) bool { return id.is(e.ID) })
}
