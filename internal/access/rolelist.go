// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// ListRolesIn is the input of listRolesV3.
type ListRolesIn struct {
	CompanyID string `path:"companyId"`
	Doc       struct {
		Text    string       `json:"searchText"`
		Page    paging       `json:"pagination"`
		Sort    *sorting     `json:"sortParams"`
		Filters []roleFilter `json:"filters"`
	} `body:"json"`
}

// roleFilter is RoleFilter: every list that is given must hold.
type roleFilter struct {
	IDs        []string `json:"roleIds"`
	ProvidedBy []string `json:"roleProvidedBy"` // PLATFORM, COMPANY
}

func (f *roleFilter) match(r *role) bool {
	by := "COMPANY"
	if r.Platform {
		by = "PLATFORM"
	}
	return (len(f.IDs) == 0 || slices.Contains(f.IDs, r.ID)) && (len(f.ProvidedBy) == 0 || slices.Contains(f.ProvidedBy, by))
}

// RoleList is ListRolesV3Response.
type RoleList struct {
	Roles      []RoleShown `json:"roles"`
	Pagination total       `json:"pagination"`
}

// ListRoles answers a page of what the company can give: the platform's roles and its own.
func (s *Service) ListRoles(ctx context.Context, in ListRolesIn) (RoleList, error) {
	if _, err := s.open(ctx, in.CompanyID); err != nil {
		return RoleList{}, err
	}
	all := slices.Clone(s.platform)
	for _, parent := range []string{ofPlatform, in.CompanyID} {
		for rec, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kindRole, Parent: parent}) {
			if err != nil {
				return RoleList{}, err
			}
			r, err := openRole(rec)
			if err != nil {
				return RoleList{}, err
			}
			all = append(all, r)
		}
	}
	d := &in.Doc
	all = slices.DeleteFunc(all, func(r *role) bool {
		return !mentions(r.Name, d.Text) || len(d.Filters) > 0 && !slices.ContainsFunc(d.Filters, func(f roleFilter) bool { return f.match(r) })
	})
	slices.SortFunc(all, before[*role](d.Sort))
	out := RoleList{Roles: []RoleShown{}, Pagination: total{len(all)}}
	for _, r := range window(all, d.Page) {
		out.Roles = append(out.Roles, r.show())
	}
	return out, nil
}
