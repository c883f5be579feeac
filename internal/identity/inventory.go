// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// UserFacts is an API user as a review looks at it.
type UserFacts struct {
	ClientID  string    `json:"clientId"`
	Role      string    `json:"role"`
	Company   string    `json:"companyId,omitempty"`
	SCIM      bool      `json:"scim,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
	RotatedAt time.Time `json:"secretRotatedAt"`
}

// Inventory lists the API users of the caller's TMC; never secrets.
func (s *Service) Inventory(ctx context.Context) ([]UserFacts, error) {
	out := []UserFacts{}
	for r, err := range store.Read(ctx).List(store.Query{Tenant: Platform, Kind: kindClient, Parent: actor.Tenant(ctx)}) {
		if err != nil {
			return nil, err
		}
		c, err := readClient(r)
		if err != nil {
			return nil, err
		}
		out = append(out, UserFacts{c.ID, c.Role, c.Company, c.SCIM, c.CreatedAt.UTC(), c.RotatedAt.UTC()})
	}
	return out, nil
}
