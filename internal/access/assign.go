// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/audience"
	"github.com/airside-travel/airside/internal/errs"
)

// GroupRoles is ListUserGroupRolesResponse.
type GroupRoles struct {
	Roles []GroupRole `json:"roles"`
}

// GroupRole is UserGroupRole.
type GroupRole struct {
	RoleID   string         `json:"roleId"`
	Name     string         `json:"roleName"`
	Platform bool           `json:"isPlatformRole"`
	Scope    audience.Scope `json:"scope"`
}

// ListGroupRoles answers every role of a group with where it holds.
func (s *Service) ListGroupRoles(ctx context.Context, in GroupIn) (GroupRoles, error) {
	g, err := s.group(ctx, in)
	if err != nil {
		return GroupRoles{}, err
	}
	out := GroupRoles{Roles: []GroupRole{}}
	for _, a := range g.Assignments {
		r, err := s.role(ctx, a.RoleID)
		if err != nil {
			return GroupRoles{}, err
		}
		if r != nil {
			out.Roles = append(out.Roles, GroupRole{r.ID, r.Name, r.Platform, a.Scope})
		}
	}
	return out, nil
}

// UpdateGroupRolesIn is the input of updateUserGroupRolesV3.
type UpdateGroupRolesIn struct {
	CompanyID string `path:"companyId"`
	GroupID   string `path:"groupId"`
	Doc       struct {
		Add    []Assignment `json:"rolesToAdd"`
		Delete []struct {
			RoleID string          `json:"roleId"`
			Scope  *audience.Scope `json:"scope"` // nil: wherever it holds
		} `json:"rolesToDelete"`
	} `body:"json"`
}

// UpdateGroupRoles takes roles from a custom group, then gives it others. Assignments that are there
// already, or not there, are left alone. REFERENCE_NOT_FOUND for a role of another company and for ids in a
// scope, ACCESS_DENIED for standard groups and for more than the caller holds himself.
func (s *Service) UpdateGroupRoles(ctx context.Context, in UpdateGroupRolesIn) (struct{}, error) {
	g, err := s.custom(ctx, GroupIn{in.CompanyID, in.GroupID})
	if err != nil {
		return struct{}{}, err
	}
	for _, d := range in.Doc.Delete {
		g.Assignments = slices.DeleteFunc(g.Assignments, func(a Assignment) bool {
			return a.RoleID == d.RoleID && (d.Scope == nil || sameScope(a.Scope, *d.Scope))
		})
	}
	add := in.Doc.Add
	for i := range add {
		if add[i].Scope, err = s.checkScope(ctx, add[i].Scope, fmt.Sprintf("/rolesToAdd/%d/scope", i)); err != nil {
			return struct{}{}, err
		}
		r, err := s.role(ctx, add[i].RoleID)
		if err != nil {
			return struct{}{}, err
		}
		if r == nil || !r.Platform && r.CompanyID != g.CompanyID {
			return struct{}{}, errs.OnField(errs.ReferenceNotFound, fmt.Sprintf("/rolesToAdd/%d/roleId", i), "reference",
				"the company has no role %q to give", add[i].RoleID)
		}
		if !slices.ContainsFunc(g.Assignments, func(a Assignment) bool { return a.RoleID == r.ID && sameScope(a.Scope, add[i].Scope) }) {
			g.Assignments = append(g.Assignments, add[i])
		}
	}
	if err := s.mayGive(ctx, add, "/rolesToAdd"); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, s.writeGroup(ctx, g)
}

// mayGive refuses to hand out what the caller does not hold himself (ACCESS_DENIED).
func (s *Service) mayGive(ctx context.Context, list []Assignment, pointer string) error {
	mine := rightsOf(actor.From(ctx))
	for _, a := range list {
		r, err := s.role(ctx, a.RoleID)
		if err != nil {
			return err
		}
		if r == nil {
			continue
		}
		if missing := mine.lacks(r.Permissions, scopeAt{Scope: a.Scope}); missing != "" {
			return errs.OnField(errs.AccessDenied, pointer, "delegation",
				"nobody gives more than he has: this caller does not hold %s for all that the role %q covers", missing, r.Name)
		}
	}
	return nil
}

// checkScope refuses ids that do not exist and scopes too large to compare, and writes the comparators
// out.
func (s *Service) checkScope(ctx context.Context, sc audience.Scope, pointer string) (audience.Scope, error) {
	owners, err := s.dir.Owners(ctx)
	if err != nil {
		return sc, err
	}
	for i, a := range sc.Audiences {
		if n := len(narrowed(a, audience.Company)) * len(narrowed(a, audience.BookingTMC)); n > maxParts {
			return sc, errs.Invalidf(fmt.Sprintf("%s/audiences/%d", pointer, i), "size",
				"companies times booking TMCs make %d pairs; at most %d can be given at once", n, maxParts)
		}
		for j := range a.Predicates {
			p := &a.Predicates[j]
			p.Comparator = "IN"
			for k, id := range p.Values {
				ok := owners[id].Company != ""
				if p.Type == audience.BookingTMC {
					ok, err = s.isTMC(ctx, id)
				}
				if err != nil {
					return sc, err
				}
				if !ok {
					return sc, errs.OnField(errs.ReferenceNotFound, fmt.Sprintf("%s/audiences/%d/predicates/%d/values/%d", pointer, i, j, k),
						"reference", "there is no %s %q", p.Type, id)
				}
			}
		}
	}
	return sc, nil
}

func (s *Service) isTMC(ctx context.Context, id string) (bool, error) {
	c, err := s.dir.Company(ctx, id)
	if errs.Is(err, errs.ResourceNotFound) {
		return false, nil
	}
	return err == nil && c.IsTMC, err
}

// sameScope compares two scopes as they are written; the comparator may be left out.
func sameScope(a, b audience.Scope) bool {
	return reflect.DeepEqual(plain(a), plain(b))
}

func plain(sc audience.Scope) (out [][][]string) {
	for _, a := range sc.Audiences {
		var one [][]string
		for _, p := range a.Predicates {
			one = append(one, append([]string{p.Type}, p.Values...))
		}
		out = append(out, one)
	}
	return out
}
