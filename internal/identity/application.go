// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/peers"
	"github.com/airside-travel/airside/internal/store"
)

// kindApplication are the credentials of applications. They are no API users: they do not count among a
// TMC's five, and their role may be empty.
const kindApplication = "identity.application"

// IssueApplication makes the credential of an application in the running transaction and shows the secret,
// once. Without a role the actor of its tokens can do nothing inside the platform.
func (s *Service) IssueApplication(ctx context.Context, company, role string) (id, secret string, err error) {
	tx, now := store.From(ctx), s.clocks.Base().Now()
	secret = ids.Secret("aap_")
	c := &client{ID: ids.UUID(), Tenant: actor.Tenant(ctx), Company: company, Role: role, Application: true,
		SecretHash: hashSecret(secret), Generation: 1, CreatedAt: now, RotatedAt: now}
	if err := tx.Insert(c.record()); err != nil {
		return "", "", err
	}
	s.keep(ctx, c)
	return c.ID, secret, nil
}

// RotateApplication gives an application a new secret. The old one keeps working for the overlap, and so do
// tokens; without an overlap the old secret and every token are dead when this commits. RESOURCE_NOT_FOUND.
func (s *Service) RotateApplication(ctx context.Context, id string, overlap time.Duration) (secret string, until time.Time, err error) {
	c, r, err := s.ownApplication(ctx, id)
	if err != nil {
		return "", until, err
	}
	tx, now := store.From(ctx), s.clocks.Base().Now()
	secret = ids.Secret("aap_")
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
	c.SecretHash, c.RotatedAt = hashSecret(secret), now
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

// ownApplication reads an application's credential of the caller's TMC.
func (s *Service) ownApplication(ctx context.Context, id string) (*client, *store.Record, error) {
	return s.ownOf(ctx, kindApplication, "application", id)
}
