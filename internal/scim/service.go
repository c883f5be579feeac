// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
)

// Service carries out the operations under /v2/scim. All run inside a transaction of the caller.
type Service struct {
	directory Directory
	clocks    *clock.Tenants
	baseURL   func() string
}

// New makes the service; baseURL is what links to resources start with.
func New(d Directory, clocks *clock.Tenants, baseURL func() string) *Service {
	return &Service{d, clocks, baseURL}
}

// UserOut is a user as SCIM answers it.
type UserOut struct {
	doc      map[string]any
	location string // of a new one
}

// MarshalJSON is the resource.
func (u UserOut) MarshalJSON() ([]byte, error) { return json.Marshal(u.doc) }

// Location is the URL of a new resource, empty for others.
func (u UserOut) Location() string { return u.location }

// company is the one that the caller provisions. COMPANY_NOT_ACCESSIBLE for a caller of several.
func company(ctx context.Context) (string, error) {
	if c := actor.From(ctx).Company; c != "" {
		return c, nil
	}
	return "", errs.New(errs.CompanyForeign, "SCIM works on one company; use the SCIM token of an API user of that company")
}

// CreateIn is the input of createScimUser.
type CreateIn struct {
	Doc map[string]any `body:"json"`
}

// Create is createScimUser: a profile in the default legal entity, or in the one that organization
// names. DUPLICATE_VALUE for userName, externalId and employeeNumber; those of inactive users count too,
// because a directory that finds one reactivates it.
func (s *Service) Create(ctx context.Context, in CreateIn) (UserOut, error) {
	c, err := company(ctx)
	if err != nil {
		return UserOut{}, err
	}
	next, active, err := accepted(in.Doc)
	if err != nil {
		return UserOut{}, err
	}
	if err := s.free(ctx, c, next); err != nil {
		return UserOut{}, err
	}
	e, err := s.plan(ctx, c, map[string]any{}, next)
	if err != nil {
		return UserOut{}, err
	}
	if e.ids["legalEntityRef"] == "" {
		if e.ids["legalEntityRef"], err = s.directory.FirstEntity(ctx, c); err != nil {
			return UserOut{}, err
		}
	}
	if e.ids["legalEntityRef"] == "" {
		return UserOut{}, errs.New(errs.ReferenceNotFound, "the company has no legal entity yet, and people belong to one")
	}
	doc := jsondoc.New().Set("persona", "EMPLOYEE").
		Set("businessInfo", jsondoc.New().Set("organizationRef", map[string]string{"id": c}))
	if err := e.apply(doc); err != nil {
		return UserOut{}, err
	}
	id, err := s.directory.Create(ctx, doc.Bytes())
	if err != nil {
		return UserOut{}, inSCIM(err)
	}
	if active == false { //nolint:revive // active is true, false or absent
		if err := s.directory.Deactivate(ctx, id); err != nil {
			return UserOut{}, err
		}
	}
	out, err := s.keep(ctx, c, id, next)
	out.location = s.location(id)
	return out, err
}

