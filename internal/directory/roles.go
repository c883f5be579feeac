// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/revision"
	"github.com/airside-travel/airside/internal/store"
)

// arranges is the index of role lists by the travelers they arrange for.
const arranges = "user_roles.arranges"

// Role is one role of a user.
type Role struct {
	Type        string   // as RoleTypeEnum spells it
	CompanyID   string   // of company roles; empty: the user's own company
	TMCID       string   // of TMC roles
	ArrangerFor []string // of TRAVEL_ARRANGER: the travelers
}

// roleConfig is RoleConfig; the metadata of all kinds of role in one.
type roleConfig struct {
	Type string `json:"roleType"`
	Meta struct {
		Type        string    `json:"roleType"`
		ArrangerFor []arrange `json:"arrangerFor"`
		Company     EntityID  `json:"companyRef"`
		TMC         EntityID  `json:"tmcRef"`
	} `json:"metadata"`
	Former struct {
		Arranger struct {
			ArrangerFor []arrange `json:"arrangerFor"`
		} `json:"travelArrangerMetadata"`
	} `json:"roleMetadata"`
}

type arrange struct {
	UserID string `json:"userId"`
}

// GetUserRoles answers every role with its metadata (schema RolesConfig).
func (s *Service) GetUserRoles(ctx context.Context, in UserIn) (json.RawMessage, error) {
	p, err := s.user(ctx, in.UserID, false)
	if err != nil {
		return nil, err
	}
	r, err := rolesRecord(ctx, p.rec.ID)
	if err != nil {
		return nil, err
	}
	revision.Answer(ctx, p.rec.Version)
	return r.Doc, nil
}

// UpdateUserRoles replaces the complete list of roles. Errors: REFERENCE_NOT_FOUND, ACCESS_DENIED for a
// role that the caller may not give.
func (s *Service) UpdateUserRoles(ctx context.Context, in UserBodyIn) (struct{}, error) {
	p, err := s.user(ctx, in.UserID, false)
	if err != nil {
		return struct{}{}, err
	}
	if err := revision.Demand(ctx, p.rec.Version); err != nil {
		return struct{}{}, err
	}
	doc, err := body(in.Raw)
	if err != nil {
		return struct{}{}, err
	}
	before, err := rolesRecord(ctx, p.rec.ID)
	if err != nil {
		return struct{}{}, err
	}
	revision.Replace(ctx, before.Doc, in.Raw)
	if err := s.giveRoles(ctx, p, doc.Get("roles"), "/roles"); err != nil {
		return struct{}{}, err
	}
	if err := s.writeUser(ctx, p); err != nil { // the next version of the user, though the profile is the same
		return struct{}{}, err
	}
	revision.Answer(ctx, p.rec.Version)
	return struct{}{}, s.announceUser(ctx, p, "UPDATE")
}

// rolesRecord is the role list of a user, an empty new one when nothing is stored (Version 0).
func rolesRecord(ctx context.Context, userID string) (*store.Record, error) {
	tenant := actor.Tenant(ctx)
	r, err := store.Read(ctx).Get(tenant, kindRoles, userID)
	if errors.Is(err, store.ErrNotFound) {
		return &store.Record{Tenant: tenant, Kind: kindRoles, ID: userID, Doc: []byte(`{"roles":[]}`)}, nil
	}
	return r, err
}

// giveRoles stores the list of roles, and brings the profiles of the travelers whose arrangers changed
// to their next version.
func (s *Service) giveRoles(ctx context.Context, p *person, raw json.RawMessage, pointer string) error {
	var list []roleConfig
	if err := json.Unmarshal(raw, &list); err != nil {
		return errs.Invalidf(pointer, "type", "must be a list of roles").Because(err)
	}
	r, err := rolesRecord(ctx, p.rec.ID)
	if err != nil {
		return err
	}
	before, err := decodeRoles(r.Doc)
	if err != nil {
		return err
	}
	for i := range list {
		if err := s.checkRole(ctx, p, &list[i], fmt.Sprintf("%s/%d", pointer, i)); err != nil {
			return err
		}
	}
	if err := mayGive(ctx, before, list, pointer); err != nil {
		return err
	}
	var index []store.Entry
	for _, id := range travelersOf(list) {
		index = append(index, store.Entry{Field: arranges, Value: id})
	}
	now := s.clocks.Now(actor.Tenant(ctx))
	r.Parent, r.UpdatedAt, r.Index = p.rec.Parent, now, index
	r.Doc = jsondoc.New().SetRaw("roles", raw).Bytes()
	if r.Version == 0 {
		r.CreatedAt = now
		err = store.From(ctx).Insert(r)
	} else {
		err = store.From(ctx).Update(r, r.Version)
	}
	if err != nil {
		return store.Explain(err, "role list", p.rec.ID, nil)
	}
	return s.arrangersChanged(ctx, p.rec.ID, travelersOf(before), travelersOf(list))
}

