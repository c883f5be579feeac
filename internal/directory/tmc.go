// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/jsondoc"
)

// BootstrapTMC starts a tenant: a TMC, as the company whose id is the tenant's. It answers that id. It
// needs a write transaction and no actor.
func (s *Service) BootstrapTMC(ctx context.Context, name string) (string, error) {
	id := ids.UUID()
	ctx = actor.With(ctx, &actor.Actor{Tenant: id, Roles: []string{actor.TMCAdmin}})
	doc := jsondoc.New().Set("name", name).Set("billingCurrency", "USD").Set("companyRoles", []string{roleTMC})
	if err := s.companies.Create(ctx, id, id, doc.Bytes()); err != nil {
		return "", err
	}
	return id, s.policies.CompanyCreated(ctx, id)
}
