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

// person is a user as it is stored, with the company it belongs to.
type person struct {
	rec     *store.Record
	doc     *jsondoc.Object // stored members only; see profile for what is shown
	company *jsondoc.Object
}

// UserIn is the input of operations on one user that know no inactive ones.
type UserIn struct {
	UserID string `path:"userId"`
}

// UserReadIn is the input of reads of one user.
type UserReadIn struct {
	UserID   string `path:"userId"`
	Inactive bool   `query:"includeInactive"`
}

// UserBodyIn is the input of writes to one user.
type UserBodyIn struct {
	UserID string          `path:"userId"`
	Raw    json.RawMessage `body:"raw"`
}

// CreateUserIn is the input of createUser.
type CreateUserIn struct {
	Raw json.RawMessage `body:"raw"`
}

// CreateUser adds a user to the company named in businessInfo.organizationRef (schema
// UserCreateRequest). Errors: REFERENCE_NOT_FOUND, DUPLICATE_VALUE for e-mail, externalId and
// employeeId, INVALID_EMAIL_DOMAIN, COMPANY_NOT_ACCESSIBLE, ACCESS_DENIED for roles that the caller may not give.
func (s *Service) CreateUser(ctx context.Context, in CreateUserIn) (EntityID, error) {
	doc, err := body(in.Raw)
	if err != nil {
		return EntityID{}, err
	}
	business := doc.Object("businessInfo")
	if !doc.Has("businessInfo") {
		return EntityID{}, errs.Invalidf("/businessInfo", "required", "a user needs a company and a legal entity")
	}
	companyID := refID(business, "organizationRef")
	if err := actor.From(ctx).MayCompany(companyID); err != nil {
		return EntityID{}, err
	}
	company, err := live(ctx, kindCompany, companyID)
	if err != nil {
		return EntityID{}, err
	}
	if company == nil {
		return EntityID{}, unknown("/businessInfo/organizationRef/id", "company", companyID)
	}
	p := &person{rec: &store.Record{Kind: kindUser, ID: ids.UUID(), Parent: companyID}}
	if p.company, err = document(company); err != nil {
		return EntityID{}, err
	}
	roles := doc.Get("roles")
	p.doc = jsondoc.New().Set("id", p.rec.ID)
	for _, member := range doc.Keys() {
		if !serverOwned(member) && member != "roles" {
			p.doc.SetRaw(member, section(member, doc.Get(member)))
		}
	}
	if err := s.checkUser(ctx, p, nil); err != nil {
		return EntityID{}, err
	}
	if err := s.insertUser(ctx, p); err != nil {
		return EntityID{}, err
	}
	if roles != nil {
		if err := s.giveRoles(ctx, p, roles, "/roles"); err != nil {
			return EntityID{}, err
		}
	}
	return EntityID{p.rec.ID}, s.announceUser(ctx, p, "CREATE")
}

// serverOwned says which members of a profile come from the server and are dropped from bodies: they
// follow from other records, from the path, or from the roles of others.
func serverOwned(member string) bool {
	switch member {
	case "id", "isActive", "travelArrangers", "contractingTmcRef", "bookingTmcRef", "stealthMode":
		return true
	}
	return false
}

// section is a section of a body without the members only the server sets.
func section(member string, raw json.RawMessage) json.RawMessage {
	if member != "membershipInfo" {
		return raw
	}
	doc, err := jsondoc.Parse(raw)
	if err != nil || !doc.Has("isLoyaltyBlocked") {
		return raw
	}
	return doc.Delete("isLoyaltyBlocked").Bytes()
}

// GetUserInfo answers the whole profile without the roles (schema UserProfile). An inactive user is
// RESOURCE_NOT_FOUND unless asked for.
func (s *Service) GetUserInfo(ctx context.Context, in UserReadIn) (json.RawMessage, error) {
	p, err := s.user(ctx, in.UserID, in.Inactive)
	if err != nil {
		return nil, err
	}
	revision.Answer(ctx, p.rec.Version)
	return s.profile(ctx, p)
}

// UpdateUser replaces each section that the body contains and keeps the others (CHOICE of the users
// page). The company, and isSaved of an ad-hoc user, cannot change.
func (s *Service) UpdateUser(ctx context.Context, in UserBodyIn) (struct{}, error) {
	doc, err := body(in.Raw)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.changeUser(ctx, in.UserID, false, func(next *jsondoc.Object) error {
		for _, member := range doc.Keys() {
			if !serverOwned(member) && member != "roles" {
				next.SetRaw(member, section(member, doc.Get(member)))
			}
		}
		return nil
	})
}

// DeleteUser takes a user out of service. The profile stays and can be activated again.
func (s *Service) DeleteUser(ctx context.Context, in UserIn) (struct{}, error) {
	p, err := s.user(ctx, in.UserID, false)
	if err != nil {
		return struct{}{}, err
	}
	if err := revision.Demand(ctx, p.rec.Version); err != nil {
		return struct{}{}, err
	}
	p.rec.Deleted = true
	if err := s.writeUser(ctx, p); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.announceUser(ctx, p, "DELETE")
}

// ActivateUser brings an inactive user back; an active one stays as it is. DUPLICATE_VALUE when another
// user took the e-mail or an id meanwhile, REFERENCE_NOT_FOUND when the office or the like is gone.
func (s *Service) ActivateUser(ctx context.Context, in UserIn) (struct{}, error) {
	p, err := s.user(ctx, in.UserID, true)
	if err != nil {
		return struct{}{}, err
	}
	if err := revision.Demand(ctx, p.rec.Version); err != nil || !p.rec.Deleted {
		return struct{}{}, err
	}
	if err := s.checkUser(ctx, p, nil); err != nil {
		return struct{}{}, err
	}
	p.rec.Deleted = false
	if err := s.writeUser(ctx, p); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.announceUser(ctx, p, "UPDATE")
}

// changeUser reads a user, lets edit change the document, checks and writes it and tells. The version of
// a user is that of all its sections and of its roles.
func (s *Service) changeUser(ctx context.Context, id string, inactive bool, edit func(next *jsondoc.Object) error) error {
	p, err := s.user(ctx, id, inactive)
	if err != nil {
		return err
	}
	if err := revision.Demand(ctx, p.rec.Version); err != nil {
		return err
	}
	old, before := p.doc, p.rec.Doc
	if p.doc, err = document(p.rec); err != nil {
		return err
	}
	if err := edit(p.doc); err != nil {
		return err
	}
	if err := s.checkUser(ctx, p, old); err != nil {
		return err
	}
	if err := s.writeUser(ctx, p); err != nil {
		return err
	}
	revision.Replace(ctx, before, p.rec.Doc)
	revision.Answer(ctx, p.rec.Version)
	return s.announceUser(ctx, p, "UPDATE")
}