func decodeRoles(doc []byte) ([]roleConfig, error) {
	var stored struct{ Roles []roleConfig }
	err := json.Unmarshal(doc, &stored)
	return stored.Roles, err
}

// arrangerFor are the travelers of one role, in the present or the former place.
func (r *roleConfig) arrangerFor() []arrange {
	if r.Type != actor.Arranger {
		return nil
	}
	if len(r.Meta.ArrangerFor) > 0 {
		return r.Meta.ArrangerFor
	}
	return r.Former.Arranger.ArrangerFor
}

// travelersOf are the travelers of all roles, each once.
func travelersOf(list []roleConfig) []string {
	var out []string
	for i := range list {
		for _, a := range list[i].arrangerFor() {
			if a.UserID != "" && !slices.Contains(out, a.UserID) {
				out = append(out, a.UserID)
			}
		}
	}
	return out
}

// checkRole makes sure that what the role names exists.
func (s *Service) checkRole(ctx context.Context, p *person, r *roleConfig, pointer string) error {
	if r.Type == "" {
		return errs.Invalidf(pointer+"/roleType", "required", "a role needs its type")
	}
	if r.Meta.Type != "" && r.Meta.Type != r.Type {
		return errs.Invalidf(pointer+"/metadata/roleType", "enum", "must be the type of the role").Allow(r.Type)
	}
	if id := r.Meta.Company.ID; id != "" && id != p.rec.Parent {
		return unknown(pointer+"/metadata/companyRef/id", "company of this user", id)
	}
	if id := r.Meta.TMC.ID; id != "" && id != p.contractingTMC() && id != actor.Tenant(ctx) {
		return unknown(pointer+"/metadata/tmcRef/id", "TMC of this user", id)
	}
	at := pointer + "/metadata/arrangerFor"
	if len(r.Meta.ArrangerFor) == 0 {
		at = pointer + "/roleMetadata/travelArrangerMetadata/arrangerFor"
	}
	for i, a := range r.arrangerFor() {
		if err := s.colleague(ctx, p, a.UserID, fmt.Sprintf("%s/%d/userId", at, i)); err != nil {
			return err
		}
	}
	return nil
}

// mayGive refuses to hand out, or take away, more than the caller has: roles of a company take its
// administrator, those of a TMC the TMC's, global ones a global administrator.
func mayGive(ctx context.Context, before, after []roleConfig, pointer string) error {
	a := actor.From(ctx)
	for i, r := range after {
		if !mayHandle(a, r.Type) && !hasRole(before, r.Type) {
			return errs.OnField(errs.AccessDenied, fmt.Sprintf("%s/%d/roleType", pointer, i), "role",
				"this caller may not give the role %s", r.Type)
		}
	}
	for _, r := range before {
		if !mayHandle(a, r.Type) && !hasRole(after, r.Type) {
			return errs.OnField(errs.AccessDenied, pointer, "role", "this caller may not take the role %s away", r.Type)
		}
	}
	return nil
}

func mayHandle(a *actor.Actor, role string) bool {
	switch role {
	case actor.GlobalAdmin, actor.GlobalAgent:
		return a.Has(actor.GlobalAdmin)
	case actor.TMCAdmin, actor.TMCAgent:
		return a.Wide() && a.Has(actor.TMCAdmin)
	}
	return a.Has(actor.TMCAdmin, actor.CompanyAdmin)
}

func hasRole(list []roleConfig, role string) bool {
	return slices.ContainsFunc(list, func(r roleConfig) bool { return r.Type == role })
}
