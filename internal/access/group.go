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
	"github.com/airside-travel/airside/internal/audience"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// Assignment is a role and where it holds: the schema RoleAssignment.
type Assignment struct {
	RoleID string         `json:"roleId"`
	Scope  audience.Scope `json:"scope"`
}

// group is a user group of a company, standard or custom.
type group struct {
	ID, CompanyID        string
	Name, Description    string
	Standard             bool
	Assignments          []Assignment
	CreatedBy, UpdatedBy string
	CreatedAt, UpdatedAt time.Time

	rec *store.Record // nil for standard groups
}

func (g *group) sortKeys() (string, time.Time, string) { return g.Name, g.CreatedAt, g.ID }

// storedGroup is what the store keeps of it.
type storedGroup struct {
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Assignments []Assignment `json:"assignments"`
	CreatedBy   string       `json:"createdBy"`
	UpdatedBy   string       `json:"updatedBy"`
}

func openGroup(rec *store.Record) (*group, error) {
	var d storedGroup
	if err := json.Unmarshal(rec.Doc, &d); err != nil {
		return nil, fmt.Errorf("access: user group %s: %w", rec.ID, err)
	}
	return &group{
		ID: rec.ID, CompanyID: rec.Parent, Name: d.Name, Description: d.Description, Assignments: d.Assignments,
		CreatedBy: d.CreatedBy, UpdatedBy: d.UpdatedBy, CreatedAt: rec.CreatedAt, UpdatedAt: rec.UpdatedAt, rec: rec,
	}, nil
}

// groupOf finds a group of a live company, whoever asks. RESOURCE_NOT_FOUND.
func (s *Service) groupOf(ctx context.Context, c *Company, id string) (*group, error) {
	for _, g := range standardOf(c) {
		if g.ID == id {
			return g, nil
		}
	}
	rec, err := store.Read(ctx).Get(actor.Tenant(ctx), kindGroup, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (rec.Deleted || rec.Parent != c.ID) {
		return nil, errs.Missing("user group", id)
	}
	if err != nil {
		return nil, err
	}
	return openGroup(rec)
}

// group finds a group that the caller may see. COMPANY_NOT_ACCESSIBLE, RESOURCE_NOT_FOUND.
func (s *Service) group(ctx context.Context, in GroupIn) (*group, error) {
	c, err := s.open(ctx, in.CompanyID)
	if err != nil {
		return nil, err
	}
	return s.groupOf(ctx, c, in.GroupID)
}

// custom finds a group that can be changed. ACCESS_DENIED for a standard one.
func (s *Service) custom(ctx context.Context, in GroupIn) (*group, error) {
	g, err := s.group(ctx, in)
	if err == nil && g.Standard {
		err = unmodifiable("user group", in.GroupID)
	}
	return g, err
}

// holders are the groups of the tenant that hold a stored role.
func (s *Service) holders(ctx context.Context, roleID string) ([]*group, error) {
	var out []*group
	for rec, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kindGroup, Field: groupRole, Value: roleID}) {
		if err != nil {
			return nil, err
		}
		g, err := openGroup(rec)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// GroupIn names a group.
type GroupIn struct {
	CompanyID string `path:"companyId"`
	GroupID   string `path:"groupId"`
}

// GroupShown is the schema RoleUserGroup.
type GroupShown struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Description  string `json:"description"`
	CompanyID    string `json:"companyId"`
	Unmodifiable bool   `json:"isUnmodifiable"`
	CreatedAt    moment `json:"createdAt"`
	UpdatedAt    moment `json:"updatedAt"`
	CreatedBy    string `json:"createdBy,omitempty"`
	UpdatedBy    string `json:"updatedBy,omitempty"`
}

func (g *group) show() GroupShown {
	return GroupShown{
		ID: g.ID, Name: g.Name, Description: g.Description, CompanyID: g.CompanyID, Unmodifiable: g.Standard,
		CreatedAt: at(g.CreatedAt), UpdatedAt: at(g.UpdatedAt), CreatedBy: g.CreatedBy, UpdatedBy: g.UpdatedBy,
	}
}

// GetGroup answers one group. RESOURCE_NOT_FOUND.
func (s *Service) GetGroup(ctx context.Context, in GroupIn) (GroupShown, error) {
	g, err := s.group(ctx, in)
	if err != nil {
		return GroupShown{}, err
	}
	return g.show(), nil
}

