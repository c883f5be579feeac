// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/air"
	"github.com/airside-travel/airside/internal/directory"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/identity"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/trip"
)

// people lets identity ask the directory who a token may stand for. Nobody is authenticated yet, so
// the tenant's own actor asks.
type people struct{ d *directory.Service }

func (p people) UserByEmail(ctx context.Context, tenant, email string) (*identity.User, error) {
	ctx = asTenant(ctx, tenant)
	u, err := p.d.UserByEmail(ctx, tenant, email)
	if errs.Is(err, errs.ResourceNotFound) || (err == nil && !u.Active) {
		return nil, store.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	roles, err := p.d.Roles(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	out := &identity.User{ID: u.ID, Company: u.CompanyID}
	for _, r := range roles {
		out.Roles = append(out.Roles, r.Type)
	}
	return out, nil
}

func (p people) HasCompany(ctx context.Context, tenant, company string) (bool, error) {
	return has(p.d.Company(asTenant(ctx, tenant), company))
}

func has(_ *directory.CompanyFacts, err error) (bool, error) {
	if errs.Is(err, errs.ResourceNotFound) {
		return false, nil
	}
	return err == nil, err
}

func asTenant(ctx context.Context, tenant string) context.Context {
	if actor.Tenant(ctx) == tenant {
		return ctx
	}
	return actor.With(ctx, &actor.Actor{Tenant: tenant, Roles: []string{actor.TMCAdmin}})
}

// travelers lets trip and air ask the directory about people.
type travelers struct{ d *directory.Service }

func (t travelers) User(ctx context.Context, id string) (trip.User, error) {
	u, err := t.d.User(ctx, id)
	if err != nil {
		return trip.User{}, err
	}
	return trip.User{
		ID: u.ID, CompanyID: u.CompanyID, LegalEntityID: u.LegalEntityID,
		Given: u.Given, Family: u.Family, Email: u.Email, Persona: u.Persona, Active: u.Active,
	}, nil
}

func (t travelers) HasCompany(ctx context.Context, id string) (bool, error) {
	return has(t.d.Company(ctx, id))
}

func (t travelers) Arranges(ctx context.Context, userID string) (trip.Arranges, error) {
	roles, err := t.d.Roles(ctx, userID)
	var out trip.Arranges
	for _, r := range roles {
		switch r.Type {
		case actor.CompanyArranger:
			out.Company, out.Holds = true, true
		case actor.Arranger:
			out.Users, out.Holds = append(out.Users, r.ArrangerFor...), true
		}
	}
	return out, err
}

// Traveler is a profile as air books it. Whether the caller may book for this person follows the
// company and, for a token of a person, who that person arranges for.
func (t travelers) Traveler(ctx context.Context, userID string) (air.Traveler, error) {
	u, err := t.d.User(ctx, userID)
	if err != nil {
		return air.Traveler{}, err
	}
	if err := t.mayBook(ctx, u); err != nil {
		return air.Traveler{}, err
	}
	doc, err := jsondoc.Parse(u.Raw)
	if err != nil {
		return air.Traveler{}, err
	}
	out := air.Traveler{
		UserID: u.ID, CompanyID: u.CompanyID, Given: u.Given, Middle: u.Middle, Family: u.Family, Email: u.Email,
		DOB: u.Birth, Gender: u.Gender, Persona: u.Persona, Personal: doc.Get("personalInfo"),
		Loyalties: doc.Object("membershipInfo").Get("membershipInfos"),
	}
	e, err := t.d.LegalEntity(ctx, u.CompanyID, u.LegalEntityID)
	if err != nil && !errs.Is(err, errs.ResourceNotFound) {
		return air.Traveler{}, err
	}
	if e != nil {
		out.Currency, out.PointOfSale = e.Currency, e.Country
	}
	out.Business, err = t.business(ctx, u, e, doc.Object("businessInfo"))
	return out, err
}

func (t travelers) mayBook(ctx context.Context, u *directory.UserFacts) error {
	a := actor.From(ctx)
	if !u.Active {
		return errs.Missing("user", u.ID)
	}
	if a.Granted(u.CompanyID) {
		return nil
	}
	if !a.Wide() && a.Company != u.CompanyID {
		return errs.Missing("user", u.ID)
	}
	if a.UserID == "" || a.UserID == u.ID || a.Has(actor.TMCAdmin, actor.TMCAgent, actor.CompanyAdmin, actor.CompanyArranger) {
		return nil
	}
	arranged, err := t.Arranges(ctx, a.UserID)
	if err == nil && !slices.Contains(arranged.Users, u.ID) {
		err = errs.Missing("user", u.ID)
	}
	return err
}

// business is what a booking carries of the traveler's place in the company (TravelerBusinessInfo).
func (t travelers) business(ctx context.Context, u *directory.UserFacts, e *directory.EntityFacts, doc *jsondoc.Object) (json.RawMessage, error) {
	type id struct {
		ID string `json:"id"`
	}
	out := jsondoc.New()
	if e != nil {
		out.Set("legalEntity", map[string]string{"id": e.ID, "name": e.Name, "billingCurrency": e.Currency})
	}
	c, err := t.d.Company(ctx, u.CompanyID)
	if err != nil {
		return nil, err
	}
	out.Set("companyId", id{c.ID}).Set("companyInfo", struct {
		ID   id     `json:"id"`
		Name string `json:"name"`
	}{id{c.ID}, c.Name})
	for _, name := range []string{"workerType", "employeeId", "accountingCode", "companySpecifiedAttributes"} {
		if raw := doc.Get(name); raw != nil {
			out.SetRaw(name, raw)
		}
	}
	return out.Bytes(), nil
}

// bookings lets air keep its PNRs in trip.
type bookings struct{ t *trip.Service }

func (b bookings) TripForBooking(ctx context.Context, tripID string) (air.TripRef, error) {
	r, err := b.t.TripForBooking(ctx, tripID)
	return air.TripRef{ID: r.ID, Company: r.Company}, err
}

func (b bookings) AddPNR(ctx context.Context, tripID string, p air.NewPNR) (string, error) {
	return b.t.AddPNR(ctx, tripID, trip.NewPNR{Company: p.Company, Doc: p.Doc, Changes: changes(p.Changes)})
}

func (b bookings) PNR(ctx context.Context, pnrID string) (air.PNRDoc, error) {
	p, err := b.t.PNR(ctx, pnrID)
	return air.PNRDoc{TripID: p.TripID, Company: p.Company, Version: p.Version, Doc: p.Doc}, err
}

func (b bookings) SavePNR(ctx context.Context, pnrID string, expect int64, doc json.RawMessage, c []air.Change) error {
	return b.t.SavePNR(ctx, pnrID, expect, doc, changes(c))
}

func changes(in []air.Change) []trip.Change {
	out := make([]trip.Change, len(in))
	for i, c := range in {
		out[i] = trip.Change{Operation: c.Operation, Summary: c.Summary}
	}
	return out
}

// owners lets the outbox check and name whom a subscription is about. It asks late: the directory
// announces through the outbox and is made after it.
type owners struct{ s *services }

func (o owners) CompanyName(ctx context.Context, tenant, id string) (string, error) {
	c, err := o.s.directory.Company(asTenant(ctx, tenant), id)
	if errs.Is(err, errs.ResourceNotFound) {
		return "", store.ErrNotFound
	}
	if err != nil {
		return "", err
	}
	return c.Name, nil
}

func (o owners) TMCName(ctx context.Context, tenant, id string) (string, error) {
	c, err := o.s.directory.Company(asTenant(ctx, tenant), id)
	if errs.Is(err, errs.ResourceNotFound) || (err == nil && !slices.Contains(c.Roles, "TMC") && !slices.Contains(c.Roles, "PARTNER_TMC")) {
		return "", store.ErrNotFound
	}
	if err != nil {
		return "", err
	}
	return c.Name, nil
}

// agency names the TMC in a booking's history.
type agency struct{ d *directory.Service }

func (a agency) AgencyName(ctx context.Context) string {
	c, err := a.d.Company(ctx, actor.Tenant(ctx))
	if err != nil {
		return "" // a history without the name is better than a refused booking
	}
	return c.Name
}
