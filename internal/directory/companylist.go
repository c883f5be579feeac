// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// ListCompaniesIn is the input of listCompanies. Filters of different kinds must all hold, values of
// one filter are alternatives.
type ListCompaniesIn struct {
	ExternalID      string   `query:"externalId"`
	Roles           []string `query:"companyRole"`
	IDs             []string `query:"companyIds"`
	ContractingTMCs []string `query:"contractingTmcIds"`
	BookingTMCs     []string `query:"bookingTmcIds"`
	Offset          int      `query:"offset"`
	Limit           int      `query:"limit"` // 0 asks for the total alone
}

// ListCompanies answers the companies that the caller may act for, oldest first.
func (s *Service) ListCompanies(ctx context.Context, in ListCompaniesIn) (ArrayOfReference, error) {
	if in.plain() && actor.From(ctx).Wide() {
		return s.companyPage(ctx, in)
	}
	var found []Reference
	for r, err := range s.candidates(ctx, in.ExternalID) {
		if err != nil {
			return ArrayOfReference{}, err
		}
		if actor.From(ctx).MayCompany(r.ID) != nil {
			continue
		}
		name, ok, err := in.match(r)
		if err != nil {
			return ArrayOfReference{}, err
		}
		if ok {
			found = append(found, Reference{r.ID, name})
		}
	}
	return references(found, in.Offset, in.Limit), nil
}

// plain reports whether the store can cut the page.
func (in *ListCompaniesIn) plain() bool {
	return in.ExternalID == "" && len(in.Roles)+len(in.IDs)+len(in.ContractingTMCs)+len(in.BookingTMCs) == 0
}

// companyPage lets the store cut the page, for callers who walk through a long list.
func (s *Service) companyPage(ctx context.Context, in ListCompaniesIn) (ArrayOfReference, error) {
	tenant := actor.Tenant(ctx)
	q := store.Query{Tenant: tenant, Kind: s.companies.Kind, Parent: tenant}
	n, err := store.Read(ctx).Count(q)
	if err != nil {
		return ArrayOfReference{}, err
	}
	answer := ArrayOfReference{Elements: []Reference{}, Total: n}
	if q.Offset, q.Limit = in.Offset, min(in.Limit, n-in.Offset); q.Limit <= 0 {
		return answer, nil
	}
	page, err := named(store.Read(ctx).List(q))
	if err != nil {
		return ArrayOfReference{}, err
	}
	answer.Elements, answer.Length = page, len(page)
	return answer, nil
}

// candidates yields the company with an external id, which is unique, or all when none is asked for.
func (s *Service) candidates(ctx context.Context, externalID string) iter.Seq2[*store.Record, error] {
	tenant := actor.Tenant(ctx)
	if externalID == "" {
		return s.companies.List(ctx, tenant)
	}
	return func(yield func(*store.Record, error) bool) {
		r, err := store.Read(ctx).Find(tenant, s.companies.Kind, companyExternalID, externalID)
		if !errors.Is(err, store.ErrNotFound) {
			yield(r, err)
		}
	}
}

func (in *ListCompaniesIn) match(r *store.Record) (name string, ok bool, err error) {
	doc, err := document(r)
	if err != nil {
		return "", false, err
	}
	if len(in.IDs) > 0 && !slices.Contains(in.IDs, r.ID) {
		return "", false, nil
	}
	contracting := refID(doc, "contractedBy")
	if len(in.ContractingTMCs) > 0 && !slices.Contains(in.ContractingTMCs, contracting) {
		return "", false, nil
	}
	booking := refID(doc, "bookingTmcId")
	if booking == "" {
		booking = contracting
	}
	if len(in.BookingTMCs) > 0 && !slices.Contains(in.BookingTMCs, booking) {
		return "", false, nil
	}
	if len(in.Roles) > 0 {
		var roles []string
		if err := json.Unmarshal(doc.Get("companyRoles"), &roles); err != nil {
			return "", false, err
		}
		if !slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(in.Roles, role) }) {
			return "", false, nil
		}
	}
	return doc.String("name"), true, nil
}
