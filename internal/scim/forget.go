// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"context"
	"errors"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// Forget removes what a directory wrote about a user who is purged, and returns how many documents those are.
// A dry run only counts.
func (s *Service) Forget(ctx context.Context, userID string, dry bool) (int, error) {
	_, err := store.Read(ctx).Get(actor.Tenant(ctx), kindUser, userID)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err == nil && !dry {
		err = store.From(ctx).Remove(actor.Tenant(ctx), kindUser, userID)
	}
	return 1, err
}
