// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// QueryUserIn is the input of queryUser: exactly one of company and TMC, and what to look for; several
// criteria must all hold.
type QueryUserIn struct {
	CompanyID  string `query:"companyId"`
	TMCID      string `query:"tmcId"`
	Email      string `query:"email"` // work or private address, in any letter case
	ExternalID string `query:"externalId"`
	EmployeeID string `query:"employeeId"`
	Inactive   bool   `query:"includeInactive"`
}

// UserSummaryList is the answer of queryUser, all matches at once.
type UserSummaryList struct {
	Length   int           `json:"length"`
	Elements []UserSummary `json:"elements"`
}

// UserSummary is a user in short.
type UserSummary struct {
	ID         string `json:"id"`
	Email      string `json:"email,omitempty"`
	ExternalID string `json:"externalId,omitempty"`
	Persona    string `json:"persona,omitempty"`
	Active     bool   `json:"isActive"`
}

// QueryUser looks for users of a company, or of all companies of the TMC.
// INVALID_USER_IDS_QUERY_PARAMS unless exactly one of the two ids is given and a UUID.
func (s *Service) QueryUser(ctx context.Context, in QueryUserIn) (UserSummaryList, error) {
	if (in.CompanyID == "") == (in.TMCID == "") || !ids.IsUUID(in.CompanyID+in.TMCID) {
		return UserSummaryList{}, errs.New(errs.InvalidUserIDsQuery, "exactly one of companyId and tmcId is needed, as a UUID")
	}
	companies, err := s.scope(ctx, in.CompanyID, in.TMCID)
	if err != nil {
		return UserSummaryList{}, err
	}
	out := UserSummaryList{Elements: []UserSummary{}}
	for _, company := range companies {
		for r, err := range store.Read(ctx).List(in.in(actor.Tenant(ctx), company)) {
			if err != nil {
				return UserSummaryList{}, err
			}
			u, ok, err := in.match(r)
			if err != nil {
				return UserSummaryList{}, err
			}
			if ok {
				out.Elements = append(out.Elements, u)
			}
		}
	}
	out.Length = len(out.Elements)
	return out, nil
}

// scope lists the companies in which to look: one, or of the TMC's all that the caller may act for. Only
// who may act for the TMC itself may ask for all.
func (s *Service) scope(ctx context.Context, companyID, tmcID string) ([]string, error) {
	if tmcID == "" {
		return []string{companyID}, s.open(ctx, companyID)
	}
	a := actor.From(ctx)
	if tmcID != a.Tenant || !a.Wide() && !a.Granted(tmcID) {
		return nil, errs.New(errs.CompanyForeign, "this caller may not act for TMC %q", tmcID).With("tmcId", tmcID)
	}
	var out []string
	for r, err := range s.companies.List(ctx, a.Tenant) {
		if err != nil {
			return nil, err
		}
		if a.MayCompany(r.ID) == nil {
			out = append(out, r.ID)
		}
	}
	return out, nil
}

// in is the narrowest query of the store for one company.
func (in *QueryUserIn) in(tenant, company string) store.Query {
	q := store.Query{Tenant: tenant, Kind: kindUser, Parent: company, Deleted: in.Inactive}
	switch {
	case in.ExternalID != "":
		q.Field, q.Value = userExternal, company+"/"+in.ExternalID
	case in.EmployeeID != "":
		q.Field, q.Value = userEmployee, company+"/"+in.EmployeeID
	case in.Email != "":
		q.Field, q.Value = userMail, strings.ToLower(in.Email)
	}
	return q
}

func (in *QueryUserIn) match(r *store.Record) (UserSummary, bool, error) {
	doc, err := document(r)
	if err != nil {
		return UserSummary{}, false, err
	}
	p := &person{rec: r, doc: doc}
	email, _ := p.email()
	u := UserSummary{r.ID, email, doc.String("externalId"), doc.String("persona"), !r.Deleted}
	ok := (in.ExternalID == "" || in.ExternalID == u.ExternalID) &&
		(in.EmployeeID == "" || in.EmployeeID == doc.Object("businessInfo").String("employeeId")) &&
		(in.Email == "" || strings.EqualFold(in.Email, email) ||
			strings.EqualFold(in.Email, doc.Object("personalInfo").String("email")))
	return u, ok, nil
}
