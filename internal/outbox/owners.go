// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// checkSubscriber refuses an owner that does not exist or that the caller may not act for. A TMC may
// own subscriptions like a company, if somebody sees to it who may act for all of its companies.
func (s *Service) checkSubscriber(ctx context.Context, id string) error {
	a := actor.From(ctx)
	if err := a.MayCompany(id); err != nil {
		return err
	}
	_, err := s.companies.CompanyName(ctx, a.Tenant, id)
	if errors.Is(err, store.ErrNotFound) && id == a.Tenant {
		return nil
	}
	return reference(err, "/subscriberId", "company", id)
}

// checkSource refuses values that do not exist or whose events the caller may not see.
func (s *Service) checkSource(ctx context.Context, src source) error {
	a := actor.From(ctx)
	for i, sc := range src.Scopes {
		for j, p := range sc.Predicates {
			for k, id := range p.Values {
				if p.Type == byCompany {
					if err := a.MayCompany(id); err != nil {
						return err
					}
				}
				_, err := s.name(ctx, p.Type, id)
				at := fmt.Sprintf("/eventSource/scopes/%d/predicates/%d/values/%d", i, j, k)
				if err := reference(err, at, p.Type, id); err != nil {
					return err
				}
			}
		}
		if !a.Wide() && !(source{Scopes: src.Scopes[i : i+1]}).within(a.Company) {
			return errs.OnField(errs.AccessDenied, fmt.Sprintf("/eventSource/scopes/%d", i), "scope",
				"this caller may act for one company, so each scope needs a COMPANY predicate with that company").
				With("companyId", a.Company)
		}
	}
	return nil
}

// name is what an entity of a predicate is called.
func (s *Service) name(ctx context.Context, kind, id string) (string, error) {
	if kind == byCompany {
		return s.companies.CompanyName(ctx, actor.Tenant(ctx), id)
	}
	return s.companies.TMCName(ctx, actor.Tenant(ctx), id)
}

func reference(err error, pointer, what, id string) error {
	if errors.Is(err, store.ErrNotFound) {
		return errs.OnField(errs.ReferenceNotFound, pointer, "reference", "there is no %s %q that this caller may see", what, id)
	}
	return err
}
