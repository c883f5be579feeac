// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// remove deletes a document that users refer to by a member of businessInfo. Active users lose the
// reference when detach is true and TRAVELER_V2 tells so, else STILL_REFERENCED.
func (s *Service) remove(ctx context.Context, c *store.Collection, companyID, id, member string, detach bool) error {
	if _, err := c.Record(ctx, companyID, id); err != nil {
		return err
	}
	if detach {
		if err := s.detach(ctx, id, member); err != nil {
			return err
		}
	} else if err := s.unused(ctx, kindUser, userRef, c.What, id); err != nil {
		return err
	}
	return c.Delete(ctx, companyID, id)
}

func (s *Service) detach(ctx context.Context, id, member string) error {
	var users []*store.Record
	for r, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kindUser, Field: userRef, Value: id}) {
		if err != nil {
			return err
		}
		users = append(users, r)
	}
	for _, r := range users {
		p, err := s.person(ctx, r)
		if err != nil {
			return err
		}
		p.doc.Set("businessInfo", p.doc.Object("businessInfo").Delete(member))
		if err := s.writeUser(ctx, p); err != nil {
			return err
		}
		if err := s.announceUser(ctx, p, "UPDATE"); err != nil {
			return err
		}
	}
	return nil
}
