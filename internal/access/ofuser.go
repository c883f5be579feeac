// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/audience"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// groupsOf are the groups of a user, in live companies.
func (s *Service) groupsOf(ctx context.Context, userID string) ([]*group, error) {
	memberships, err := collect(ctx, store.Query{Tenant: actor.Tenant(ctx), Kind: kindMember, Field: memberUser, Value: userID})
	if err != nil {
		return nil, err
	}
	companies := map[string]*Company{}
	var out []*group
	for _, rec := range memberships {
		m, err := openMember(rec)
		if err != nil {
			return nil, err
		}
		c, known := companies[m.CompanyID]
		if !known {
			if c, err = s.dir.Company(ctx, m.CompanyID); err != nil && !errs.Is(err, errs.ResourceNotFound) {
				return nil, err
			}
			companies[m.CompanyID] = c
		}
		if c == nil {
			continue
		}
		g, err := s.groupOf(ctx, c, rec.Parent)
		if errs.Is(err, errs.ResourceNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// shownGroupsOf are those of them that the caller may see.
func (s *Service) shownGroupsOf(ctx context.Context, userID string) ([]*group, error) {
	if err := s.dir.MayReach(ctx, userID); err != nil {
		return nil, err
	}
	all, err := s.groupsOf(ctx, userID)
	return slices.DeleteFunc(all, func(g *group) bool { return actor.From(ctx).MayCompany(g.CompanyID) != nil }), err
}

// UserGroupsIn is the input of listUserGroupsForUser.
type UserGroupsIn struct {
	UserID string     `path:"userId"`
	Doc    groupQuery `body:"json"`
}

// ListUserGroups answers a page of the groups that a user is in.
func (s *Service) ListUserGroups(ctx context.Context, in UserGroupsIn) (GroupList, error) {
	all, err := s.shownGroupsOf(ctx, in.UserID)
	if err != nil {
		return GroupList{}, err
	}
	return in.Doc.page(all), nil
}

// UserRolesIn is the input of listRolesForUser.
type UserRolesIn struct {
	UserID string `path:"userId"`
	Doc    struct {
		Text string `json:"searchText"`
		Page paging `json:"pagination"`
	} `body:"json"`
}

// UserRoleList is ListUserRolesResponse.
type UserRoleList struct {
	Roles      []UserRole `json:"roles"`
	Pagination total      `json:"pagination"`
}

// UserRole is the schema of the same name.
type UserRole struct {
	RoleID    string         `json:"roleId"`
	Name      string         `json:"roleName"`
	Platform  bool           `json:"isPlatformRole"`
	Scope     audience.Scope `json:"scope"`
	Source    string         `json:"source"` // DIRECT, USER_GROUP
	GroupID   string         `json:"groupId,omitempty"`
	GroupName string         `json:"groupName,omitempty"`
}

// ListUserRoles answers what a user holds: the older roles as DIRECT, each as the platform role that
// equals it, then those of his groups.
func (s *Service) ListUserRoles(ctx context.Context, in UserRolesIn) (UserRoleList, error) {
	groups, err := s.shownGroupsOf(ctx, in.UserID)
	if err != nil {
		return UserRoleList{}, err
	}
	u, err := s.dir.User(ctx, in.UserID)
	if err != nil {
		return UserRoleList{}, err
	}
	var all []UserRole
	for _, name := range u.Roles {
		if r := s.legacyRole(name); r != nil {
			scope := ownScope(u.CompanyID)
			if wide(name) {
				scope = audience.Only(audience.BookingTMC, actor.Tenant(ctx))
			}
			all = append(all, UserRole{RoleID: r.ID, Name: r.Name, Platform: true, Scope: scope, Source: "DIRECT"})
		}
	}
	for _, g := range groups {
		for _, a := range g.Assignments {
			r, err := s.role(ctx, a.RoleID)
			if err != nil {
				return UserRoleList{}, err
			}
			if r != nil {
				all = append(all, UserRole{r.ID, r.Name, r.Platform, a.Scope, "USER_GROUP", g.ID, g.Name})
			}
		}
	}
	all = slices.DeleteFunc(all, func(r UserRole) bool { return !mentions(r.Name, in.Doc.Text) })
	return UserRoleList{append([]UserRole{}, window(all, in.Doc.Page)...), total{len(all)}}, nil
}

// UserIn names a user.
type UserIn struct {
	UserID string `path:"userId"`
}

// RbacInfo is GetRbacInfoResponse.
type RbacInfo struct {
	OthersTrips bool        `json:"hasOthersTripAccess"`
	Permissions []Allowance `json:"permissions"`
}

// GetRbacInfo answers what a user may do by both systems together, without where.
func (s *Service) GetRbacInfo(ctx context.Context, in UserIn) (RbacInfo, error) {
	if err := s.dir.MayReach(ctx, in.UserID); err != nil {
		return RbacInfo{}, err
	}
	u, err := s.dir.User(ctx, in.UserID)
	if err != nil {
		return RbacInfo{}, err
	}
	if !u.Active {
		return RbacInfo{}, errs.Missing("user", in.UserID)
	}
	grants, err := s.grants(ctx, in.UserID)
	if err != nil {
		return RbacInfo{}, err
	}
	var out RbacInfo
	list := Legacy(actor.Traveler)
	for _, name := range u.Roles {
		// Reports show trips, but not to those who look after them: the reference keeps the two apart.
		out.OthersTrips = out.OthersTrips || name != actor.ReportAdmin && len(Legacy(name)) > 0
		list = append(list, Legacy(name)...)
	}
	for _, g := range grants {
		out.OthersTrips = out.OthersTrips || g.Permits(tripManagement, "READ")
		list = append(list, Allowance{g.Permission, g.Actions})
	}
	out.Permissions = merge(list)
	return out, nil
}
