// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// Belongs reports whether the company has a record of that kind and id now: user, legal_entity, office,
// department, cost_center or grade. Users count while deactivated, too.
func (s *Service) Belongs(ctx context.Context, companyID, kind, id string) (bool, error) {
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kind, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && r.Parent == companyID && (!r.Deleted || kind == kindUser), err
}

// Things lists id and name of everything of a kind that a company has, oldest first.
func (s *Service) Things(ctx context.Context, companyID, kind string) ([]Reference, error) {
	return named(store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kind, Parent: companyID}))
}

// Placement is where a user stands in the company; ids, empty where there is nothing.
type Placement struct {
	UserID, CompanyID, Persona                         string
	LegalEntity, Office, Department, CostCenter, Grade string
	Title, WorkerType, AccountingCode                  string
	Country                                            string // of the profile, else of the legal entity
}

// PlacementOf reads an active user whom the caller may look at. RESOURCE_NOT_FOUND, ACCESS_DENIED.
func (s *Service) PlacementOf(ctx context.Context, userID string) (*Placement, error) {
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindUser, userID)
	if errors.Is(err, store.ErrNotFound) || err == nil && r.Deleted {
		return nil, errs.Missing("user", userID)
	}
	if err != nil {
		return nil, err
	}
	if err := s.visible(ctx, r); err != nil {
		return nil, err
	}
	doc, err := document(r)
	if err != nil {
		return nil, err
	}
	b := doc.Object("businessInfo")
	p := &Placement{
		UserID: r.ID, CompanyID: r.Parent, Persona: doc.String("persona"),
		LegalEntity: refID(b, "legalEntityRef"), Office: refID(b, "officeRef"), Department: refID(b, "departmentRef"),
		CostCenter: refID(b, "costCenterRef"), Grade: refID(b, "gradeRef"),
		Title: b.String("designation"), WorkerType: b.String("workerType"), AccountingCode: b.String("accountingCode"),
		Country: b.String("countryCode"),
	}
	if p.Country == "" {
		p.Country, err = s.entityCountry(ctx, p.CompanyID, p.LegalEntity)
	}
	return p, err
}

func (s *Service) entityCountry(ctx context.Context, companyID, id string) (string, error) {
	e, err := live(ctx, kindEntity, id)
	if err != nil || e == nil || e.Parent != companyID {
		return "", err
	}
	doc, err := jsondoc.Parse(e.Doc)
	if err != nil {
		return "", err
	}
	return doc.Object("address").String("regionCode"), nil
}
