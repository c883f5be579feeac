// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// ofPlatform is the parent of roles that a global administrator added to the platform's.
const ofPlatform = "platform"

// role is a named set of permissions, from the table or from the store.
type role struct {
	ID, CompanyID        string // CompanyID is empty for platform roles
	Name, Description    string
	Platform             bool
	Permissions          []Allowance
	CreatedBy, UpdatedBy string
	CreatedAt, UpdatedAt time.Time

	legacy string        // the older role that it equals
	rec    *store.Record // nil for roles of the table
}

func (r *role) sortKeys() (string, time.Time, string) { return r.Name, r.CreatedAt, r.ID }

// storedRole is what the store keeps of it.
type storedRole struct {
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Permissions []Allowance `json:"permissions"`
	CreatedBy   string      `json:"createdBy"`
	UpdatedBy   string      `json:"updatedBy"`
}

func openRole(rec *store.Record) (*role, error) {
	var d storedRole
	if err := json.Unmarshal(rec.Doc, &d); err != nil {
		return nil, fmt.Errorf("access: role %s: %w", rec.ID, err)
	}
	r := &role{
		ID: rec.ID, CompanyID: rec.Parent, Name: d.Name, Description: d.Description, Permissions: d.Permissions,
		CreatedBy: d.CreatedBy, UpdatedBy: d.UpdatedBy, CreatedAt: rec.CreatedAt, UpdatedAt: rec.UpdatedAt, rec: rec,
	}
	if rec.Parent == ofPlatform {
		r.CompanyID, r.Platform = "", true
	}
	return r, nil
}

// role finds a role by id, whoever asks; nil when there is none.
func (s *Service) role(ctx context.Context, id string) (*role, error) {
	for _, r := range s.platform {
		if r.ID == id {
			return r, nil
		}
	}
	rec, err := store.Read(ctx).Get(actor.Tenant(ctx), kindRole, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && rec.Deleted {
		return nil, nil //nolint:nilnil // the answer to "which" is "none"
	}
	if err != nil {
		return nil, err
	}
	return openRole(rec)
}

// visibleRole finds a role that the caller may see: those of the platform and of companies that he may
// act for. RESOURCE_NOT_FOUND.
func (s *Service) visibleRole(ctx context.Context, id string) (*role, error) {
	r, err := s.role(ctx, id)
	if err != nil {
		return nil, err
	}
	if r != nil && !r.Platform {
		if actor.From(ctx).MayCompany(r.CompanyID) != nil {
			r = nil
		} else if _, err := s.dir.Company(ctx, r.CompanyID); errs.Is(err, errs.ResourceNotFound) {
			r = nil
		} else if err != nil {
			return nil, err
		}
	}
	if r == nil {
		return nil, errs.Missing("role", id)
	}
	return r, nil
}

// RoleIn names a role.
type RoleIn struct {
	RoleID string `path:"roleId"`
}

// RoleShown is the schema RoleV3.
type RoleShown struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Platform    bool        `json:"isPlatformRole"`
	CompanyID   string      `json:"companyId,omitempty"`
	Permissions []Allowance `json:"permissions"`
	CreatedAt   *moment     `json:"createdAt,omitempty"`
	UpdatedAt   *moment     `json:"updatedAt,omitempty"`
	CreatedBy   string      `json:"createdBy,omitempty"`
	UpdatedBy   string      `json:"updatedBy,omitempty"`
}

func (r *role) show() RoleShown {
	out := RoleShown{
		ID: r.ID, Name: r.Name, Description: r.Description, Platform: r.Platform, CompanyID: r.CompanyID,
		Permissions: r.Permissions, CreatedBy: r.CreatedBy, UpdatedBy: r.UpdatedBy,
	}
	if r.rec != nil {
		created, updated := at(r.CreatedAt), at(r.UpdatedAt)
		out.CreatedAt, out.UpdatedAt = &created, &updated
	}
	return out
}

// GetRole answers one role. RESOURCE_NOT_FOUND.
func (s *Service) GetRole(ctx context.Context, in RoleIn) (RoleShown, error) {
	r, err := s.visibleRole(ctx, in.RoleID)
	if err != nil {
		return RoleShown{}, err
	}
	return r.show(), nil
}

// CreateRoleIn is the input of createRoleV3.
type CreateRoleIn struct {
	Doc struct {
		roleFields
		Platform  bool   `json:"isPlatformRole"`
		CompanyID string `json:"companyId"`
	} `body:"json"`
}

type roleFields struct {
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Permissions []Allowance `json:"permissions"`
}

