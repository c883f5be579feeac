// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/jsondoc"
	"github.com/airside-travel/airside/internal/store"
)

func managerLists() []string { return []string{"accountManagers", "customerSuccessManagers"} }

// manager is CompanyManagerInfo: an id with what the profile says now.
type manager struct {
	ID      string `json:"id"`
	Name    string `json:"fullName,omitempty"`
	Email   string `json:"email,omitempty"`
	Picture string `json:"profilePictureUrl,omitempty"`
	Active  bool   `json:"isActive"`
}

// checkManagers keeps the ids alone; each must be a user of the tenant.
func (s *Service) checkManagers(ctx context.Context, d *store.Draft) error {
	for _, list := range managerLists() {
		raw := d.Doc.Get(list)
		if raw == nil {
			continue
		}
		var people []EntityID
		if err := json.Unmarshal(raw, &people); err != nil {
			return errs.Invalidf("/"+list, "type", "must be a list of managers").Because(err)
		}
		for i, m := range people {
			if r, err := live(ctx, kindUser, m.ID); err != nil {
				return err
			} else if r == nil {
				return unknown(fmt.Sprintf("/%s/%d/id", list, i), "user", m.ID)
			}
		}
		d.Doc.Set(list, people)
	}
	return nil
}

// showManagers adds what the profiles say; somebody who is gone stays with his id alone.
func (s *Service) showManagers(ctx context.Context, doc *jsondoc.Object) error {
	for _, list := range managerLists() {
		raw := doc.Get(list)
		if raw == nil {
			continue
		}
		var people []manager
		if err := json.Unmarshal(raw, &people); err != nil {
			return err
		}
		for i := range people {
			r, err := store.Read(ctx).Get(actor.Tenant(ctx), kindUser, people[i].ID)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			u, err := userFacts(r)
			if err != nil {
				return err
			}
			profile, err := document(r)
			if err != nil {
				return err
			}
			people[i] = manager{
				ID: u.ID, Name: strings.TrimSpace(u.Given + " " + u.Family), Email: u.Email, Active: u.Active,
				Picture: profile.Object("personalInfo").Object("profilePicture").String("url"),
			}
		}
		doc.Set(list, people)
	}
	return nil
}

// GetManagersConfig answers the managers as their profiles have them now. RESOURCE_NOT_FOUND while none
// are stored.
func (s *Service) GetManagersConfig(ctx context.Context, in RoleIn) (json.RawMessage, error) {
	return s.getSetting(ctx, &s.settings.managers, in.CompanyID, in.Role)
}

// UpdateManagersConfig replaces both lists. REFERENCE_NOT_FOUND for somebody who is no user.
func (s *Service) UpdateManagersConfig(ctx context.Context, in RoleBodyIn) (struct{}, error) {
	return s.putSetting(ctx, &s.settings.managers, in.CompanyID, in.Role, in.Raw)
}

// DeleteManagersConfig removes both lists.
func (s *Service) DeleteManagersConfig(ctx context.Context, in RoleIn) (struct{}, error) {
	return s.deleteSetting(ctx, &s.settings.managers, in.CompanyID, in.Role)
}