// free makes sure that no user whom SCIM shows has the userName or the external id.
func (s *Service) free(ctx context.Context, c string, next map[string]any) error {
	for _, attr := range []string{"userName", "externalId"} {
		value, _ := next[attr].(string)
		if value == "" {
			continue
		}
		hits, err := s.hits(ctx, c, map[string]string{attr: value})
		if err != nil {
			return err
		}
		for _, h := range hits {
			shown, err := s.read(ctx, c, h.ID)
			if errs.Is(err, errs.ResourceNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if have, _ := shown[attr].(string); have == value || attr == "userName" && strings.EqualFold(have, value) {
				return errs.OnField(errs.DuplicateValue, "/"+attr, "unique", "user %s has this %s already", h.ID, attr).With("id", h.ID)
			}
		}
	}
	return nil
}

// ReadIn is the input of getScimUser.
type ReadIn struct {
	ID       string   `path:"id"`
	Only     []string `query:"attributes"`
	Excluded []string `query:"excludedAttributes"`
}

// Get is getScimUser.
func (s *Service) Get(ctx context.Context, in ReadIn) (UserOut, error) {
	c, err := company(ctx)
	if err != nil {
		return UserOut{}, err
	}
	doc, err := s.read(ctx, c, in.ID)
	if err != nil {
		return UserOut{}, err
	}
	doc, err = project(doc, in.Only, in.Excluded)
	return UserOut{doc: doc}, err
}

// ReplaceIn is the input of replaceScimUser.
type ReplaceIn struct {
	ID  string         `path:"id"`
	Doc map[string]any `body:"json"`
}

// Replace is replaceScimUser: attributes that the body leaves out are cleared, except active, which
// stays as it is (CHOICE: nobody should be let in by an omission).
func (s *Service) Replace(ctx context.Context, in ReplaceIn) (UserOut, error) {
	next, active, err := accepted(in.Doc)
	if err != nil {
		return UserOut{}, err
	}
	return s.change(ctx, in.ID, func(old map[string]any) (map[string]any, error) {
		next["active"] = old["active"]
		if active != nil {
			next["active"] = active
		}
		return next, nil
	})
}

// PatchIn is the input of patchScimUser.
type PatchIn struct {
	ID  string `path:"id"`
	Doc struct {
		Operations []operation `json:"Operations"`
	} `body:"json"`
}

// Patch is patchScimUser: all operations, in order, or none. Errors: those of Create, and noTarget,
// invalidPath, mutability and invalidValue about an operation.
func (s *Service) Patch(ctx context.Context, in PatchIn) (UserOut, error) {
	return s.change(ctx, in.ID, func(old map[string]any) (map[string]any, error) {
		next := maps.Clone(old)
		return next, patch(next, in.Doc.Operations)
	})
}

// change brings a user from what SCIM shows to what edit makes of it: first back into service, then
// the profile, then out of service.
func (s *Service) change(ctx context.Context, id string, edit func(old map[string]any) (map[string]any, error)) (UserOut, error) {
	c, err := company(ctx)
	if err != nil {
		return UserOut{}, err
	}
	old, err := s.read(ctx, c, id)
	if err != nil {
		return UserOut{}, err
	}
	next, err := edit(old)
	if err != nil {
		return UserOut{}, err
	}
	active, wasActive := next["active"] != false, old["active"] == true
	if active && !wasActive {
		if err := s.directory.Activate(ctx, id); err != nil {
			return UserOut{}, inSCIM(err)
		}
	}
	if !reflect.DeepEqual(visible(old), visible(next)) {
		e, err := s.plan(ctx, c, old, next)
		if err != nil {
			return UserOut{}, err
		}
		if err := s.directory.Edit(ctx, id, e.apply); err != nil {
			return UserOut{}, inSCIM(err)
		}
	}
	if !active && wasActive {
		if err := s.directory.Deactivate(ctx, id); err != nil {
			return UserOut{}, err
		}
	}
	return s.keep(ctx, c, id, next)
}

// DeleteIn is the input of deleteScimUser.
type DeleteIn struct {
	ID string `path:"id"`
}

// Delete is deleteScimUser: it takes the user out of service and out of SCIM's sight.
func (s *Service) Delete(ctx context.Context, in DeleteIn) (struct{}, error) {
	c, err := company(ctx)
	if err != nil {
		return struct{}{}, err
	}
	doc, err := s.read(ctx, c, in.ID)
	if err != nil {
		return struct{}{}, err
	}
	if doc["active"] == true {
		if err := s.directory.Deactivate(ctx, in.ID); err != nil {
			return struct{}{}, err
		}
	}
	return struct{}{}, s.hide(ctx, c, in.ID)
}

// accepted is what is taken of a body: the attributes of the schemas. Those that the server sets, empty
// ones and all others, a password for one, are dropped.
func accepted(body map[string]any) (next map[string]any, active any, err error) {
	next = map[string]any{}
	if err := take(next, coreAttributes(), body); err != nil {
		return nil, nil, err
	}
	ext := map[string]any{}
	if err := take(ext, enterpriseAttributes(), enterprise(body)); err != nil {
		return nil, nil, err
	}
	put(next, enterpriseURN, ext)
	delete(next, "active")
	return next, body["active"], nil
}

func take(into map[string]any, attributes []attribute, body map[string]any) error {
	for i := range attributes {
		a := &attributes[i]
		v, ok := body[a.Name]
		if !ok || a.Mutability == "readOnly" {
			continue
		}
		if err := (operation{Op: "replace", Value: v}).attribute(into, path{attr: a}); err != nil {
			return err
		}
	}
	return nil
}

// visible is a resource without what the server sets, and without active.
func visible(o map[string]any) map[string]any {
	out := maps.Clone(o)
	for _, name := range []string{"id", "schemas", "meta", "groups", "active"} {
		delete(out, name)
	}
	return out
}

// inSCIM says where in a SCIM user the broken rule of a profile is.
func inSCIM(err error) error {
	e := errs.As(err)
	if e == nil {
		return err
	}
	places := map[string]string{
		"/businessInfo/email": "/userName", "/personalInfo/email": "/emails", "/businessInfo/employeeId": "/" + enterpriseURN + "/employeeNumber",
		"/businessInfo/managerRef/id": "/" + enterpriseURN + "/manager", "/businessInfo/departmentRef/id": "/" + enterpriseURN + "/department",
		"/businessInfo/costCenterRef/id": "/" + enterpriseURN + "/costCenter", "/businessInfo/legalEntityRef/id": "/" + enterpriseURN + "/organization",
	}
	for i, f := range e.Fields {
		if at := places[f.Pointer]; at != "" {
			e.Fields[i].Pointer = at
		}
	}
	return err
}
