// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/revision"
	"github.com/airside-travel/airside/internal/store"
)

const companyExternalID = "company.externalId"

func (s *Service) companyCollection() store.Collection {
	return store.Collection{
		Kind: kindCompany, What: "company", Clocks: s.clocks,
		Prepare: func(d *store.Draft) {
			d.Doc.First("id", EntityID{d.ID})
			d.Doc.Set("isActive", true)
			keepSecret(d.Doc, d.Old)
			if d.Old == nil {
				listSupport(d.Doc)
			}
			if !d.Doc.Has("contractedBy") {
				contract := json.RawMessage(`{"id":"` + d.Parent + `"}`)
				if d.Old != nil {
					contract = d.Old.Get("contractedBy")
				}
				d.Doc.SetRaw("contractedBy", contract)
			}
		},
		Validate: s.checkCompany,
		Index: func(d *store.Draft) []store.Key {
			keys := []store.Key{unique("company.name", d.Doc.String("name"), "/name")}
			if id := d.Doc.String("externalId"); id != "" {
				keys = append(keys, unique(companyExternalID, id, "/externalId"))
			}
			return keys
		},
		Present: hideSecret,
	}
}

// unique is a key that only one live record of the kind may have.
func unique(field, value, pointer string) store.Key {
	return store.Key{Entry: store.Entry{Field: field, Value: value, Unique: true}, Pointer: pointer}
}

// listSupport turns the plain list of CreateCompanyRequest.supportConfigs into the counted list of Company.
func listSupport(doc *jsondoc.Object) {
	raw := doc.Get("supportConfigs")
	var list []json.RawMessage
	if raw == nil || json.Unmarshal(raw, &list) != nil {
		return
	}
	doc.Set("supportConfigs", jsondoc.New().Set("length", len(list)).SetRaw("elements", raw))
}

// CreateCompanyIn is the input of createCompany.
type CreateCompanyIn struct {
	Raw json.RawMessage `body:"raw"`
}

// CreateCompany makes a company below the caller's TMC (schema CreateCompanyRequest). Errors:
// DUPLICATE_VALUE for name and externalId, REFERENCE_NOT_FOUND, API_VALIDATION_FAILED for members that
// belong to another role of company.
func (s *Service) CreateCompany(ctx context.Context, in CreateCompanyIn) (EntityID, error) {
	out := EntityID{ids.UUID()}
	if err := s.companies.Create(ctx, actor.Tenant(ctx), out.ID, in.Raw); err != nil {
		return EntityID{}, err
	}
	s.rights.CompaniesChanged(ctx)
	return out, s.policies.CompanyCreated(ctx, out.ID)
}

// ReadCompany answers a company by its UUID, or by its external id with an X in front. A caller who is
// bound to one company gets COMPANY_NOT_ACCESSIBLE for every other id, known or not.
func (s *Service) ReadCompany(ctx context.Context, in CompanyIn) (json.RawMessage, error) {
	r, err := s.companyByPath(ctx, in.CompanyID)
	if err != nil {
		return nil, err
	}
	revision.Answer(ctx, r.Version)
	return s.companies.Show(r)
}

func (s *Service) companyByPath(ctx context.Context, id string) (*store.Record, error) {
	external, isExternal := strings.CutPrefix(id, "X")
	switch {
	case ids.IsUUID(id):
		return s.companyRecord(ctx, strings.ToLower(id))
	case !isExternal:
		return nil, &errs.Error{Code: errs.ValidationFailed, Message: "the company id is malformed", Fields: []errs.Field{{
			In: "path", Pointer: "/companyId", Rule: "format", Message: "must be a UUID, or an external id with X in front"}}}
	}
	r, err := store.Read(ctx).Find(actor.Tenant(ctx), kindCompany, companyExternalID, external)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	found := ""
	if r != nil {
		found = r.ID
	}
	if actor.From(ctx).MayCompany(found) != nil {
		return nil, actor.From(ctx).MayCompany(id)
	}
	if r == nil {
		return nil, errs.Missing("company", id)
	}
	return r, nil
}

// UpdateCompany replaces a company. Its id, its state and, unless given, its contracting TMC stay.
func (s *Service) UpdateCompany(ctx context.Context, in CompanyBodyIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	s.rights.CompaniesChanged(ctx)
	return struct{}{}, s.companies.Replace(ctx, actor.Tenant(ctx), in.CompanyID, in.Raw)
}

// DeleteCompany takes a company out of service: it and all below it read as absent. The TMC cannot
// delete itself (STATE_DOES_NOT_ALLOW).
func (s *Service) DeleteCompany(ctx context.Context, in CompanyIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	if in.CompanyID == actor.Tenant(ctx) {
		return struct{}{}, errs.New(errs.StateForbids, "the TMC cannot delete itself").With("id", in.CompanyID)
	}
	s.rights.CompaniesChanged(ctx)
	return struct{}{}, s.companies.Delete(ctx, actor.Tenant(ctx), in.CompanyID)
}
