// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

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

// candidate is what filters and the list read of a user.
type candidate struct {
	rec *store.Record
	doc struct {
		ExternalID string `json:"externalId"`
		Persona    string `json:"persona"`
		Tier       string `json:"tier"`
		Personal   struct {
			PersonalDetail
			Email   string          `json:"email"`
			Pronoun json.RawMessage `json:"preferredPronoun"`
		} `json:"personalInfo"`
		Business struct {
			Email        string    `json:"email"`
			Designation  string    `json:"designation"`
			EmployeeID   string    `json:"employeeId"`
			Organization Reference `json:"organizationRef"`
			Entity       Reference `json:"legalEntityRef"`
			Office       Reference `json:"officeRef"`
			Department   Reference `json:"departmentRef"`
			CostCenter   Reference `json:"costCenterRef"`
		} `json:"businessInfo"`
		Adhoc *struct {
			Saved bool `json:"isSaved"`
		} `json:"adhocUserInfo"`
	}
	name struct{ Given, Middle, Family1, Family2, Preferred string }
}

func newCandidate(r *store.Record) (*candidate, error) {
	c := &candidate{rec: r}
	if err := json.Unmarshal(r.Doc, &c.doc); err != nil {
		return nil, err
	}
	if len(c.doc.Personal.Name) > 0 {
		if err := json.Unmarshal(c.doc.Personal.Name, &c.name); err != nil {
			return nil, err
		}
	}
	if c.doc.Tier == "" {
		c.doc.Tier = "BASIC"
	}
	return c, nil
}

func (c *candidate) sortName() string {
	return strings.ToLower(c.name.Family1 + " " + c.name.Family2 + " " + c.name.Given + " " + c.name.Middle)
}

// mentions reports whether name or e-mail contain the text.
func (c *candidate) mentions(text string) bool {
	n := c.name
	return contains(n.Given+" "+n.Family1, text) || contains(n.Family1+" "+n.Given, text) ||
		contains(n.Middle+" "+n.Family2+" "+n.Preferred, text) ||
		contains(c.doc.Business.Email, text) || contains(c.doc.Personal.Email, text)
}
