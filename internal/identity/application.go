// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"crypto/subtle"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/peers"
	"github.com/airside-travel/airside/internal/store"
)

// kindApplication are the credentials of applications. They are no API users: they do not count among a
// TMC's five, and their role may be empty.
const kindApplication = "identity.application"

// fresh is a new secret with its hash; for one that is in a vault already its hash only.
func fresh(digest []byte) (secret string, hash []byte) {
	if digest != nil {
		return "", digest
	}
	secret = ids.Secret(ids.ApplicationSecret)
	return secret, hashSecret(secret)
}

// IssueApplication makes the credential of an application in the running transaction and shows the secret,
// once. Of a secret that is in a vault already it takes the digest (SHA-256), and shows none. Without a role the actor
// of its tokens can do nothing inside the platform.
func (s *Service) IssueApplication(ctx context.Context, company, role string, digest []byte) (id, secret string, err error) {
	tx, now := store.From(ctx), s.clocks.Base().Now()
	secret, hash := fresh(digest)
	c := &client{ID: ids.UUID(), Tenant: actor.Tenant(ctx), Company: company, Role: role, Application: true,
		SecretHash: hash, Generation: 1, CreatedAt: now, RotatedAt: now}
	if err := tx.Insert(c.record()); err != nil {
		return "", "", err
	}
	s.keep(ctx, c)
	return c.ID, secret, nil
}

// RotateApplication gives an application a new secret. The old one keeps working for the overlap, and so do
// tokens; without an overlap the old secret and every token are dead when this commits. The digest is that of a new
// secret which is in a vault already, as of IssueApplication. RESOURCE_NOT_FOUND.
func (s *Service) RotateApplication(ctx context.Context, id string, overlap time.Duration, digest []byte) (secret string, until time.Time, err error) {
	c, r, err := s.ownApplication(ctx, id)
	if err != nil {
		return "", until, err
	}
	tx, now := store.From(ctx), s.clocks.Base().Now()
	secret, hash := fresh(digest)
	c.PreviousHash, c.PreviousUntil = c.SecretHash, time.Time{} // without an overlap it opens nothing, and its use is worth an alert
	if overlap > 0 {
		c.PreviousUntil = now.Add(overlap)
	} else {
		c.Generation++
		if err := s.killTokens(ctx, c.ID); err != nil {
			return "", until, err
		}
	}
	c.RetiredHash = c.SecretHash
	c.SecretHash, c.RotatedAt = hash, now
	if err := tx.Update(c.record(), r.Version); err != nil {
		return "", until, err
	}
	s.keep(ctx, c)
	return secret, c.PreviousUntil, nil
}

// EndTokens kills every token of an application; its secret gets new ones. RESOURCE_NOT_FOUND.
func (s *Service) EndTokens(ctx context.Context, id string) error {
	c, r, err := s.ownApplication(ctx, id)
	if err != nil {
		return err
	}
	c.Generation++
	if err := s.killTokens(ctx, c.ID); err != nil {
		return err
	}
	tx := store.From(ctx)
	if err := tx.Update(c.record(), r.Version); err != nil {
		return err
	}
	s.keep(ctx, c)
	return nil
}

// RemoveApplication ends the credential and its tokens for good. RESOURCE_NOT_FOUND.
func (s *Service) RemoveApplication(ctx context.Context, id string) error {
	c, _, err := s.ownApplication(ctx, id)
	if err != nil {
		return err
	}
	tx := store.From(ctx)
	if err := tx.Remove(Platform, kindApplication, c.ID); err != nil {
		return err
	}
	if err := s.entomb(ctx, c); err != nil {
		return err
	}
	if err := s.killTokens(ctx, c.ID); err != nil {
		return err
	}
	peers.Note(ctx, c.Tenant, peers.Credentials, func(int64) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.epoch++
		delete(s.clients, c.ID)
	})
	return nil
}

// Holder is whose secret has a digest (SHA-256), of whichever tenant, and whether it still opens anything; "" when nobody
// ever had it. The context carries a transaction.
func (s *Service) Holder(ctx context.Context, digest []byte) (id string, works bool, err error) {
	now := s.clocks.Base().Now()
	for _, kind := range []string{kindApplication, kindClient, kindTomb} {
		for r, err := range store.Read(ctx).List(store.Query{Tenant: Platform, Kind: kind}) {
			if err != nil {
				return "", false, err
			}
			c, err := readClient(r)
			if err != nil {
				return "", false, err
			}
			is := func(hash []byte) bool { return len(hash) > 0 && subtle.ConstantTimeCompare(hash, digest) == 1 }
			switch {
			case kind != kindTomb && (is(c.SecretHash) || is(c.PreviousHash) && now.Before(c.PreviousUntil)):
				return c.ID, true, nil
			case is(c.SecretHash), is(c.PreviousHash), is(c.RetiredHash):
				id = c.ID
			}
		}
	}
	return id, false, nil
}

// ownApplication reads an application's credential of the caller's TMC.
func (s *Service) ownApplication(ctx context.Context, id string) (*client, *store.Record, error) {
	return s.ownOf(ctx, kindApplication, "application", id)
}
