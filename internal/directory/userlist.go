// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"cmp"
	"context"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// ListUsersIn is the input of listUsersV3.
type ListUsersIn struct {
	Query usersQuery `body:"json"`
}

type usersQuery struct {
	CompanyID EntityID     `json:"companyId"` // exactly one of the two
	TMCID     EntityID     `json:"tmcId"`
	Status    string       `json:"userStatusFilter"` // ACTIVE when absent
	Text      string       `json:"searchText"`
	Paging    paging       `json:"pagination"`
	Filters   []userFilter `json:"filters"`
	Sort      *struct {
		Order string `json:"sortOrder"` // ASCENDING, DESCENDING; by name
	} `json:"sort"`
}

// UserList is a page of users.
type UserList struct {
	Users  []UserDetail `json:"users"`
	Paging total        `json:"pagination"`
}

// ListUsers answers a page of the users of a company or a TMC in order of creation, or by name. With a
// search text, ad-hoc profiles that were not saved stay out (schema AdhocUserInfo).
func (s *Service) ListUsers(ctx context.Context, in ListUsersIn) (UserList, error) {
	q := &in.Query
	companies, err := s.scope(ctx, q.CompanyID.ID, q.TMCID.ID)
	if err != nil {
		return UserList{}, err
	}
	all := store.Query{
		Tenant: actor.Tenant(ctx), Kind: kindUser, Parent: q.CompanyID.ID,
		Deleted: q.Status == "INACTIVE" || q.Status == "ALL",
	}
	if q.TMCID.ID == "" && q.Status != "INACTIVE" && q.Text == "" && len(q.Filters) == 0 && q.Sort == nil {
		return s.plainPage(ctx, all, q.Paging)
	}
	match, err := s.matcher(ctx, q)
	if err != nil {
		return UserList{}, err
	}
	open := map[string]bool{} // people of a deleted company are gone with it
	for _, id := range companies {
		open[id] = true
	}
	var found []*candidate
	for r, err := range store.Read(ctx).List(all) {
		if err != nil {
			return UserList{}, err
		}
		if !open[r.Parent] {
			continue
		}
		c, err := newCandidate(r)
		if err != nil {
			return UserList{}, err
		}
		if match(c) {
			found = append(found, c)
		}
	}
	if q.Sort != nil {
		slices.SortStableFunc(found, func(a, b *candidate) int {
			if q.Sort.Order == "DESCENDING" {
				a, b = b, a
			}
			return cmp.Compare(a.sortName(), b.sortName())
		})
	}
	return s.userPage(ctx, window(found, q.Paging.Offset, q.Paging.limit()), len(found))
}

// plainPage lets the store cut the page, for callers who walk through everybody.
func (s *Service) plainPage(ctx context.Context, all store.Query, p paging) (UserList, error) {
	n, err := store.Read(ctx).Count(all)
	if err != nil {
		return UserList{}, err
	}
	all.Offset, all.Limit = p.Offset, p.limit()
	var page []*candidate
	for r, err := range store.Read(ctx).List(all) {
		if err != nil {
			return UserList{}, err
		}
		c, err := newCandidate(r)
		if err != nil {
			return UserList{}, err
		}
		page = append(page, c)
	}
	return s.userPage(ctx, page, n)
}