type groupFields struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// CreateGroupIn is the input of createUserGroup.
type CreateGroupIn struct {
	CompanyID string      `path:"companyId"`
	Doc       groupFields `body:"json"`
}

// CreateGroup makes an empty custom group. DUPLICATE_VALUE for a name in use, be it of a standard group.
func (s *Service) CreateGroup(ctx context.Context, in CreateGroupIn) (CreatedID, error) {
	c, err := s.open(ctx, in.CompanyID)
	if err != nil {
		return CreatedID{}, err
	}
	g := &group{ID: ids.UUID(), CompanyID: c.ID, CreatedBy: who(ctx), CreatedAt: s.now(ctx)}
	if err := s.nameGroup(ctx, c, g, in.Doc); err != nil {
		return CreatedID{}, err
	}
	return CreatedID{g.ID}, nil
}

// UpdateGroupIn is the input of updateUserGroup.
type UpdateGroupIn struct {
	CompanyID string      `path:"companyId"`
	GroupID   string      `path:"groupId"`
	Doc       groupFields `body:"json"`
}

// UpdateGroup replaces name and description of a custom group.
func (s *Service) UpdateGroup(ctx context.Context, in UpdateGroupIn) (struct{}, error) {
	g, err := s.custom(ctx, GroupIn{in.CompanyID, in.GroupID})
	if err != nil {
		return struct{}{}, err
	}
	c, err := s.dir.Company(ctx, g.CompanyID)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.nameGroup(ctx, c, g, in.Doc)
}

func (s *Service) nameGroup(ctx context.Context, c *Company, g *group, f groupFields) error {
	if i := slices.IndexFunc(standardOf(c), func(o *group) bool { return strings.EqualFold(o.Name, f.Name) }); i >= 0 {
		return errs.OnField(errs.DuplicateValue, "/name", "unique", "a standard group of the company has this name")
	}
	g.Name, g.Description = f.Name, f.Description
	return s.writeGroup(ctx, g)
}

// DeleteGroup removes a custom group; its members lose what it gave them with their next request.
func (s *Service) DeleteGroup(ctx context.Context, in GroupIn) (struct{}, error) {
	g, err := s.custom(ctx, in)
	if err != nil {
		return struct{}{}, err
	}
	members, err := s.members(ctx, g.ID)
	if err != nil {
		return struct{}{}, err
	}
	for _, m := range members {
		if err := store.From(ctx).Remove(m.Tenant, kindMember, m.ID); err != nil {
			return struct{}{}, err
		}
	}
	s.changed(ctx)
	g.rec.Deleted, g.rec.UpdatedAt, g.rec.Index = true, s.now(ctx), nil
	return struct{}{}, store.Explain(store.From(ctx).Update(g.rec, g.rec.Version), "user group", g.ID, nil)
}

// writeGroup stores a custom group.
func (s *Service) writeGroup(ctx context.Context, g *group) error {
	g.UpdatedBy, g.UpdatedAt = who(ctx), s.now(ctx)
	doc, err := json.Marshal(storedGroup{g.Name, g.Description, g.Assignments, g.CreatedBy, g.UpdatedBy})
	if err != nil {
		return err
	}
	keys := []store.Key{{Pointer: "/name", Entry: store.Entry{Field: groupName, Value: g.CompanyID + "/" + strings.ToLower(g.Name), Unique: true}}}
	var roles []string
	for _, a := range g.Assignments {
		if !slices.Contains(roles, a.RoleID) {
			roles = append(roles, a.RoleID)
			keys = append(keys, store.Key{Entry: store.Entry{Field: groupRole, Value: a.RoleID}})
		}
	}
	rec := &store.Record{
		Tenant: actor.Tenant(ctx), Kind: kindGroup, ID: g.ID, Parent: g.CompanyID,
		CreatedAt: g.CreatedAt, UpdatedAt: g.UpdatedAt, Doc: doc, Index: store.Entries(keys),
	}
	s.changed(ctx)
	if g.rec == nil {
		return store.Explain(store.From(ctx).Insert(rec), "user group", g.ID, keys)
	}
	return store.Explain(store.From(ctx).Update(rec, g.rec.Version), "user group", g.ID, keys)
}
