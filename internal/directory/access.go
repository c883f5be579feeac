// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// visible checks that the caller may reach a user: a TMC reaches everybody, the administration of a
// company its people, a grant those of its audience, a travel arranger his travelers, everybody himself. What the caller may do there
// is the operation's role list. RESOURCE_NOT_FOUND in another company, ACCESS_DENIED in one's own.
func (s *Service) visible(ctx context.Context, r *store.Record) error {
	a := actor.From(ctx)
	switch {
	case a.Wide() || a.Self(r.ID) || a.Granted(r.Parent):
		return nil
	case a.Company == "" || a.Company != r.Parent:
		return errs.Missing("user", r.ID)
	case a.Has(actor.CompanyAdmin, actor.CompanyArranger, actor.TMCAdmin, actor.TMCAgent, actor.GlobalAgent):
		return nil
	case a.UserID != "" && a.Has(actor.Arranger):
		roles, err := s.Roles(ctx, a.UserID)
		if err != nil {
			return err
		}
		for _, role := range roles {
			if slices.Contains(role.ArrangerFor, r.ID) {
				return nil
			}
		}
	}
	return errs.New(errs.AccessDenied, "the roles of this caller do not reach user %q", r.ID).With("userId", r.ID)
}