// CreateRole makes a role of a company; only a global administrator makes platform roles. ACCESS_DENIED
// for permissions that the caller does not hold for the company, DUPLICATE_VALUE for a name in use.
func (s *Service) CreateRole(ctx context.Context, in CreateRoleIn) (CreatedID, error) {
	d := &in.Doc
	r := &role{ID: ids.UUID(), CompanyID: d.CompanyID, Platform: d.Platform, CreatedBy: who(ctx), CreatedAt: s.now(ctx)}
	switch {
	case d.Platform && !actor.From(ctx).Has(actor.GlobalAdmin):
		return CreatedID{}, errs.OnField(errs.AccessDenied, "/isPlatformRole", "role", "only a global administrator adds roles to the platform")
	case d.Platform:
		r.CompanyID = ""
	case d.CompanyID == "":
		return CreatedID{}, errs.Invalidf("/companyId", "required", "a role needs its company unless it is a platform role")
	}
	if err := s.writeRole(ctx, r, &d.roleFields); err != nil {
		return CreatedID{}, err
	}
	return CreatedID{r.ID}, nil
}

// UpdateRoleIn is the input of updateRoleV3.
type UpdateRoleIn struct {
	RoleID string     `path:"roleId"`
	Doc    roleFields `body:"json"`
}

// UpdateRole replaces name, description and permissions; those who hold the role are affected from their
// next request on. Errors as for CreateRole, and ACCESS_DENIED for platform roles.
func (s *Service) UpdateRole(ctx context.Context, in UpdateRoleIn) (struct{}, error) {
	r, err := s.ownRole(ctx, in.RoleID)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.writeRole(ctx, r, &in.Doc)
}

// DeleteRole removes a role that no group holds, else STILL_REFERENCED.
func (s *Service) DeleteRole(ctx context.Context, in RoleIn) (struct{}, error) {
	r, err := s.ownRole(ctx, in.RoleID)
	if err != nil {
		return struct{}{}, err
	}
	held, err := s.holders(ctx, r.ID)
	if err != nil {
		return struct{}{}, err
	}
	if len(held) > 0 {
		return struct{}{}, errs.New(errs.StillReferenced, "%d user groups hold this role", len(held)).With("id", r.ID).With("groupId", held[0].ID)
	}
	r.rec.Deleted, r.rec.UpdatedAt, r.rec.Index = true, s.now(ctx), nil
	return struct{}{}, store.Explain(store.From(ctx).Update(r.rec, r.rec.Version), "role", r.ID, nil)
}

// ownRole finds a role that can be changed.
func (s *Service) ownRole(ctx context.Context, id string) (*role, error) {
	r, err := s.visibleRole(ctx, id)
	if err == nil && (r.rec == nil || r.Platform && !actor.From(ctx).Has(actor.GlobalAdmin)) {
		err = unmodifiable("role", id)
	}
	return r, err
}

// writeRole checks what the role shall be and stores it.
func (s *Service) writeRole(ctx context.Context, r *role, f *roleFields) error {
	if err := s.checkAllowances(ctx, r, f.Permissions); err != nil {
		return err
	}
	r.Name, r.Description, r.Permissions = f.Name, f.Description, merge(f.Permissions)
	r.UpdatedBy, r.UpdatedAt = who(ctx), s.now(ctx)
	doc, err := json.Marshal(storedRole{r.Name, r.Description, r.Permissions, r.CreatedBy, r.UpdatedBy})
	if err != nil {
		return err
	}
	parent := r.CompanyID
	if r.Platform {
		parent = ofPlatform
	}
	keys := []store.Key{{Pointer: "/name", Entry: store.Entry{Field: roleName, Value: parent + "/" + strings.ToLower(r.Name), Unique: true}}}
	rec := &store.Record{
		Tenant: actor.Tenant(ctx), Kind: kindRole, ID: r.ID, Parent: parent,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, Doc: doc, Index: store.Entries(keys),
	}
	s.changed(ctx)
	if r.rec == nil {
		return store.Explain(store.From(ctx).Insert(rec), "role", r.ID, keys)
	}
	return store.Explain(store.From(ctx).Update(rec, r.rec.Version), "role", r.ID, keys)
}

// checkAllowances refuses permissions that the company cannot have or that the caller does not hold:
// for the company, and wherever the role holds already.
func (s *Service) checkAllowances(ctx context.Context, r *role, list []Allowance) error {
	scopes := []scopeAt{{everywhere: r.Platform}}
	if !r.Platform {
		c, err := s.open(ctx, r.CompanyID)
		if err != nil {
			return err
		}
		names := available(c)
		for i, p := range list {
			if !slices.Contains(names, p.Permission) {
				return errs.Invalidf(fmt.Sprintf("/permissions/%d/permission", i), "permission",
					"roles of this company cannot hold %s", p.Permission).Allow(names...)
			}
		}
		scopes[0].Scope = ownScope(r.CompanyID)
	}
	held, err := s.holders(ctx, r.ID)
	if err != nil {
		return err
	}
	for _, g := range held {
		for _, a := range g.Assignments {
			if a.RoleID == r.ID {
				scopes = append(scopes, scopeAt{Scope: a.Scope})
			}
		}
	}
	mine := rightsOf(actor.From(ctx))
	for i, p := range list {
		for _, sc := range scopes {
			if missing := mine.lacks([]Allowance{beyond(p, r.Permissions)}, sc); missing != "" {
				return errs.OnField(errs.AccessDenied, fmt.Sprintf("/permissions/%d", i), "delegation",
					"nobody gives more than he has: this caller does not hold %s there", missing)
			}
		}
	}
	return nil
}
