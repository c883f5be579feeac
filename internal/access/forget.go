// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// Forget ends the memberships of a user who is purged, and returns how many those are. A dry run only counts.
func (s *Service) Forget(ctx context.Context, userID string, dry bool) (int, error) {
	found, err := collect(ctx, store.Query{Tenant: actor.Tenant(ctx), Kind: kindMember, Field: memberUser, Value: userID, Deleted: true})
	if err != nil || dry {
		return len(found), err
	}
	for _, rec := range found {
		if err := store.From(ctx).Remove(rec.Tenant, kindMember, rec.ID); err != nil {
			return 0, err
		}
	}
	s.UserChanged(ctx, userID)
	return len(found), nil
}
