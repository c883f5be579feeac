// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/store"
)

// mostLookups is how many index entries are looked up before reading everybody is no slower: external ids are looked
// up in each company of a TMC.
const mostLookups = 5000

// narrowed yields the people who may match: those whom index entries have when every filter names some, else
// everybody, in order of creation either way. It may yield others than those who match, nobody twice.
func narrowed(ctx context.Context, q *usersQuery, all store.Query, companies []string) iter.Seq2[*store.Record, error] {
	if q.scans() {
		return store.Read(ctx).List(all)
	}
	var lookups []store.Query
	var ids []string
	for i := range q.Filters {
		some, of := q.Filters[i].lookups(all, companies)
		lookups, ids = append(lookups, some...), append(ids, of...)
	}
	switch {
	case len(lookups) == 1 && len(ids) == 0:
		return store.Read(ctx).List(lookups[0])
	case len(lookups) > mostLookups:
		return store.Read(ctx).List(all)
	}
	return merged(ctx, all, lookups, ids)
}

// narrow reports whether index entries find those who can pass the filter.
func (f *userFilter) narrow() bool {
	return len(f.Users)+len(f.ExternalIDs)+len(f.Emails)+len(f.Offices)+len(f.CostCenters)+len(f.Departments)+len(f.Entities) > 0
}

// lookups are the narrowest queries that find everybody who can pass a filter that is narrow, or their ids.
func (f *userFilter) lookups(all store.Query, companies []string) (out []store.Query, ids []string) {
	add := func(field, value string) {
		q := all
		q.Field, q.Value = field, value
		out = append(out, q)
	}
	switch {
	case len(f.Users) > 0:
		for _, u := range f.Users {
			ids = append(ids, u.ID)
		}
	case len(f.ExternalIDs) > 0:
		for _, id := range f.ExternalIDs {
			for _, company := range companies {
				add(userExternal, company+"/"+id)
			}
		}
	case len(f.Emails) > 0:
		for _, e := range f.Emails {
			add(userMail, strings.ToLower(e))
		}
	default:
		for _, places := range [][]EntityID{f.Offices, f.CostCenters, f.Departments, f.Entities} { // small ones first
			for _, p := range places {
				add(userRef, p.ID)
			}
			if len(places) > 0 {
				break
			}
		}
	}
	return out, ids
}

// merged yields what several queries find, in order of creation. It keeps in mind who was found, not what is
// stored of him, which it reads again.
func merged(ctx context.Context, all store.Query, lookups []store.Query, ids []string) iter.Seq2[*store.Record, error] {
	return func(yield func(*store.Record, error) bool) {
		type one struct {
			at, order int64
			id        string
		}
		var found []one
		for _, id := range ids {
			r, err := get(ctx, all, id)
			if err != nil {
				yield(nil, err)
				return
			}
			if r != nil {
				found = append(found, one{r.CreatedAt.UnixMicro(), r.Order, r.ID})
			}
		}
		for _, q := range lookups {
			for r, err := range store.Read(ctx).List(q) {
				if err != nil {
					yield(nil, err)
					return
				}
				found = append(found, one{r.CreatedAt.UnixMicro(), r.Order, r.ID})
			}
		}
		slices.SortFunc(found, func(a, b one) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order)) })
		for _, o := range slices.Compact(found) {
			r, err := get(ctx, all, o.id)
			if r == nil && err == nil {
				continue
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// get reads a record if it is one of all.
func get(ctx context.Context, all store.Query, id string) (*store.Record, error) {
	r, err := store.Read(ctx).Get(all.Tenant, all.Kind, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (r.Deleted && !all.Deleted && !all.Only || !r.Deleted && all.Only || all.Parent != "" && r.Parent != all.Parent) {
		return nil, nil
	}
	return r, err
}

// hits collects the page out of who matches. In order of creation it keeps nobody else; by name it keeps, as id and
// name, who may still be on the page or before it.
type hits struct {
	from, to   int // the page
	total      int
	page       *[]userRow
	byName     bool
	descending bool
	best       []namedHit
}

type namedHit struct {
	name  string
	place int // in order of creation
	id    string
}

func newHits(q *usersQuery) *hits {
	from := max(q.Paging.Offset, 0)
	h := &hits{page: newPage(), from: from, to: from + max(q.Paging.limit(), 0)}
	if q.Sort != nil {
		h.byName, h.descending = true, q.Sort.Order == "DESCENDING"
	}
	return h
}

func (h *hits) add(c *candidate) {
	switch {
	case h.byName:
		h.best = append(h.best, namedHit{c.sortName(), h.total, c.rec.ID})
		if len(h.best) > 2*h.to+1000 {
			h.cut()
		}
	case h.total >= h.from && h.total < h.to:
		*h.page = append(*h.page, userRow{candidate: *c})
	}
	h.total++
}

// cut sorts, and forgets who is behind the page.
func (h *hits) cut() {
	slices.SortFunc(h.best, func(a, b namedHit) int {
		byName := cmp.Compare(a.name, b.name)
		if h.descending {
			byName = -byName
		}
		return cmp.Or(byName, cmp.Compare(a.place, b.place))
	})
	if len(h.best) > h.to {
		clear(h.best[h.to:])
		h.best = h.best[:h.to]
	}
}

// read gives the page once everybody was added.
func (h *hits) read(ctx context.Context, all store.Query) (*[]userRow, error) {
	if !h.byName {
		return h.page, nil
	}
	h.cut()
	d := &jx.Decoder{}
	for _, hit := range window(h.best, h.from, h.to-h.from) {
		r, err := store.Read(ctx).Get(all.Tenant, all.Kind, hit.id)
		if err != nil {
			return nil, err
		}
		c := candidate{}
		if err := c.read(d, r); err != nil {
			return nil, err
		}
		*h.page = append(*h.page, userRow{candidate: c})
	}
	return h.page, nil
}
