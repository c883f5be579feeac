// SPDX-License-Identifier: Apache-2.0

package companykey

import (
	"context"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
)

// Store is an engine whose documents of companies with a key are sealed with it.
type Store struct {
	store.Store
	master []byte
	keys   cache
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
		over := &tx{Tx: t, reader: reader{Reader: r, s: s, fresh: map[numbered]*seal.Key{}}, sealing: map[string]sealing{}}
		return context.WithValue(store.WithTx(ctx, over), layerKey{}, over)
	}
	return store.WithTx(ctx, &reader{Reader: r, s: s})
}

type layerKey struct{}

// layer is the transaction of this layer in which a write is made, though other layers lie over it.
func layer(ctx context.Context) (*tx, bool) {
	t, ok := ctx.Value(layerKey{}).(*tx)
	return t, ok
}
