// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// withID puts the id, a plain string, where readers look for it.
func withID(d *store.Draft) { d.Doc.First("id", d.ID) }

// byExternalID is the index of documents whose externalId occurs once in the company.
func byExternalID(kind string) func(d *store.Draft) []store.Key {
	return func(d *store.Draft) []store.Key {
		if id := d.Doc.String("externalId"); id != "" {
			return []store.Key{unique(kind+".externalId", d.Parent+"/"+id, "/externalId")}
		}
		return nil
	}
}

func (s *Service) entityCollection() store.Collection {
	return store.Collection{
		Kind: kindEntity, What: "legal entity", Clocks: s.clocks,
		Prepare: func(d *store.Draft) {
			withID(d)
			if d.Old == nil {
				return
			}
			// What a legal entity cannot be without stays when the update leaves it out.
			for _, member := range []string{"name", "address", "billingCurrency"} {
				if old := d.Old.Get(member); old != nil && !d.Doc.Has(member) {
					d.Doc.SetRaw(member, old)
				}
			}
		},
		Validate: func(ctx context.Context, d *store.Draft) error {
			if d.Doc.String("name") == "" {
				return errs.Invalidf("/name", "minLength", "must not be empty")
			}
			if id := refID(d.Doc, "bookingTmcRef"); id != "" {
				if c, err := live(ctx, kindCompany, id); err != nil {
					return err
				} else if c == nil {
					return unknown("/bookingTmcRef/id", "company", id)
				}
			}
			return nil
		},
		Index: byExternalID(kindEntity),
	}
}

// EntityIn is the input of operations on one legal entity without a body.
type EntityIn struct {
	CompanyID string `path:"companyId"`
	EntityID  string `path:"legalEntityId"`
}

// UpdateLegalEntityIn is the input of updateLegalEntity.
type UpdateLegalEntityIn struct {
	CompanyID string          `path:"companyId"`
	EntityID  string          `path:"legalEntityId"`
	Raw       json.RawMessage `body:"raw"`
}

// ListLegalEntitiesIn is the input of listLegalEntities.
type ListLegalEntitiesIn struct {
	CompanyID  string `path:"companyId"`
	ExternalID string `query:"externalId"`
	Page       int    `query:"pageNumber"` // from 1
	Size       int    `query:"pageSize"`   // 1 to 1000
}

// CreateLegalEntity adds a legal entity to a company. Errors: DUPLICATE_VALUE for externalId.
func (s *Service) CreateLegalEntity(ctx context.Context, in CompanyBodyIn) (EntityID, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return EntityID{}, err
	}
	out := EntityID{ids.UUID()}
	return out, s.entities.Create(ctx, in.CompanyID, out.ID, in.Raw)
}

// ListLegalEntities answers a page of them, or the one with the external id.
func (s *Service) ListLegalEntities(ctx context.Context, in ListLegalEntitiesIn) (ArrayOfReference, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return ArrayOfReference{}, err
	}
	all, err := namedOrOne(ctx, &s.entities, in.CompanyID, in.ExternalID)
	if err != nil {
		return ArrayOfReference{}, err
	}
	return references(all, (in.Page-1)*in.Size, in.Size), nil
}

// GetLegalEntity answers one. RESOURCE_NOT_FOUND for one of another company.
func (s *Service) GetLegalEntity(ctx context.Context, in EntityIn) (json.RawMessage, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return nil, err
	}
	return s.entities.Get(ctx, in.CompanyID, in.EntityID)
}

// UpdateLegalEntity replaces one; name, address and billing currency keep their values when absent.
func (s *Service) UpdateLegalEntity(ctx context.Context, in UpdateLegalEntityIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.entities.Replace(ctx, in.CompanyID, in.EntityID, in.Raw)
}

// DeleteLegalEntity deletes one. STILL_REFERENCED while an office or an active user belongs to it.
func (s *Service) DeleteLegalEntity(ctx context.Context, in EntityIn) (struct{}, error) {
	if err := s.open(ctx, in.CompanyID); err != nil {
		return struct{}{}, err
	}
	if err := s.entities.Delete(ctx, in.CompanyID, in.EntityID); err != nil {
		return struct{}{}, err
	}
	if err := s.unused(ctx, kindOffice, officeEntity, "legal entity", in.EntityID); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.unused(ctx, kindUser, userRef, "legal entity", in.EntityID)
}

// unused is STILL_REFERENCED when a live record of the kind has the index entry.
func (s *Service) unused(ctx context.Context, kind, field, what, id string) error {
	n, err := store.Read(ctx).Count(store.Query{Tenant: actor.Tenant(ctx), Kind: kind, Field: field, Value: id})
	if err != nil || n == 0 {
		return err
	}
	return errs.New(errs.StillReferenced, "%d records of the kind %s still refer to this %s", n, kind, what).With("id", id)
}
