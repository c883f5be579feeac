// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"crypto/subtle"
	"errors"
	"sync"

	"github.com/airside-travel/airside/internal/store"
)

// Why a credential opens nothing, finer than the code that the caller is shown. The words are those of
// docs/detection.md.
const (
	wrongSecret   = "wrong-secret"
	unknownClient = "unknown-client"
	rotatedSecret = "rotated-secret"
	revokedSecret = "revoked-secret"
	expiredToken  = "expired-token"
	unknownToken  = "unknown-token"
)

// whyNot tells those who watch, and nobody else, what was wrong with a secret. What it compares is what the
// caller sent, and it answers after the caller's fate is decided.
func (s *Service) whyNot(ctx context.Context, id string, c *client, got []byte) string {
	var tomb *store.Record
	err := store.ErrNotFound
	if len(id) <= maxID { // for those who exist, too: what it takes must not tell
		tomb, err = store.Read(ctx).Get(Platform, kindTomb, id)
	}
	if c != nil {
		if len(c.PreviousHash) > 0 && subtle.ConstantTimeCompare(got, c.PreviousHash) == 1 {
			return rotatedSecret
		}
		return wrongSecret
	}
	if err != nil {
		return unknownClient
	}
	if dead, err := readClient(tomb); err == nil && subtle.ConstantTimeCompare(got, dead.SecretHash) == 1 {
		return revokedSecret
	}
	return unknownClient
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

// graves remembers the hashes of tokens that were killed or ran out, the last few thousand. After a restart, and
// on other processes, such a token looks like one that never was.
type graves struct {
	mu       sync.Mutex
	now, old map[[32]byte]struct{}
}

const gravesMax = 8192

func (g *graves) bury(h [32]byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now == nil || len(g.now) >= gravesMax {
		g.now, g.old = map[[32]byte]struct{}{}, g.now
	}
	g.now[h] = struct{}{}
}

func (g *graves) reason(h [32]byte) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.now[h]; ok {
		return expiredToken
	}
	if _, ok := g.old[h]; ok {
		return expiredToken
	}
	return unknownToken
}
