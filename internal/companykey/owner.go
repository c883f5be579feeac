// SPDX-License-Identifier: Apache-2.0

package companykey

import (
	"errors"

	"github.com/airside-travel/airside/internal/store"
)

// Above names the record to whose company a record belongs, "" when the record's own parent is the company
// or it belongs to none. Records of such kinds name their company when they are written (store.Record.Company),
// which is not stored.
type Above func(rec *store.Record) (kind, id string)

// owners finds the companies of records as they are stored.
type owners struct {
	r     store.Reader
	above Above
	known map[string]string
}

func (o owners) of(rec *store.Record) (string, error) {
	if w := wrapperOf(rec.Doc); w.company != "" {
		return w.company, nil
	}
	kind, id := o.above(rec)
	if kind == "" {
		return companyOf(rec), nil
	}
	name := kind + "/" + id
	if company, ok := o.known[name]; ok {
		return company, nil
	}
	next, err := o.r.Get(rec.Tenant, kind, id)
	company := ""
	if err == nil {
		company, err = o.of(next)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	o.known[name] = company
	return company, nil
}
