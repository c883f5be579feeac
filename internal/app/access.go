// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"slices"

	"github.com/airside-travel/airside/internal/access"
	"github.com/airside-travel/airside/internal/audience"
	"github.com/airside-travel/airside/internal/directory"
)

// members lets access ask the directory who is where.
type members struct{ d *directory.Service }

func (m members) Company(ctx context.Context, id string) (*access.Company, error) {
	c, err := m.d.Standing(ctx, id)
	if err != nil {
		return nil, err
	}
	isTMC := slices.Contains(c.Roles, "TMC") || slices.Contains(c.Roles, "PARTNER_TMC")
	return &access.Company{ID: c.ID, IsTMC: isTMC, CreatedAt: c.CreatedAt}, nil
}

func (m members) Owners(ctx context.Context) (map[string]audience.Owner, error) {
	list, err := m.d.Standings(ctx)
	out := make(map[string]audience.Owner, len(list))
	for _, c := range list {
		out[c.ID] = audience.Owner{Company: c.ID, BookingTMC: c.BookingTMC, ContractingTMC: c.ContractingTMC}
	}
	return out, err
}

func (m members) User(ctx context.Context, id string) (*access.User, error) {
	u, err := m.d.User(ctx, id)
	if err != nil {
		return nil, err
	}
	roles, err := m.d.Roles(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &access.User{ID: u.ID, CompanyID: u.CompanyID, Active: u.Active}
	for _, r := range roles {
		out.Roles = append(out.Roles, r.Type)
	}
	return out, nil
}

func (m members) MayReach(ctx context.Context, userID string) error { return m.d.MayReach(ctx, userID) }
