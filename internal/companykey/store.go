// SPDX-License-Identifier: Apache-2.0

package companykey

import (
	"context"
	"strings"
	"sync"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
)

// Store is an engine whose documents of companies with a key are sealed with it.
type Store struct {
	store.Store
	master []byte
	keys   sync.Map // tenant/company -> *seal.Key, of committed keys; a data key never changes
}

// Wrap puts the layer over an engine; master is the installation's master key.
func Wrap(engine store.Store, master []byte) *Store { return &Store{Store: engine, master: master} }

// Update runs fn as the engine does, with a transaction that seals and opens.
func (s *Store) Update(ctx context.Context, fn func(ctx context.Context) error) error {
	outer := current(ctx)
	return s.Store.Update(bare(ctx, outer), func(ctx context.Context) error { return fn(s.dress(ctx, outer)) })
}

// View runs fn as the engine does, with a reader that opens.
func (s *Store) View(ctx context.Context, fn func(ctx context.Context) error) error {
	outer := current(ctx)
	return s.Store.View(bare(ctx, outer), func(ctx context.Context) error { return fn(s.dress(ctx, outer)) })
}

// dressed is a transaction with the engine's own inside.
type dressed interface {
	store.Reader
	engine() store.Reader
}

// current is the transaction in which a call is made, nil for none.
func current(ctx context.Context) dressed {
	r, _ := store.Current(ctx)
	d, _ := r.(dressed)
	return d
}

// bare gives the engine its own transaction back, by which it knows calls inside calls.
func bare(ctx context.Context, outer dressed) context.Context {
	if outer == nil {
		return ctx
	}
	return store.WithTx(ctx, outer.engine())
}

// dress puts the layer over the engine's transaction; over one that it joined, the layer that is there.
func (s *Store) dress(ctx context.Context, outer dressed) context.Context {
	r := store.Read(ctx)
	if outer != nil && outer.engine() == r {
		return store.WithTx(ctx, outer)
	}
	if t, ok := r.(store.Tx); ok {
		return store.WithTx(ctx, &tx{Tx: t, reader: reader{Reader: r, s: s, fresh: map[string]*seal.Key{}}})
	}
	return store.WithTx(ctx, &reader{Reader: r, s: s})
}

// mark begins a sealed document; the company and the sealed bytes follow. No JSON begins so.
const mark = "\x00ck1"

const companySize = 36 // a UUID

// companyOf is the company with whose key a record would be sealed, "" when it belongs to none.
func companyOf(r *store.Record) string {
	switch {
	case r.Kind == kindKey:
		return ""
	case ids.IsUUID(r.Company):
		return r.Company
	case r.Kind == "company":
		return r.ID
	case ids.IsUUID(r.Parent):
		return r.Parent
	}
	return ""
}

func place(kind, id string) seal.Place { return seal.Place{Table: "company", Kind: kind, ID: id} }

// sealedFor is the company whose key opens the document, "" for one that is not sealed by this layer.
func sealedFor(doc []byte) string {
	if len(doc) < len(mark)+companySize || !strings.HasPrefix(string(doc[:len(mark)]), mark) {
		return ""
	}
	return string(doc[len(mark) : len(mark)+companySize])
}
