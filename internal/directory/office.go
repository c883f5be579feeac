// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/revision"
	"github.com/airside-travel/airside/internal/store"
)

// officeEntity is the index by legal entity; ownEntity the private member of the stored document that
// holds its id, since OfficeV2 has none.
const (
	officeEntity = "office.legalEntity"
	ownEntity    = "legalEntityId"
)

func (s *Service) officeCollection() store.Collection {
	return store.Collection{
		Kind: kindOffice, What: "office", Clocks: s.clocks,
		Prepare: withID,
		Index: func(d *store.Draft) []store.Key {
			return append(byExternalID(kindOffice)(d),
				store.Key{Entry: store.Entry{Field: officeEntity, Value: d.Doc.String(ownEntity)}})
		},
		Present: func(doc *jsondoc.Object) { doc.Delete(ownEntity) },
	}
}

// OfficeIn is the input of getOffice.
type OfficeIn struct {
	CompanyID string `path:"companyId"`
	EntityID  string `path:"legalEntityId"`
	OfficeID  string `path:"officeId"`
}

// CreateOfficeIn is the input of createOffice.
type CreateOfficeIn = UpdateLegalEntityIn

// UpdateOfficeIn is the input of updateOffice.
type UpdateOfficeIn struct {
	CompanyID string          `path:"companyId"`
	EntityID  string          `path:"legalEntityId"`
	OfficeID  string          `path:"officeId"`
	Raw       json.RawMessage `body:"raw"`
}

// DeleteOfficeIn is the input of deleteOffice.
type DeleteOfficeIn struct {
	CompanyID string `path:"companyId"`
	EntityID  string `path:"legalEntityId"`
	OfficeID  string `path:"officeId"`
	Detach    bool   `query:"detachUsers"`
}

// openEntity checks that the legal entity in the path is the company's.
func (s *Service) openEntity(ctx context.Context, companyID, entityID string) error {
	if err := s.open(ctx, companyID); err != nil {
		return err
	}
	_, err := s.entities.Record(ctx, companyID, entityID)
	return err
}

// openOffice checks the whole path.
func (s *Service) openOffice(ctx context.Context, companyID, entityID, officeID string) (*store.Record, error) {
	if err := s.openEntity(ctx, companyID, entityID); err != nil {
		return nil, err
	}
	r, err := s.offices.Record(ctx, companyID, officeID)
	if err != nil {
		return nil, err
	}
	doc, err := document(r)
	if err == nil && doc.String(ownEntity) != entityID {
		return nil, errs.Missing("office", officeID)
	}
	return r, err
}

// CreateOffice adds an office to a legal entity. Errors: DUPLICATE_VALUE for externalId.
func (s *Service) CreateOffice(ctx context.Context, in CreateOfficeIn) (EntityID, error) {
	if err := s.openEntity(ctx, in.CompanyID, in.EntityID); err != nil {
		return EntityID{}, err
	}
	doc, err := body(in.Raw)
	if err != nil {
		return EntityID{}, err
	}
	out := EntityID{ids.UUID()}
	return out, s.offices.Create(ctx, in.CompanyID, out.ID, doc.Set(ownEntity, in.EntityID).Bytes())
}

// ListLegalEntityOfficesIn is the input of listLegalEntityOffices.
type ListLegalEntityOfficesIn struct {
	CompanyID  string `path:"companyId"`
	EntityID   string `path:"legalEntityId"`
	ExternalID string `query:"externalId"`
}

// ListLegalEntityOffices answers all offices of a legal entity, or the one with the external id.
func (s *Service) ListLegalEntityOffices(ctx context.Context, in ListLegalEntityOfficesIn) (ArrayOfReference, error) {
	if err := s.openEntity(ctx, in.CompanyID, in.EntityID); err != nil {
		return ArrayOfReference{}, err
	}
	var all []Reference
	for r, err := range store.Read(ctx).List(store.Query{
		Tenant: actor.Tenant(ctx), Kind: kindOffice, Parent: in.CompanyID, Field: officeEntity, Value: in.EntityID,
	}) {
		if err != nil {
			return ArrayOfReference{}, err
		}
		doc, err := document(r)
		if err != nil {
			return ArrayOfReference{}, err
		}
		if in.ExternalID == "" || in.ExternalID == doc.String("externalId") {
			all = append(all, Reference{r.ID, doc.String("name")})
		}
	}
	return references(all, 0, -1), nil
}

// GetOffice answers one office.
func (s *Service) GetOffice(ctx context.Context, in OfficeIn) (json.RawMessage, error) {
	r, err := s.openOffice(ctx, in.CompanyID, in.EntityID, in.OfficeID)
	if err != nil {
		return nil, err
	}
	revision.Answer(ctx, r.Version)
	return s.offices.Show(r)
}

// UpdateOffice replaces one office; it stays with its legal entity.
func (s *Service) UpdateOffice(ctx context.Context, in UpdateOfficeIn) (struct{}, error) {
	if _, err := s.openOffice(ctx, in.CompanyID, in.EntityID, in.OfficeID); err != nil {
		return struct{}{}, err
	}
	doc, err := body(in.Raw)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.offices.Replace(ctx, in.CompanyID, in.OfficeID, doc.Set(ownEntity, in.EntityID).Bytes())
}

// DeleteOffice deletes one office. Active users who sit there lose it when detachUsers is true, else
// STILL_REFERENCED.
func (s *Service) DeleteOffice(ctx context.Context, in DeleteOfficeIn) (struct{}, error) {
	if _, err := s.openOffice(ctx, in.CompanyID, in.EntityID, in.OfficeID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.remove(ctx, &s.offices, in.CompanyID, in.OfficeID, "officeRef", in.Detach)
}
