// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
)

// The kinds of what the nodes share; the id is the environment's name, for tokens with the credential's use. The
// store seals documents, so that a token at rest needs the master key to be read.
const (
	kindToken   = "upstream.token"
	kindJournal = "upstream.rotation"
	kindSeen    = "upstream.credential"
)

// state reads and changes it, each change in a durable transaction.
type state struct {
	store  store.Store
	tenant string
	clock  clock.Clock
}

// get reads a document; false when there is none.
func get[T any](ctx context.Context, s *state, kind, id string) (out T, found bool, err error) {
	err = s.store.View(ctx, func(ctx context.Context) error {
		r, err := store.Read(ctx).Get(s.tenant, kind, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		found = true
		return decode(r, &out)
	})
	return out, found, err
}

func decode(r *store.Record, into any) error {
	if json.Unmarshal(r.Doc, into) != nil { // its text may quote the document
		return fmt.Errorf("upstream: %s of %s is stored broken", r.Kind, r.ID)
	}
	return nil
}

// change reads a document, edits it and writes it back, all or nothing. edit may run more than once; it
// returns false to leave things as they are. What is to be written besides is then's, in the same transaction.
func change[T any](ctx context.Context, s *state, kind, id string, edit func(v *T) (bool, error), then ...func(ctx context.Context) error) error {
	return s.store.Update(ctx, func(ctx context.Context) error {
		tx := store.From(ctx)
		var v T
		now := s.clock.Now()
		next := &store.Record{Tenant: s.tenant, Kind: kind, ID: id, CreatedAt: now, UpdatedAt: now}
		old, err := tx.Get(s.tenant, kind, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			old = nil
		case err != nil:
			return err
		default:
			next.CreatedAt = old.CreatedAt
			if err := decode(old, &v); err != nil {
				return err
			}
		}
		write, err := edit(&v)
		if err != nil || !write {
			return err
		}
		if next.Doc, err = json.Marshal(v); err != nil {
			return fmt.Errorf("upstream: %s cannot be written", kind)
		}
		if old == nil {
			err = tx.Insert(next)
		} else {
			err = tx.Update(next, old.Version)
		}
		for _, also := range then {
			if err == nil {
				err = also(ctx)
			}
		}
		return err
	})
}
