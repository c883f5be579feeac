// SPDX-License-Identifier: Apache-2.0

package personkey

import (
	"context"
	"iter"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
)

// Store is a store whose events and kept answers are sealed with the keys of the people in them.
type Store struct {
	store.Store
	strangers strangers
}

// Wrap puts the layer over a store.
func Wrap(below store.Store) *Store { return &Store{Store: below} }

// pair is a transaction of the layer with the one below, by which that store knows calls inside calls.
type pair struct{ below, over store.Reader }

type pairKey struct{}

// Update runs fn as the store below does, with a transaction that seals and opens.
func (s *Store) Update(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.Store.Update(bare(ctx), func(ctx context.Context) error { return fn(s.dress(ctx)) })
}

// View runs fn as the store below does, with a reader that opens.
func (s *Store) View(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.Store.View(bare(ctx), func(ctx context.Context) error { return fn(s.dress(ctx)) })
}

// outer is the transaction of the layer in which a call is made.
func outer(ctx context.Context) (pair, bool) {
	p, ok := ctx.Value(pairKey{}).(pair)
	if !ok {
		return p, false
	}
	r, _ := store.Current(ctx)
	return p, r == p.over
}

func bare(ctx context.Context) context.Context {
	if p, ok := outer(ctx); ok {
		return store.WithTx(ctx, p.below)
	}
	return ctx
}

// dress puts the layer over the transaction below; over one that was joined, the layer that is there.
func (s *Store) dress(ctx context.Context) context.Context {
	below := store.Read(ctx)
	if p, ok := ctx.Value(pairKey{}).(pair); ok && p.below == below {
		return store.WithTx(ctx, p.over)
	}
	var over store.Reader = &reader{below}
	if t, ok := below.(store.Tx); ok {
		over = &tx{Tx: t, reader: reader{below}, s: s}
	}
	return store.WithTx(context.WithValue(ctx, pairKey{}, pair{below, over}), over)
}

// reader opens what it reads.
type reader struct{ store.Reader }

func eventPlace(e *store.Event) seal.Place { return seal.Place{Table: "event", ID: e.ID} }

func idemPlace(i *store.Idempotency) seal.Place {
	return seal.Place{Table: "idem", Kind: i.Client, ID: i.Key}
}

func (r *reader) open(e *store.Event) (*store.Event, error) {
	body, gone, err := open(r.Reader, e.Tenant, e.Body, eventPlace(e))
	if err != nil {
		return nil, err
	}
	e.Body, e.Purged = body, gone
	return e, nil
}

// Event opens what the store below reads.
func (r *reader) Event(tenant, id string) (*store.Event, error) {
	e, err := r.Reader.Event(tenant, id)
	if err != nil {
		return nil, err
	}
	return r.open(e)
}

// Events opens what the store below yields. Keys cannot be read while its sequence is open: from the first
// sealed body on, the rest is read to its end first.
func (r *reader) Events(q store.EventQuery) iter.Seq2[*store.Event, error] {
	return func(yield func(*store.Event, error) bool) {
		var waiting []*store.Event
		for e, err := range r.Reader.Events(q) {
			if err == nil && !q.Heads {
				if _, _, sealed := parse(e.Body); sealed || len(waiting) > 0 {
					waiting = append(waiting, e)
					continue
				}
			}
			if !yield(e, err) {
				return
			}
		}
		for _, e := range waiting {
			if !yield(r.open(e)) {
				return
			}
		}
	}
}

// Idempotent opens what the store below reads.
func (r *reader) Idempotent(tenant, client, key string) (*store.Idempotency, error) {
	i, err := r.Reader.Idempotent(tenant, client, key)
	if err != nil {
		return nil, err
	}
	i.Body, i.Purged, err = open(r.Reader, tenant, i.Body, idemPlace(i))
	return i, err
}
