// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"
	"iter"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// Reference is an id with the name it had when it was read.
type Reference struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// ArrayOfReference is the answer of the older lists: how many of how many, and which.
type ArrayOfReference struct {
	Length   int         `json:"length"`
	Elements []Reference `json:"elements"`
	Total    int         `json:"totalNumResults"`
}

// references cuts a page out of all; limit < 0 means no limit.
func references(all []Reference, offset, limit int) ArrayOfReference {
	page := window(all, offset, limit)
	if page == nil {
		page = []Reference{}
	}
	return ArrayOfReference{Length: len(page), Elements: page, Total: len(all)}
}

// window is the part of list from offset on, at most limit long; limit < 0 means no limit.
func window[T any](list []T, offset, limit int) []T {
	if offset < 0 || offset >= len(list) {
		return nil
	}
	list = list[offset:]
	if limit >= 0 && limit < len(list) {
		list = list[:limit]
	}
	return list
}

// paging is paginationParams of a list call. The contract gives offset 0 and limit 100 when absent.
type paging struct {
	Offset int  `json:"offset"`
	Limit  *int `json:"limit"`
}

func (p paging) limit() int {
	if p.Limit == nil {
		return 100
	}
	return *p.Limit
}

// total is paginationParams of an answer.
type total struct {
	Total int `json:"totalNumResults"`
}

// named reads id and name of every record of a list.
func named(list iter.Seq2[*store.Record, error]) ([]Reference, error) {
	var out []Reference
	for r, err := range list {
		if err != nil {
			return nil, err
		}
		doc, err := document(r)
		if err != nil {
			return nil, err
		}
		out = append(out, Reference{r.ID, doc.String("name")})
	}
	return out, nil
}

// namedOrOne lists a company's records of a collection, or the one with the external id.
func namedOrOne(ctx context.Context, c *store.Collection, companyID, externalID string) ([]Reference, error) {
	if externalID == "" {
		return named(c.List(ctx, companyID))
	}
	r, err := store.Read(ctx).Find(actor.Tenant(ctx), c.Kind, c.Kind+".externalId", companyID+"/"+externalID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	doc, err := document(r)
	if err != nil {
		return nil, err
	}
	return []Reference{{r.ID, doc.String("name")}}, nil
}
