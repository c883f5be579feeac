// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"crypto/subtle"
	"errors"

	"github.com/airside-travel/airside/internal/store"
)

// Why a credential was refused, for logs and detection. The caller gets the same answer, after the same work,
// for all of them.
const (
	ReasonUnknownToken  = "unknown-token"
	ReasonExpiredToken  = "expired-token"
	ReasonRotatedToken  = "rotated-token" // killed by a rotation or with its client
	ReasonUnknownClient = "unknown-client"
	ReasonWrongSecret   = "wrong-secret"
	ReasonRotatedSecret = "rotated-secret"  // the right one until the last rotation
	ReasonRevokedSecret = "revoked-secret"  // the right one of a client that is gone
	ReasonNetwork       = "network-refused" // the right one, from where its client may not call
)

// maxDead is of how many tokens that are gone the reason is remembered.
const maxDead = 50_000

// bury remembers why a token is gone; the caller holds the lock. What was known before is forgotten when there
// is too much of it: a reason is a hint.
func (s *Service) bury(h [32]byte, reason string) {
	if s.dead == nil || len(s.dead) >= maxDead {
		s.dead = map[[32]byte]string{}
	}
	s.dead[h] = reason
}

// lost is why a token is not known.
func (s *Service) lost(h [32]byte) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if reason := s.dead[h]; reason != "" {
		return reason
	}
	return ReasonUnknownToken
}

// whyNot tells those who watch, and nobody else, what was wrong with a secret. What it compares is what the
// caller sent, and it answers after the caller's fate is decided.
func (s *Service) whyNot(ctx context.Context, id string, c *client, got []byte) string {
	var tomb *store.Record
	err := store.ErrNotFound
	if len(id) <= maxID { // for those who exist, too: what it takes must not tell
		tomb, err = store.Read(ctx).Get(Platform, kindTomb, id)
	}
	if c != nil {
		if len(c.RetiredHash) > 0 && subtle.ConstantTimeCompare(got, c.RetiredHash) == 1 {
			return ReasonRotatedSecret
		}
		return ReasonWrongSecret
	}
	if err != nil {
		return ReasonUnknownClient
	}
	if dead, err := readClient(tomb); err == nil && subtle.ConstantTimeCompare(got, dead.SecretHash) == 1 {
		return ReasonRevokedSecret
	}
	return ReasonUnknownClient
}

// kindTomb keeps of a revoked credential the hash of its secret: who still uses it is worth an alert.
const kindTomb = "identity.tomb"

// maxID is the longest id that can be ours.
const maxID = 64

// entomb keeps what is left of a credential.
func (s *Service) entomb(ctx context.Context, c *client) error {
	now := s.clocks.Base().Now()
	r := (&client{ID: c.ID, Tenant: c.Tenant, SecretHash: c.SecretHash, CreatedAt: c.CreatedAt, RotatedAt: c.RotatedAt}).record()
	r.Kind, r.UpdatedAt = kindTomb, now
	err := store.From(ctx).Insert(r)
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}
