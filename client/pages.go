// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"strconv"

	"github.com/airside-travel/airside/contract"
)

// pageSize is how much is asked for where the contract has no default.
const pageSize = 100

// paging is how an operation takes and gives pages; the API has several ways.
type paging struct {
	offset, limit string // parameters, or members of the member body
	body          string // "" for query parameters
	first, step   int    // first offset; 0 in step: it counts elements, else pages
	size          int
	list          string // member of the answer
}

// Pages yields the elements of a list over all pages. params and body are those of the first page; the
// paging among them is set here. An error ends it.
func (c *Client) Pages(ctx context.Context, operation string, params Params, body Object) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		op := c.contract.Operation(operation)
		if op == nil {
			yield(nil, fmt.Errorf("client: the contract has no operation %q", operation))
			return
		}
		p, err := pagingOf(op)
		if err != nil {
			yield(nil, err)
			return
		}
		for offset := p.first; ; {
			page, err := c.page(ctx, op, p, params, body, offset)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			if p.size == 0 || len(page) < p.size {
				return
			}
			if offset += len(page); p.step > 0 {
				offset += p.step - len(page)
			}
		}
	}
}

func (c *Client) page(ctx context.Context, op *contract.Operation, p paging, params Params, body Object, offset int) ([]json.RawMessage, error) {
	q := Request{Operation: op.ID, Params: maps.Clone(params)}
	if q.Params == nil {
		q.Params = Params{}
	}
	switch {
	case p.size == 0:
	case p.body == "":
		q.Params.Set(p.offset, strconv.Itoa(offset))
		q.Params.Set(p.limit, strconv.Itoa(p.size))
	default:
		body = maps.Clone(body)
		if body == nil {
			body = Object{}
		}
		body[p.body] = map[string]int{p.offset: offset, p.limit: p.size}
	}
	if body != nil {
		q.Body = body
	}
	r, err := c.Do(ctx, q)
	if err != nil {
		return nil, err
	}
	var answer map[string]json.RawMessage
	var list []json.RawMessage
	if err := json.Unmarshal(r.Body, &answer); err != nil {
		return nil, fmt.Errorf("client: a page of %s: %w", op.ID, err)
	}
	if raw := answer[p.list]; raw != nil {
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, fmt.Errorf("client: a page of %s: %w", op.ID, err)
		}
	}
	return list, nil
}

// pagingOf reads from the contract how an operation pages.
func pagingOf(op *contract.Operation) (paging, error) {
	var p paging
	if r := op.Responses[op.SuccessStatus]; r != nil {
		for _, s := range r.Content {
			for _, m := range s.Target().Properties {
				if t := m.Schema.Target(); p.list == "" && t.Items != nil && m.Name != "schemas" {
					p.list = m.Name
				}
			}
		}
	}
	if p.list == "" {
		return p, fmt.Errorf("client: %s answers no list", op.ID)
	}
	for i := range op.Params {
		q := &op.Params[i]
		if q.In != contract.InQuery {
			continue
		}
		switch q.Name {
		case "offset", "pageNumber", "startIndex":
			p.offset = q.Name
			if q.Name != "offset" {
				p.first = 1
			}
			if q.Name == "pageNumber" {
				p.step = 1
			}
		case "limit", "pageSize", "count":
			p.limit, p.size = q.Name, pageSize
			if n, err := strconv.Atoi(string(q.Schema.Target().Default)); err == nil && n > 0 {
				p.size = n
			}
		}
	}
	if p.offset != "" && p.limit != "" {
		return p, nil
	}
	p.size = 0
	if op.Body != nil {
		for _, s := range op.Body.Content {
			for _, m := range s.Target().Properties {
				if m.Name == "paginationParams" || m.Name == "pagination" {
					p.body, p.offset, p.limit, p.size = m.Name, "offset", "limit", pageSize
				}
			}
		}
	}
	return p, nil
}
