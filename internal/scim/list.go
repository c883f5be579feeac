// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"context"
	"maps"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
)

// maxPage is the most users of one page, as ServiceProviderConfig says.
const maxPage = 200

// ListIn is the input of listScimUsers.
type ListIn struct {
	Filter   string   `query:"filter"`
	Start    int      `query:"startIndex"`
	Count    int      `query:"count"`
	Only     []string `query:"attributes"`
	Excluded []string `query:"excludedAttributes"`
}

// ListOut is a page of users.
type ListOut struct {
	Schemas []string         `json:"schemas"`
	Total   int              `json:"totalResults"`
	Start   int              `json:"startIndex"`
	Items   int              `json:"itemsPerPage"`
	Users   []map[string]any `json:"Resources"`
}

// List is listScimUsers, oldest first. An equality of userName, externalId or id is looked up; other
// filters look at every user of the company.
func (s *Service) List(ctx context.Context, in ListIn) (ListOut, error) {
	out := ListOut{Schemas: []string{listURN}, Start: max(in.Start, 1), Users: []map[string]any{}}
	c, err := company(ctx)
	if err != nil {
		return out, err
	}
	var f filter
	if strings.TrimSpace(in.Filter) != "" {
		if f, err = parseFilter(in.Filter, nil); err != nil {
			return out, err
		}
	}
	hits, err := s.hits(ctx, c, narrowed(f))
	if err != nil {
		return out, err
	}
	count := min(max(in.Count, 0), maxPage)
	for _, h := range hits {
		wanted := out.Total+1 >= out.Start && len(out.Users) < count
		if f == nil && h.Active && !wanted {
			out.Total++
			continue
		}
		doc, err := s.read(ctx, c, h.ID)
		if errs.Is(err, errs.ResourceNotFound) {
			continue
		}
		if err != nil {
			return out, err
		}
		if f != nil && !f.match(doc) {
			continue
		}
		out.Total++
		if wanted {
			if doc, err = project(doc, in.Only, in.Excluded); err != nil {
				return out, err
			}
			out.Users = append(out.Users, doc)
		}
	}
	out.Items = len(out.Users)
	return out, nil
}

// hits are the users who can fit equalities of userName, externalId and id.
func (s *Service) hits(ctx context.Context, c string, equal map[string]string) ([]Hit, error) {
	switch {
	case equal["id"] != "":
		p, err := s.directory.Person(ctx, c, equal["id"])
		if errs.Is(err, errs.ResourceNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return []Hit{{p.ID, p.Active}}, nil
	case equal["externalId"] != "":
		return s.directory.Find(ctx, c, "", equal["externalId"])
	case strings.Contains(equal["userName"], "@"): // others stand for people without an address
		return s.directory.Find(ctx, c, equal["userName"], "")
	}
	return s.directory.Find(ctx, c, "", "")
}

// narrowed are the equalities that every match of a filter fulfils.
func narrowed(f filter) map[string]string {
	switch t := f.(type) {
	case both:
		out := narrowed(t.a)
		maps.Copy(out, narrowed(t.b))
		return out
	case test:
		if s, ok := t.want.(string); ok && t.op == "eq" && !t.at.extension {
			return map[string]string{t.at.attr.Name: s}
		}
	}
	return map[string]string{}
}

// project applies attributes and excludedAttributes; id and schemas always stay.
func project(doc map[string]any, only, excluded []string) (map[string]any, error) {
	if len(only) == 0 && len(excluded) == 0 {
		return doc, nil
	}
	out := map[string]any{}
	if len(only) == 0 {
		out = maps.Clone(doc)
	}
	for _, name := range only {
		at, err := parsePath(name)
		if err != nil {
			continue // an attribute nobody has is not there
		}
		at.copy(doc, out)
	}
	for _, name := range excluded {
		if at, err := parsePath(name); err == nil {
			at.remove(out)
		}
	}
	out["id"], out["schemas"] = doc["id"], doc["schemas"]
	return out, nil
}

func (p path) copy(from, to map[string]any) {
	if p.whole {
		if v, ok := from[enterpriseURN]; ok {
			to[enterpriseURN] = v
		}
		return
	}
	if p.extension {
		from = enterprise(from)
		if from[p.attr.Name] == nil {
			return
		}
		to = sub(to, enterpriseURN)
	}
	v, ok := from[p.attr.Name]
	if !ok {
		return
	}
	if m, isObject := v.(map[string]any); isObject && p.sub != nil {
		if m[p.sub.Name] != nil {
			sub(to, p.attr.Name)[p.sub.Name] = m[p.sub.Name]
		}
		return
	}
	to[p.attr.Name] = v
}

func (p path) remove(from map[string]any) {
	if p.whole {
		delete(from, enterpriseURN)
		return
	}
	if p.extension {
		if enterprise(from) == nil {
			return
		}
		from = sub(from, enterpriseURN)
	}
	if p.sub == nil {
		delete(from, p.attr.Name)
		return
	}
	if _, ok := from[p.attr.Name].(map[string]any); ok {
		delete(sub(from, p.attr.Name), p.sub.Name)
	}
}
