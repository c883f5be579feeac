// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"slices"

	"github.com/go-faster/jx"

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

// ListUsers answers a page of the users of a company or a TMC in order of creation, or by name. With a
// search text, ad-hoc profiles that were not saved stay out (schema AdhocUserInfo).
//
// A page in order of creation is cut by the store. A filter that names people, addresses, external ids or places
// reads those whom an index entry has. Every other filter, a text, and an order by name read everybody of the
// company once, and keep the page; two such lists at a time, while others wait before they read anything.
func (s *Service) ListUsers(ctx context.Context, in ListUsersIn) (UserList, error) {
	q, names := &in.Query, newPageNames(ctx)
	if q.scans() {
		select {
		case s.scans <- struct{}{}:
			defer func() { <-s.scans }()
		case <-ctx.Done():
			return UserList{}, ctx.Err()
		}
	}
	var companies []string
	if q.TMCID.ID == "" {
		company, err := s.companyRecord(ctx, q.CompanyID.ID)
		if err != nil {
			return UserList{}, err
		}
		names.learn(company)
		companies = []string{company.ID}
	} else {
		var err error
		if companies, err = s.scope(ctx, "", q.TMCID.ID); err != nil {
			return UserList{}, err
		}
	}
	all := store.Query{
		Tenant: actor.Tenant(ctx), Kind: kindUser, Parent: q.CompanyID.ID,
		Deleted: q.Status == "ALL", Only: q.Status == "INACTIVE",
	}
	if q.plain() {
		return plainPage(ctx, names, all, q.Paging)
	}
	match, err := s.matcher(ctx, q)
	if err != nil {
		return UserList{}, err
	}
	found := newHits(q)
	d := &jx.Decoder{}
	for r, err := range narrowed(ctx, q, all, companies) {
		if err != nil {
			return UserList{}, err
		}
		if !slices.Contains(companies, r.Parent) { // people of a deleted company are gone with it
			continue
		}
		c := candidate{}
		if err := c.read(d, r); err != nil {
			return UserList{}, err
		}
		if match(&c) {
			found.add(&c)
		}
	}
	page, err := found.read(ctx, all)
	if err != nil {
		return UserList{}, err
	}
	return names.complete(page, found.total)
}

// plain reports whether the store can cut the page.
func (q *usersQuery) plain() bool {
	return q.TMCID.ID == "" && q.Text == "" && len(q.Filters) == 0 && q.Sort == nil
}

// scans reports whether everybody must be read.
func (q *usersQuery) scans() bool {
	return !q.plain() && (len(q.Filters) == 0 || slices.ContainsFunc(q.Filters, func(f userFilter) bool { return !f.narrow() }))
}

// plainPage lets the store cut the page, for callers who walk through everybody.
func plainPage(ctx context.Context, names *pageNames, all store.Query, p paging) (UserList, error) {
	n, err := store.Read(ctx).Count(all)
	if err != nil {
		return UserList{}, err
	}
	page := newPage()
	// No more is asked for than there is: the last deactivated one may be far in front of the end of the index.
	all.Offset, all.Limit = p.Offset, min(p.limit(), n-p.Offset)
	if all.Limit <= 0 {
		return names.complete(page, n)
	}
	d := &jx.Decoder{}
	for r, err := range store.Read(ctx).List(all) {
		if err != nil {
			return UserList{}, err
		}
		*page = append(*page, userRow{})
		if err := (*page)[len(*page)-1].read(d, r); err != nil {
			return UserList{}, err
		}
	}
	return names.complete(page, n)
}
