// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// Safeguards is what an API user is kept from doing by mistake (schema ApiUserSafeguards).
type Safeguards struct {
	RefuseLossy bool `json:"refuseLossyUpdates"`
}

// SafeguardsIn names an API user.
type SafeguardsIn struct {
	ClientID string `path:"clientId"`
}

// GetSafeguards is getApiUserSafeguards. RESOURCE_NOT_FOUND for another TMC's client.
func (s *Service) GetSafeguards(ctx context.Context, in SafeguardsIn) (Safeguards, error) {
	c, _, err := s.own(ctx, in.ClientID)
	if err != nil {
		return Safeguards{}, err
	}
	return Safeguards{c.KeepsAll}, nil
}

// UpdateSafeguardsIn sets them.
type UpdateSafeguardsIn struct {
	ClientID string     `path:"clientId"`
	Body     Safeguards `body:"json"`
}

// UpdateSafeguards is updateApiUserSafeguards. RESOURCE_NOT_FOUND.
func (s *Service) UpdateSafeguards(ctx context.Context, in UpdateSafeguardsIn) (struct{}, error) {
	c, r, err := s.own(ctx, in.ClientID)
	if err != nil {
		return struct{}{}, err
	}
	c.KeepsAll = in.Body.RefuseLossy
	tx := store.From(ctx)
	if err := tx.Update(c.record(), r.Version); err != nil {
		return struct{}{}, errs.New(errs.VersionConflict, "the API user changed meanwhile").Because(err)
	}
	s.keep(ctx, c)
	return struct{}{}, nil
}
