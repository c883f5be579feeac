// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
)

// companyWide reports whether the caller looks at a whole company rather than at persons.
func companyWide(a *actor.Actor) bool {
	return a.Has(actor.TMCAdmin, actor.TMCAgent, actor.GlobalAgent, actor.CompanyAdmin, actor.ReportAdmin, actor.CompanyArranger)
}

// staff are agents and administrators, by role or by a grant for the company: they see restricted contacts.
func staff(a *actor.Actor, company string) bool {
	return a.Granted(company) || a.Has(actor.TMCAdmin, actor.TMCAgent, actor.GlobalAgent, actor.CompanyAdmin)
}

// sees reports whether the caller may see a trip: everything for the agency, the company's for those
// who look after a company, their travelers' for arrangers, and one's own.
func (s *Service) sees(ctx context.Context, f *folder) (bool, error) {
	a := actor.From(ctx)
	if a.Wide() || a.Granted(f.Company) {
		return true, nil
	}
	if a.Company == "" || a.Company != f.Company {
		return false, nil
	}
	return s.seesPerson(ctx, f.Company, f.User, f.Registrar)
}

// seesPerson is sees within a company that the caller may act for.
func (s *Service) seesPerson(ctx context.Context, company string, userIDs ...string) (bool, error) {
	a := actor.From(ctx)
	if companyWide(a) || a.Granted(company) {
		return true, nil
	}
	if a.UserID == "" {
		return false, nil
	}
	if slices.Contains(userIDs, a.UserID) {
		return true, nil
	}
	if !a.Has(actor.Arranger) {
		return false, nil
	}
	reach, err := s.dir.Arranges(ctx, a.UserID)
	if err != nil {
		return false, err
	}
	return reach.Company || slices.ContainsFunc(userIDs, func(id string) bool { return id != "" && slices.Contains(reach.Users, id) }), nil
}

// seesHidden reports whether PNRs marked HIDDEN are shown: not to travelers, which on their own trips
// arrangers are as well.
func seesHidden(ctx context.Context, f *folder) bool {
	a := actor.From(ctx)
	return companyWide(a) || a.Granted(f.Company) || (a.Has(actor.Arranger) && a.UserID != f.User)
}

// cards are the PNRs of a trip that the caller may see.
func (f *folder) visible(ctx context.Context) []card {
	if seesHidden(ctx, f) || !slices.ContainsFunc(f.Cards, func(c card) bool { return c.Hidden }) {
		return f.Cards
	}
	return slices.DeleteFunc(slices.Clone(f.Cards), func(c card) bool { return c.Hidden })
}

// person finds a user named in a body. The pointer says where; a user of a company the caller has
// no business with reads as absent.
func (s *Service) person(ctx context.Context, pointer, id string) (User, error) {
	u, err := s.dir.User(ctx, id)
	if errs.Is(err, errs.ResourceNotFound) || (err == nil && actor.From(ctx).MayCompany(u.CompanyID) != nil) {
		return User{}, errs.OnField(errs.ReferenceNotFound, pointer, "reference", "user %q does not exist", id)
	}
	return u, err
}
