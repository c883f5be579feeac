// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// Seized is what gives a credential back to whom it was taken from: hashes, no secrets.
type Seized struct {
	Before []byte `json:"before"` // of the secret that opened
	After  []byte `json:"after"`  // of the one that nobody knows
}

// any reads a credential of the caller's TMC of whichever kind.
func (s *Service) any(ctx context.Context, id string) (*client, *store.Record, error) {
	c, r, err := s.own(ctx, id)
	if errs.Is(err, errs.ResourceNotFound) {
		return s.ownApplication(ctx, id)
	}
	return c, r, err
}

// Seize gives a credential a secret that nobody knows: the old one and every token are dead when this commits.
// Its administrator rotates it to have one again. RESOURCE_NOT_FOUND.
func (s *Service) Seize(ctx context.Context, id string) (Seized, error) {
	c, r, err := s.any(ctx, id)
	if err != nil {
		return Seized{}, err
	}
	out := Seized{c.SecretHash, hashSecret(ids.Secret("asx_"))}
	c.PreviousHash, c.SecretHash = c.SecretHash, out.After
	c.PreviousUntil = time.Time{} // an overlap ends with it
	c.RotatedAt = s.clocks.Base().Now()
	return out, s.rekeyed(ctx, c, r)
}

// Release takes a Seize back: the old secret opens again. STATE_DOES_NOT_ALLOW when there is another one by now.
func (s *Service) Release(ctx context.Context, id string, z Seized) error {
	c, r, err := s.any(ctx, id)
	if err != nil {
		return err
	}
	if !bytes.Equal(c.SecretHash, z.After) {
		return errs.New(errs.StateForbids, "the credential was rotated since, and works with the new secret")
	}
	c.SecretHash, c.PreviousHash = z.Before, nil
	return s.rekeyed(ctx, c, r)
}

// EndAllTokens kills every token of a credential of whichever kind. RESOURCE_NOT_FOUND.
func (s *Service) EndAllTokens(ctx context.Context, id string) error {
	c, r, err := s.any(ctx, id)
	if err != nil {
		return err
	}
	return s.rekeyed(ctx, c, r)
}

func (s *Service) rekeyed(ctx context.Context, c *client, r *store.Record) error {
	c.Generation++
	if err := s.killTokens(ctx, c.ID); err != nil {
		return err
	}
	if err := store.From(ctx).Update(c.record(), r.Version); err != nil {
		if errors.Is(err, store.ErrVersion) {
			return errs.New(errs.VersionConflict, "the credential changed meanwhile").Because(err)
		}
		return err
	}
	s.keep(ctx, c)
	return nil
}
