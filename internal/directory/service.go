// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// The kinds of records.
const (
	kindCompany    = "company"
	kindEntity     = "legal_entity"
	kindOffice     = "office"
	kindCostCenter = "cost_center"
	kindDepartment = "department"
	kindGrade      = "grade"
	kindUser       = "user"
	kindRoles      = "user_roles"
	kindFavorite   = "favorite"
)

// Service is the directory. All methods run inside a transaction of the caller.
type Service struct {
	clocks   *clock.Tenants
	events   announce.Announcer
	policies Policies
	rights   Rights

	companies, entities, offices     store.Collection
	costCenters, departments, grades store.Collection
	settings                         settings

	scans chan struct{} // who reads everybody of a company; see ListUsers
}

// mostScans is how many lists may read everybody at once: they take long, and hold a connection for reading.
const mostScans = 2

// New makes the directory. policies may be nil.
func New(clocks *clock.Tenants, events announce.Announcer, policies Policies) *Service {
	s := &Service{clocks: clocks, events: events, policies: policies, rights: noRights{}, scans: make(chan struct{}, mostScans)}
	if policies == nil {
		s.policies = noPolicies{}
	}
	s.companies = s.companyCollection()
	s.entities = s.entityCollection()
	s.offices = s.officeCollection()
	s.costCenters = s.costCenterCollection()
	s.departments = s.departmentCollection()
	s.grades = s.gradeCollection()
	s.settings = s.newSettings()
	return s
}

// Tell makes the directory tell somebody about changes of rights. It is set apart from New because who
// keeps rights reads them from the directory.
func (s *Service) Tell(r Rights) { s.rights = r }

// EntityID is the answer to a creation.
type EntityID struct {
	ID string `json:"id"`
}

// CompanyIn is the input of operations on one company without a body.
type CompanyIn struct {
	CompanyID string `path:"companyId"`
}

// CompanyBodyIn is the input of operations on one company with a body.
type CompanyBodyIn struct {
	CompanyID string          `path:"companyId"`
	Raw       json.RawMessage `body:"raw"`
}

// open checks that the caller may act for the company in the path and that it exists.
// COMPANY_NOT_ACCESSIBLE, RESOURCE_NOT_FOUND.
func (s *Service) open(ctx context.Context, companyID string) error {
	_, err := s.companyRecord(ctx, companyID)
	return err
}

func (s *Service) companyRecord(ctx context.Context, companyID string) (*store.Record, error) {
	if err := actor.From(ctx).MayCompany(companyID); err != nil {
		return nil, err
	}
	return s.companies.Record(ctx, actor.Tenant(ctx), companyID)
}

// live reads a record that is there and not deleted, nil when there is none.
func live(ctx context.Context, kind, id string) (*store.Record, error) {
	r, err := store.Read(ctx).Get(actor.Tenant(ctx), kind, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && r.Deleted {
		return nil, nil
	}
	return r, err
}

// document parses what the store returned.
func document(r *store.Record) (*jsondoc.Object, error) {
	doc, err := jsondoc.Parse(r.Doc)
	if err != nil {
		return nil, fmt.Errorf("%s %s is stored broken: %w", r.Kind, r.ID, err)
	}
	return doc, nil
}

// body parses what the caller sent.
func body(raw json.RawMessage) (*jsondoc.Object, error) {
	doc, err := jsondoc.Parse(raw)
	if err != nil {
		return nil, errs.New(errs.MalformedJSON, "the body is not an object").Because(err)
	}
	return doc, nil
}

// refID is the id inside a reference member: {"id": "..."}.
func refID(doc *jsondoc.Object, member string) string { return doc.Object(member).String("id") }

// unknown is the error for a reference in the body that leads nowhere.
func unknown(pointer, what, id string) error {
	return errs.OnField(errs.ReferenceNotFound, pointer, "reference", "there is no %s %q here", what, id)
}
