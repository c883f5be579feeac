// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"encoding/json"
	"time"

	"github.com/airside-travel/airside/internal/actor"
)

// Standing is what a company is and who books for it.
type Standing struct {
	ID                         string
	Roles                      []string // as CompanyRole spells them
	ContractingTMC, BookingTMC string   // the latter is the former's unless the company names one
	CreatedAt                  time.Time
}

// Standings lists the live companies of the caller's tenant. Like the reads of facts.go it checks no
// permission.
func (s *Service) Standings(ctx context.Context) ([]Standing, error) {
	var out []Standing
	for r, err := range s.companies.List(ctx, actor.Tenant(ctx)) {
		if err != nil {
			return nil, err
		}
		var f companyFields
		if err := json.Unmarshal(r.Doc, &f); err != nil {
			return nil, err
		}
		c := Standing{r.ID, f.CompanyRoles, f.ContractedBy.ID, f.BookingTMC.ID, r.CreatedAt}
		if c.BookingTMC == "" {
			c.BookingTMC = c.ContractingTMC
		}
		out = append(out, c)
	}
	return out, nil
}

// Standing reads a live company. RESOURCE_NOT_FOUND.
func (s *Service) Standing(ctx context.Context, id string) (*Standing, error) {
	f, err := s.Company(ctx, id)
	if err != nil {
		return nil, err
	}
	r, err := live(ctx, kindCompany, id)
	if err != nil {
		return nil, err
	}
	return &Standing{id, f.Roles, f.ContractingTMC, f.BookingTMC, r.CreatedAt}, nil
}

// MayReach is nil when the caller may see an active user. RESOURCE_NOT_FOUND, ACCESS_DENIED.
func (s *Service) MayReach(ctx context.Context, userID string) error {
	_, err := s.user(ctx, userID, false)
	return err
}
