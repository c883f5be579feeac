// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"

	"github.com/airside-travel/airside/internal/policy"
)

// rulebook lets policy ask the directory about companies and people. It asks late: the directory gives
// every new company a policy and is made after them.
type rulebook struct{ s *services }

func (b rulebook) Currency(ctx context.Context, companyID string) (string, error) {
	c, err := b.s.directory.Company(ctx, companyID)
	if err != nil {
		return "", err
	}
	return c.Currency, nil
}

func (b rulebook) Feature(ctx context.Context, companyID, name string) (string, error) {
	return b.s.directory.Feature(ctx, companyID, name)
}

func (b rulebook) Belongs(ctx context.Context, companyID string, what policy.Thing, id string) (bool, error) {
	return b.s.directory.Belongs(ctx, companyID, string(what), id)
}

func (b rulebook) Things(ctx context.Context, companyID string, what policy.Thing) ([]policy.Reference, error) {
	list, err := b.s.directory.Things(ctx, companyID, string(what))
	out := make([]policy.Reference, len(list))
	for i, r := range list {
		out[i] = policy.Reference{ID: r.ID, Name: r.Name}
	}
	return out, err
}

func (b rulebook) Person(ctx context.Context, userID string) (policy.Person, error) {
	p, err := b.s.directory.PlacementOf(ctx, userID)
	if err != nil {
		return policy.Person{}, err
	}
	return policy.Person{
		ID: p.UserID, CompanyID: p.CompanyID, Persona: p.Persona,
		LegalEntity: p.LegalEntity, Office: p.Office, Department: p.Department, CostCenter: p.CostCenter, Grade: p.Grade,
		Title: p.Title, Country: p.Country, WorkerType: p.WorkerType, Accounting: p.AccountingCode,
	}, nil
}
