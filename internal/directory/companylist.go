// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
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
	var found []Reference
	for r, err := range s.companies.List(ctx, actor.Tenant(ctx)) {
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

func (in *ListCompaniesIn) match(r *store.Record) (name string, ok bool, err error) {
	doc, err := document(r)
	if err != nil {
		return "", false, err
	}
	if in.ExternalID != "" && doc.String("externalId") != in.ExternalID ||
		len(in.IDs) > 0 && !slices.Contains(in.IDs, r.ID) {
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
