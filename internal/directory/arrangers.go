// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// TravelArrangers is UserTravelArrangers.
type TravelArrangers struct {
	Arrangers []ArrangerInfo `json:"travelArrangers"`
}

// ArrangerInfo is TravelArrangerBasicInfo: who arranges, as his profile has him now.
type ArrangerInfo struct {
	Name   json.RawMessage `json:"name,omitempty"`
	Email  string          `json:"email,omitempty"`
	Phones json.RawMessage `json:"phoneNumbers,omitempty"`
	UserID EntityID        `json:"userId"`
	Status string          `json:"status"`
}

// GetTravelArrangers answers who arranges travel for the user. CHOICE: an arrangement made by giving
// the role is ACCEPTED at once.
func (s *Service) GetTravelArrangers(ctx context.Context, in UserIn) (TravelArrangers, error) {
	p, err := s.user(ctx, in.UserID, false)
	if err != nil {
		return TravelArrangers{}, err
	}
	list, err := s.arrangersOf(ctx, p.rec.ID)
	return TravelArrangers{append([]ArrangerInfo{}, list...)}, err
}

// arrangersOf works out from the roles of others who arranges for a traveler; inactive people do not.
func (s *Service) arrangersOf(ctx context.Context, travelerID string) ([]ArrangerInfo, error) {
	var found []string
	for r, err := range store.Read(ctx).List(store.Query{
		Tenant: actor.Tenant(ctx), Kind: kindRoles, Field: arranges, Value: travelerID,
	}) {
		if err != nil {
			return nil, err
		}
		found = append(found, r.ID)
	}
	var out []ArrangerInfo
	for _, id := range found {
		r, err := live(ctx, kindUser, id)
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		p := &person{rec: r}
		if p.doc, err = document(r); err != nil {
			return nil, err
		}
		info := ArrangerInfo{UserID: EntityID{id}, Status: "ACCEPTED"}
		info.Email, _ = p.email()
		personal := p.doc.Object("personalInfo")
		info.Name, info.Phones = personal.Get("name"), personal.Get("phoneNumbers")
		out = append(out, info)
	}
	return out, nil
}

// arrangersChanged brings the travelers who got or lost an arranger to their next version and tells so.
func (s *Service) arrangersChanged(ctx context.Context, arrangerID string, before, after []string) error {
	var touched []string
	for _, id := range before {
		if !slices.Contains(after, id) {
			touched = append(touched, id)
		}
	}
	for _, id := range after {
		if !slices.Contains(before, id) {
			touched = append(touched, id)
		}
	}
	for _, id := range touched {
		r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindUser, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && (r.Deleted || r.ID == arrangerID) {
			continue
		}
		if err != nil {
			return err
		}
		p, err := s.person(ctx, r)
		if err != nil {
			return err
		}
		if err := s.writeUser(ctx, p); err != nil {
			return err
		}
		if err := s.announceUser(ctx, p, "UPDATE"); err != nil {
			return err
		}
	}
	return nil
}
