// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"

	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/forget"
	"github.com/airside-travel/airside/internal/purge"
)

// profiles lets purge remove profiles from the directory.
type profiles struct{ *directory.Service }

func (p profiles) RemoveUser(ctx context.Context, userID string, dry bool) ([]purge.Line, error) {
	n, err := p.Service.RemoveUser(ctx, userID, dry)
	return []purge.Line{
		purge.Count("profile", purge.Removed, 1), purge.Count("favorites", purge.Removed, n.Favorites),
		purge.Count("roleLists", purge.Removed, n.RoleLists),
	}, err
}

// purgeParts are what is held about people outside their profiles.
func purgeParts(s *services) []purge.Part {
	removed := func(what string, drop func(context.Context, string, bool) (int, error), fate string) purge.Part {
		return func(ctx context.Context, p *forget.Person, dry bool) ([]purge.Line, error) {
			n, err := drop(ctx, p.ID, dry)
			return []purge.Line{purge.Count(what, fate, n)}, err
		}
	}
	return []purge.Part{
		removed("groupMemberships", s.access.Forget, purge.Removed),
		removed("scimResources", s.scim.Forget, purge.Removed),
		removed("externalIdsOfLedger", s.ledger.Forget, purge.Redacted),
		// Orders have no ids of people: the PNRs say in which the person is, and where.
		func(ctx context.Context, p *forget.Person, dry bool) ([]purge.Line, error) {
			n, err := s.trip.Forget(ctx, p.ID, p, dry)
			if err != nil {
				return nil, err
			}
			orders, err := s.air.Forget(ctx, p, n.Places, forget.Gone, dry)
			return []purge.Line{
				purge.These("trips", purge.Redacted, n.Trips), purge.These("pnrs", purge.Redacted, n.PNRs),
				purge.These("agentNotes", purge.Redacted, n.Notes), purge.These("supplierOrders", purge.Redacted, orders),
			}, err
		},
	}
}
