// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// The index of users. Values that are unique in a company are prefixed with its id.
const (
	userLogin    = "user.login"      // company/e-mail in lower case, unique
	userMail     = "user.mail"       // every address in lower case, over all companies of the tenant
	userExternal = "user.externalId" // company/externalId, unique
	userEmployee = "user.employeeId" // company/employeeId, unique
	userRef      = "user.ref"        // id of legal entity, office, department, cost center or grade
)

// refMembers are the members of businessInfo that keep what they name from being deleted.
func refMembers() []string {
	return []string{"legalEntityRef", "officeRef", "departmentRef", "costCenterRef", "gradeRef"}
}

// email is the address by which a user is known: the work address, else the private one. pointer says
// where it stands.
func (p *person) email() (address, pointer string) {
	if address = p.doc.Object("businessInfo").String("email"); address != "" {
		return address, "/businessInfo/email"
	}
	return p.doc.Object("personalInfo").String("email"), "/personalInfo/email"
}

func (p *person) keys() []store.Key {
	keys := make([]store.Key, 0, 10)
	scoped := func(field, value, pointer string) {
		if value != "" {
			keys = append(keys, unique(field, p.rec.Parent+"/"+value, pointer))
		}
	}
	plain := func(field, value string) {
		if value != "" {
			keys = append(keys, store.Key{Entry: store.Entry{Field: field, Value: value}})
		}
	}
	business := p.doc.Object("businessInfo")
	email, pointer := p.email()
	email = strings.ToLower(email)
	scoped(userLogin, email, pointer)
	scoped(userExternal, p.doc.String("externalId"), "/externalId")
	scoped(userEmployee, business.String("employeeId"), "/businessInfo/employeeId")
	plain(userMail, email)
	if private := strings.ToLower(p.doc.Object("personalInfo").String("email")); private != email {
		plain(userMail, private)
	}
	for _, member := range refMembers() {
		plain(userRef, refID(business, member))
	}
	return keys
}

// user reads one and checks that the caller may see it. RESOURCE_NOT_FOUND, ACCESS_DENIED.
func (s *Service) user(ctx context.Context, id string, inactive bool) (*person, error) {
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindUser, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && r.Deleted && !inactive {
		return nil, s.noUser(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	if err := s.visible(ctx, r); err != nil {
		return nil, err
	}
	return s.person(ctx, r)
}

// person completes a record; a user of a deleted company is RESOURCE_NOT_FOUND.
func (s *Service) person(ctx context.Context, r *store.Record) (*person, error) {
	company, err := live(ctx, kindCompany, r.Parent)
	if err != nil {
		return nil, err
	}
	if company == nil {
		return nil, errs.Missing("user", r.ID)
	}
	p := &person{rec: r}
	if p.company, err = document(company); err != nil {
		return nil, err
	}
	p.doc, err = document(r)
	return p, err
}

func (s *Service) insertUser(ctx context.Context, p *person) error {
	keys := p.keys()
	p.rec.Tenant = actor.Tenant(ctx)
	p.rec.CreatedAt = s.clocks.Now(p.rec.Tenant)
	p.rec.UpdatedAt = p.rec.CreatedAt
	p.rec.Doc, p.rec.Index = p.doc.Bytes(), store.Entries(keys)
	return store.Explain(store.From(ctx).Insert(p.rec), "user", p.rec.ID, keys)
}

// writeUser stores the person's document and state as the next version.
func (s *Service) writeUser(ctx context.Context, p *person) error {
	keys := p.keys()
	p.rec.UpdatedAt = s.clocks.Now(p.rec.Tenant)
	p.rec.Doc, p.rec.Index = p.doc.Bytes(), store.Entries(keys)
	s.rights.UserChanged(ctx, p.rec.ID)
	return store.Explain(store.From(ctx).Update(p.rec, p.rec.Version), "user", p.rec.ID, keys)
}

// announceUser tells what happened with the profile exactly as getUserInfo answers it now.
func (s *Service) announceUser(ctx context.Context, p *person, operation string) error {
	booking, err := s.bookingTMC(ctx, p)
	if err != nil {
		return err
	}
	payload, err := s.profileBookedBy(ctx, p, booking)
	if err != nil {
		return err
	}
	return s.events.Announce(ctx, announce.Notice{
		Type: "TRAVELER_V2", Operation: operation, Resource: "USER/" + p.rec.ID, Version: p.rec.Version,
		Company: p.rec.Parent, BookingTMC: booking, Payload: payload,
	})
}
