// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// ListOfficesIn is the input of listOfficesV2.
type ListOfficesIn struct {
	CompanyID string       `path:"companyId"`
	Query     officesQuery `body:"json"`
}

type officesQuery struct {
	Text    string         `json:"searchText"`
	Paging  paging         `json:"paginationParams"`
	Sort    *officeSort    `json:"sortParams"`
	Filters []officeFilter `json:"filters"`
}

type officeSort struct {
	By    string `json:"sortBy"`    // NAME, LEGAL_ENTITY_NAME, COUNTRY_CODE, TAX_ID
	Order string `json:"sortOrder"` // ASC, DESC
}

type officeFilter struct {
	Countries   []string `json:"countries"`
	OfficeIDs   []string `json:"officeIds"`
	ExternalIDs []string `json:"externalIds"`
	EntityIDs   []string `json:"legalEntityIds"`
}

// OfficeList is a page of offices.
type OfficeList struct {
	Offices []OfficeNode `json:"offices"`
	Paging  total        `json:"paginationParams"`
}

// OfficeNode is an office with the legal entity it belongs to.
type OfficeNode struct {
	Entity Reference       `json:"legalEntityRef"`
	Office json.RawMessage `json:"office"`

	id, name, country, taxID, externalID string
}

// ListOffices answers a page of the offices of all legal entities. An office that passes any filter
// object is in; inside one, too, any value that fits is enough.
func (s *Service) ListOffices(ctx context.Context, in ListOfficesIn) (OfficeList, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return OfficeList{}, err
	}
	all, err := s.officeNodes(ctx, in.CompanyID)
	if err != nil {
		return OfficeList{}, err
	}
	all = slices.DeleteFunc(all, func(n OfficeNode) bool { return !in.Query.match(&n) })
	if in.Query.Sort != nil {
		slices.SortStableFunc(all, in.Query.Sort.compare)
	}
	page := window(all, in.Query.Paging.Offset, in.Query.Paging.limit())
	return OfficeList{Offices: append([]OfficeNode{}, page...), Paging: total{len(all)}}, nil
}

func (s *Service) officeNodes(ctx context.Context, companyID string) ([]OfficeNode, error) {
	names := map[string]string{}
	entities, err := named(s.entities.List(ctx, companyID))
	if err != nil {
		return nil, err
	}
	for _, e := range entities {
		names[e.ID] = e.Name
	}
	var out []OfficeNode
	for r, err := range s.offices.List(ctx, companyID) {
		if err != nil {
			return nil, err
		}
		doc, err := document(r)
		if err != nil {
			return nil, err
		}
		out = append(out, officeNode(r.ID, doc, names))
	}
	return out, nil
}

func officeNode(id string, doc *jsondoc.Object, names map[string]string) OfficeNode {
	entity := doc.String(ownEntity)
	n := OfficeNode{
		Entity: Reference{entity, names[entity]}, id: id, name: doc.String("name"), taxID: doc.String("taxId"),
		externalID: doc.String("externalId"), country: doc.Object("address").String("regionCode"),
	}
	n.Office = doc.Delete(ownEntity).Bytes()
	return n
}

func (q *officesQuery) match(n *OfficeNode) bool {
	if q.Text != "" && !contains(n.name, q.Text) && !contains(n.Entity.Name, q.Text) {
		return false
	}
	return len(q.Filters) == 0 || slices.ContainsFunc(q.Filters, func(f officeFilter) bool {
		return f.empty() || slices.Contains(f.OfficeIDs, n.id) || slices.Contains(f.EntityIDs, n.Entity.ID) ||
			slices.Contains(f.ExternalIDs, n.externalID) && n.externalID != "" ||
			slices.ContainsFunc(f.Countries, func(c string) bool { return strings.EqualFold(c, n.country) })
	})
}

func (f *officeFilter) empty() bool {
	return len(f.Countries)+len(f.OfficeIDs)+len(f.ExternalIDs)+len(f.EntityIDs) == 0
}

func (s *officeSort) compare(a, b OfficeNode) int {
	field := func(n *OfficeNode) string {
		switch s.By {
		case "LEGAL_ENTITY_NAME":
			return n.Entity.Name
		case "COUNTRY_CODE":
			return n.country
		case "TAX_ID":
			return n.taxID
		}
		return n.name
	}
	c := cmp.Compare(strings.ToLower(field(&a)), strings.ToLower(field(&b)))
	if s.Order == "DESC" {
		return -c
	}
	return c
}

// contains reports whether text occurs in s, in any letter case.
func contains(s, text string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(text))
}
