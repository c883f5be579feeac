// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// storedMember is what the store keeps of a membership; the time of joining is the record's.
type storedMember struct {
	UserID    string `json:"userId"`
	CompanyID string `json:"companyId"` // of the group
}

func openMember(rec *store.Record) (storedMember, error) {
	var m storedMember
	if err := json.Unmarshal(rec.Doc, &m); err != nil {
		return m, fmt.Errorf("access: membership %s: %w", rec.ID, err)
	}
	return m, nil
}

// members are the memberships of a group in the order of joining.
func (s *Service) members(ctx context.Context, groupID string) ([]*store.Record, error) {
	return collect(ctx, store.Query{Tenant: actor.Tenant(ctx), Kind: kindMember, Parent: groupID})
}

func collect(ctx context.Context, q store.Query) ([]*store.Record, error) {
	var out []*store.Record
	for rec, err := range store.Read(ctx).List(q) {
		if err != nil {
			return nil, err
		}
		out = append(out, rec)
	}
	return out, nil
}

// ListMembersIn is the input of listUserGroupMembers.
type ListMembersIn struct {
	CompanyID string `path:"companyId"`
	GroupID   string `path:"groupId"`
	Doc       struct {
		Page paging `json:"pagination"`
	} `body:"json"`
}

// MemberList is ListUserGroupMembersResponse.
type MemberList struct {
	Members    []Member `json:"members"`
	Pagination total    `json:"pagination"`
}

// Member is UserGroupMember.
type Member struct {
	UserID  string `json:"userId"`
	AddedAt moment `json:"addedAt"`
}

// ListMembers answers a page of the members, inactive users included: they are members again when they
// are activated.
func (s *Service) ListMembers(ctx context.Context, in ListMembersIn) (MemberList, error) {
	g, err := s.group(ctx, GroupIn{in.CompanyID, in.GroupID})
	if err != nil {
		return MemberList{}, err
	}
	all, err := s.members(ctx, g.ID)
	if err != nil {
		return MemberList{}, err
	}
	out := MemberList{Members: []Member{}, Pagination: total{len(all)}}
	for _, rec := range window(all, in.Doc.Page) {
		m, err := openMember(rec)
		if err != nil {
			return MemberList{}, err
		}
		out.Members = append(out.Members, Member{m.UserID, at(rec.CreatedAt)})
	}
	return out, nil
}

// MembersIn is the input of addUserGroupMembers and removeUserGroupMembers.
type MembersIn struct {
	CompanyID string `path:"companyId"`
	GroupID   string `path:"groupId"`
	Doc       struct {
		Users []string `json:"userIds"`
	} `body:"json"`
}

// AddMembers adds users of the company to any of its groups, all or none. REFERENCE_NOT_FOUND for others
// and inactive ones, ACCESS_DENIED when the group gives more than the caller has.
func (s *Service) AddMembers(ctx context.Context, in MembersIn) (struct{}, error) {
	g, err := s.group(ctx, GroupIn{in.CompanyID, in.GroupID})
	if err != nil {
		return struct{}{}, err
	}
	if err := s.mayGive(ctx, g.Assignments, "/userIds"); err != nil {
		return struct{}{}, err
	}
	now := s.now(ctx)
	for i, id := range in.Doc.Users {
		u, err := s.dir.User(ctx, id)
		if errs.Is(err, errs.ResourceNotFound) || err == nil && (!u.Active || u.CompanyID != g.CompanyID) {
			return struct{}{}, errs.OnField(errs.ReferenceNotFound, fmt.Sprintf("/userIds/%d", i), "reference",
				"the company has no active user %q", id)
		}
		if err != nil {
			return struct{}{}, err
		}
		if old, err := s.membership(ctx, g.ID, id); err != nil || old != nil {
			if err != nil {
				return struct{}{}, err
			}
			continue
		}
		doc, err := json.Marshal(storedMember{id, g.CompanyID})
		if err != nil {
			return struct{}{}, err
		}
		err = store.From(ctx).Insert(&store.Record{
			Tenant: actor.Tenant(ctx), Kind: kindMember, ID: ids.UUID(), Parent: g.ID, Company: g.CompanyID, CreatedAt: now, UpdatedAt: now, Doc: doc,
			Index: []store.Entry{{Field: memberKey, Value: g.ID + "/" + id, Unique: true}, {Field: memberUser, Value: id}},
		})
		if err != nil {
			return struct{}{}, err
		}
		s.UserChanged(ctx, id)
	}
	return struct{}{}, nil
}

// RemoveMembers takes users out of a group, who lose its roles with their next request. Ids that are not
// members are ignored.
func (s *Service) RemoveMembers(ctx context.Context, in MembersIn) (struct{}, error) {
	g, err := s.group(ctx, GroupIn{in.CompanyID, in.GroupID})
	if err != nil {
		return struct{}{}, err
	}
	for _, id := range in.Doc.Users {
		m, err := s.membership(ctx, g.ID, id)
		if err != nil {
			return struct{}{}, err
		}
		if m == nil {
			continue
		}
		if err := store.From(ctx).Remove(m.Tenant, kindMember, m.ID); err != nil {
			return struct{}{}, err
		}
		s.UserChanged(ctx, id)
	}
	return struct{}{}, nil
}

// membership finds a user in a group; nil when he is not in it.
func (s *Service) membership(ctx context.Context, groupID, userID string) (*store.Record, error) {
	rec, err := store.Read(ctx).Find(actor.Tenant(ctx), kindMember, memberKey, groupID+"/"+userID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil //nolint:nilnil // the answer to "which" is "none"
	}
	return rec, err
}
