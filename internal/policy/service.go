// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

// The kinds of records.
const (
	kindPolicy   = "policy"
	kindVersion  = "policy_version" // id: policy/version; parent: the policy
	kindQuestion = "question"
)

// Service keeps policies and questions. All methods run inside a transaction of the caller.
type Service struct {
	clocks    *clock.Tenants
	dir       Directory
	policies  store.Collection
	questions store.Collection
}

// New makes the service.
func New(clocks *clock.Tenants, dir Directory) *Service {
	s := &Service{clocks: clocks, dir: dir}
	s.policies = s.policyCollection()
	s.questions = s.questionCollection()
	return s
}

// EntityID is the answer to a creation.
type EntityID struct {
	ID string `json:"id"`
}

// CompanyIn is the input of operations on one company.
type CompanyIn struct {
	CompanyID string `path:"companyId"`
}

// CompanyBodyIn is the input of creations.
type CompanyBodyIn struct {
	CompanyID string          `path:"companyId"`
	Raw       json.RawMessage `body:"raw"`
}

// ArrayOfReference is the answer of both lists, which have no pages.
type ArrayOfReference struct {
	Length   int         `json:"length"`
	Elements []Reference `json:"elements"`
	Total    int         `json:"totalNumResults"`
}

func references(all []Reference) ArrayOfReference {
	return ArrayOfReference{len(all), append([]Reference{}, all...), len(all)}
}

// open checks that the caller may act for the company and that it exists.
func (s *Service) open(ctx context.Context, companyID string) error {
	if err := actor.From(ctx).MayCompany(companyID); err != nil {
		return err
	}
	_, err := s.dir.Currency(ctx, companyID)
	return err
}

func document(r *store.Record) (*jsondoc.Object, error) {
	doc, err := jsondoc.Parse(r.Doc)
	if err != nil {
		return nil, fmt.Errorf("%s %s is stored broken: %w", r.Kind, r.ID, err)
	}
	return doc, nil
}

// sameID refuses a body that names another record than the path.
func sameID(d *store.Draft) error {
	if id := d.Doc.String("id"); d.Old != nil && id != d.ID {
		return errs.Invalidf("/id", "immutable", "must be the id in the path, %s", d.ID)
	}
	return nil
}

// ref is a place in a body that names a thing of the company.
type ref struct {
	pointer string
	what    Thing
	id      string
}

// exist checks that everything named exists in the company. What the stored document names already is not
// checked again, so that a document that was read can always be sent back. REFERENCE_NOT_FOUND.
func (s *Service) exist(ctx context.Context, companyID string, now, before []ref) error {
	known := map[ref]bool{}
	for _, r := range before {
		known[ref{what: r.what, id: r.id}] = true
	}
	for _, r := range now {
		key := ref{what: r.what, id: r.id}
		if known[key] {
			continue
		}
		known[key] = true
		ok, err := s.dir.Belongs(ctx, companyID, r.what, r.id)
		if err != nil {
			return err
		}
		if !ok {
			return errs.OnField(errs.ReferenceNotFound, r.pointer, "reference", "the company has no %s %q", r.what, r.id)
		}
	}
	return nil
}
