// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// What a company's own directory of people needs to keep the profiles in step (package scim). The
// caller's company is checked by who asks.

// EditUser lets edit change the stored profile of a user, active or not, under the rules and with the
// event of an update. Errors as of UpdateUser.
func (s *Service) EditUser(ctx context.Context, id string, edit func(doc *jsondoc.Object) error) error {
	return s.changeUser(ctx, id, true, edit)
}

// UserBy is how UsersBy finds users of a company.
type UserBy struct{ Email, ExternalID string }

// UsersBy lists the users of a company with that e-mail (any letter case) or external id, active or
// not; with neither it lists all of them, oldest first. It must be consumed before another call.
func (s *Service) UsersBy(ctx context.Context, companyID string, by UserBy) iter.Seq2[*UserFacts, error] {
	q := store.Query{Tenant: actor.Tenant(ctx), Kind: kindUser, Parent: companyID, Deleted: true}
	switch {
	case by.ExternalID != "":
		q.Field, q.Value = userExternal, companyID+"/"+by.ExternalID
	case by.Email != "":
		q.Field, q.Value = userMail, strings.ToLower(by.Email)
	}
	return func(yield func(*UserFacts, error) bool) {
		for r, err := range store.Read(ctx).List(q) {
			var f *UserFacts
			if err == nil {
				f, err = userFacts(r)
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// Named finds a legal entity, department or cost center of a company by external id, else by name in
// any letter case; empty when there is none.
func (s *Service) Named(ctx context.Context, companyID, kind, text string) (string, error) {
	r, err := store.Read(ctx).Find(actor.Tenant(ctx), kind, kind+".externalId", companyID+"/"+text)
	if err == nil {
		return r.ID, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	all, err := named(store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kind, Parent: companyID}))
	if err != nil {
		return "", err
	}
	for _, one := range all {
		if strings.EqualFold(one.Name, text) {
			return one.ID, nil
		}
	}
	return "", nil
}

// NameOf is the name of a live record, empty when it is gone.
func (s *Service) NameOf(ctx context.Context, kind, id string) (string, error) {
	r, err := live(ctx, kind, id)
	if err != nil || r == nil {
		return "", err
	}
	doc, err := document(r)
	if err != nil {
		return "", err
	}
	return doc.String("name"), nil
}

// FirstEntity is the oldest legal entity of a company, its default one; empty when it has none.
func (s *Service) FirstEntity(ctx context.Context, companyID string) (string, error) {
	for r, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kindEntity, Parent: companyID, Limit: 1}) {
		if err != nil {
			return "", err
		}
		return r.ID, nil
	}
	return "", nil
}
