// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// groupQuery is ListUserGroupsRequest.
type groupQuery struct {
	Text    string   `json:"searchText"`
	Page    paging   `json:"pagination"`
	Sort    *sorting `json:"sortParams"`
	Filters []struct {
		IDs []string `json:"userGroupIds"`
	} `json:"filters"`
}

// ListGroupsIn is the input of listUserGroupsForCompany.
type ListGroupsIn struct {
	CompanyID string     `path:"companyId"`
	Doc       groupQuery `body:"json"`
}

// GroupList is ListUserGroupsResponse.
type GroupList struct {
	Groups     []GroupShown `json:"userGroups"`
	Pagination total        `json:"pagination"`
}

// ListGroups answers a page of the standard and custom groups of a company.
func (s *Service) ListGroups(ctx context.Context, in ListGroupsIn) (GroupList, error) {
	c, err := s.open(ctx, in.CompanyID)
	if err != nil {
		return GroupList{}, err
	}
	all := standardOf(c)
	for rec, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kindGroup, Parent: c.ID}) {
		if err != nil {
			return GroupList{}, err
		}
		g, err := openGroup(rec)
		if err != nil {
			return GroupList{}, err
		}
		all = append(all, g)
	}
	return in.Doc.page(all), nil
}

// page cuts what was asked for out of the groups.
func (q *groupQuery) page(all []*group) GroupList {
	all = slices.DeleteFunc(all, func(g *group) bool {
		if !mentions(g.Name, q.Text) {
			return true
		}
		for _, f := range q.Filters {
			if len(f.IDs) == 0 || slices.Contains(f.IDs, g.ID) {
				return false
			}
		}
		return len(q.Filters) > 0
	})
	slices.SortFunc(all, before[*group](q.Sort))
	out := GroupList{Groups: []GroupShown{}, Pagination: total{len(all)}}
	for _, g := range window(all, q.Page) {
		out.Groups = append(out.Groups, g.show())
	}
	return out
}
