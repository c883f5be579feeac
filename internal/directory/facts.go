// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// What other domains learn of the directory. These reads check no permission: who asks has done so. They
// work in the caller's tenant, inside its transaction.

// CompanyFacts is a company as other domains see it.
type CompanyFacts struct {
	ID, Name                   string
	Currency                   string // ISO 4217
	Roles                      []string
	ContractingTMC, BookingTMC string
	Raw                        json.RawMessage // schema Company, with secrets
}

// EntityFacts is a legal entity as other domains see it.
type EntityFacts struct {
	ID, CompanyID, Name string
	Currency            string          // ISO 4217
	Country             string          // of its address, as written
	DelayedInvoicing    bool            // travelers pay nothing at checkout
	Raw                 json.RawMessage // schema LegalEntity
}

// UserFacts is a user as other domains see it.
type UserFacts struct {
	ID, CompanyID, LegalEntityID string
	Persona                      string
	Tier                         string // BASIC unless set
	Active                       bool
	Given, Middle, Family        string
	Email                        string // work address, else private
	Birth                        string // 2006-01-02, or empty
	Gender                       string // as Gender spells it, or empty
	ExternalID                   string
	Version                      int64
	CreatedAt, UpdatedAt         time.Time
	Raw                          json.RawMessage // as stored: UserProfile without what follows from other records
}

// Company reads a live company. RESOURCE_NOT_FOUND.
func (s *Service) Company(ctx context.Context, id string) (*CompanyFacts, error) {
	r, err := live(ctx, kindCompany, id)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, errs.Missing("company", id)
	}
	doc, err := document(r)
	if err != nil {
		return nil, err
	}
	f := &CompanyFacts{
		ID: id, Name: doc.String("name"), Currency: doc.String("billingCurrency"), Raw: r.Doc,
		ContractingTMC: refID(doc, "contractedBy"), BookingTMC: refID(doc, "bookingTmcId"),
	}
	if f.BookingTMC == "" {
		f.BookingTMC = f.ContractingTMC
	}
	return f, json.Unmarshal(doc.Get("companyRoles"), &f.Roles)
}

// LegalEntity reads a legal entity of a company. RESOURCE_NOT_FOUND.
func (s *Service) LegalEntity(ctx context.Context, companyID, id string) (*EntityFacts, error) {
	r, err := s.entities.Record(ctx, companyID, id)
	if err != nil {
		return nil, err
	}
	doc, err := document(r)
	if err != nil {
		return nil, err
	}
	return &EntityFacts{
		ID: id, CompanyID: companyID, Name: doc.String("name"), Currency: doc.String("billingCurrency"),
		Country:          doc.Object("address").String("regionCode"),
		DelayedInvoicing: isTrue(doc, "isDelayedInvoicingEnabled"), Raw: r.Doc,
	}, nil
}

// User reads a user, active or not: look at Active. RESOURCE_NOT_FOUND.
func (s *Service) User(ctx context.Context, id string) (*UserFacts, error) {
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindUser, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errs.Missing("user", id)
	}
	if err != nil {
		return nil, err
	}
	return userFacts(r)
}

func userFacts(r *store.Record) (*UserFacts, error) {
	doc, err := document(r)
	if err != nil {
		return nil, err
	}
	personal := doc.Object("personalInfo")
	name := personal.Object("name")
	f := &UserFacts{
		ID: r.ID, CompanyID: r.Parent, LegalEntityID: refID(doc.Object("businessInfo"), "legalEntityRef"),
		Persona: doc.String("persona"), Tier: tier(doc), Active: !r.Deleted,
		Given: name.String("given"), Middle: name.String("middle"), Family: name.String("family1"),
		Birth: personal.Object("dob").String("iso8601"), Gender: personal.String("gender"),
		ExternalID: doc.String("externalId"), Version: r.Version, Raw: r.Doc, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	f.Email, _ = (&person{doc: doc}).email()
	return f, nil
}

// tier is the service tier of a profile (schema Tier, default BASIC).
func tier(doc *jsondoc.Object) string {
	if t := doc.String("tier"); t != "" {
		return t
	}
	return "BASIC"
}

// UserByEmail finds the active user of a tenant with an address, in any letter case: the oldest one when
// several companies have it. RESOURCE_NOT_FOUND. It needs no actor.
func (s *Service) UserByEmail(ctx context.Context, tenant, email string) (*UserFacts, error) {
	var found []*store.Record
	for r, err := range store.Read(ctx).List(store.Query{
		Tenant: tenant, Kind: kindUser, Field: userMail, Value: strings.ToLower(email),
	}) {
		if err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	for _, r := range found {
		company, err := store.Read(ctx).Get(tenant, kindCompany, r.Parent)
		if err != nil {
			return nil, err
		}
		if !company.Deleted {
			return userFacts(r)
		}
	}
	return nil, errs.New(errs.ResourceNotFound, "there is no user with this e-mail address")
}

// Roles are the roles of a user, none when nothing is stored.
func (s *Service) Roles(ctx context.Context, userID string) ([]Role, error) {
	r, err := rolesRecord(ctx, userID)
	if err != nil {
		return nil, err
	}
	list, err := decodeRoles(r.Doc)
	if err != nil {
		return nil, err
	}
	out := make([]Role, len(list))
	for i := range list {
		out[i] = Role{Type: list[i].Type, CompanyID: list[i].Meta.Company.ID, TMCID: list[i].Meta.TMC.ID}
		for _, a := range list[i].arrangerFor() {
			out[i].ArrangerFor = append(out[i].ArrangerFor, a.UserID)
		}
	}
	return out, nil
}
