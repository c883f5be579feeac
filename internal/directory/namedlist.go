// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"slices"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// Cost centers, departments and grades are a name and an external id, listed alike.

// byName is the index of documents whose name and externalId occur once in the company.
func byName(kind string) func(d *store.Draft) []store.Key {
	return func(d *store.Draft) []store.Key {
		keys := byExternalID(kind)(d)
		return append(keys, unique(kind+".name", d.Parent+"/"+d.Doc.String("name"), "/name"))
	}
}

func needName(_ context.Context, d *store.Draft) error {
	if d.Doc.String("name") == "" {
		return errs.Invalidf("/name", "minLength", "must not be empty")
	}
	return nil
}

// ByExternalIDIn is the input of the older lists.
type ByExternalIDIn struct {
	CompanyID  string `path:"companyId"`
	ExternalID string `query:"externalId"`
}

// NamedListIn is the input of the newer lists.
type NamedListIn struct {
	CompanyID string     `path:"companyId"`
	Query     namedQuery `body:"json"`
}

// namedQuery is the body of the newer lists; a record that passes any filter object is in.
type namedQuery struct {
	Text    string        `json:"searchText"`
	Paging  paging        `json:"paginationParams"`
	Filters []namedFilter `json:"filters"`
}

type namedFilter struct {
	ExternalIDs []string `json:"externalIds"`
	CostCenters []string `json:"costCenterIds"`
	Departments []string `json:"departmentIds"`
	Grades      []string `json:"gradeIds"`
}

func (q *namedQuery) match(id, name, externalID string) bool {
	if !contains(name, q.Text) {
		return false
	}
	return len(q.Filters) == 0 || slices.ContainsFunc(q.Filters, func(f namedFilter) bool {
		wanted := slices.Concat(f.CostCenters, f.Departments, f.Grades)
		return len(wanted)+len(f.ExternalIDs) == 0 || slices.Contains(wanted, id) ||
			externalID != "" && slices.Contains(f.ExternalIDs, externalID)
	})
}

// namedPage answers a page of the collection and how many there are.
func (s *Service) namedPage(ctx context.Context, c *store.Collection, companyID string, q *namedQuery) ([]Reference, total, error) {
	if err := s.open(ctx, companyID); err != nil {
		return nil, total{}, err
	}
	var all []Reference
	for r, err := range c.List(ctx, companyID) {
		if err != nil {
			return nil, total{}, err
		}
		doc, err := document(r)
		if err != nil {
			return nil, total{}, err
		}
		if name := doc.String("name"); q.match(r.ID, name, doc.String("externalId")) {
			all = append(all, Reference{r.ID, name})
		}
	}
	page := window(all, q.Paging.Offset, q.Paging.limit())
	return append([]Reference{}, page...), total{len(all)}, nil
}
