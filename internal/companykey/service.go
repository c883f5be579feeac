// SPDX-License-Identifier: Apache-2.0

package companykey

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// cooldown is how long after a call the next one is refused, on the tenant's clock (auth page, §7).
const cooldown = time.Hour

// Companies says whether a company exists.
type Companies interface {
	// Company returns nil when it exists in the caller's tenant; RESOURCE_NOT_FOUND.
	Company(ctx context.Context, companyID string) error
}

// Service provisions and rotates keys.
type Service struct {
	master    []byte
	clocks    *clock.Tenants
	companies Companies
}

// New makes the service; master is the installation's master key.
func New(master []byte, clocks *clock.Tenants, companies Companies) *Service {
	return &Service{master: master, clocks: clocks, companies: companies}
}

// CompanyIn is the input of provisionOrRotateTenantKey.
type CompanyIn struct {
	CompanyID string `path:"companyId"`
}

// Provisioned is ProvisionOrRotateTenantKeyResponse.
type Provisioned struct {
	ConfigID string `json:"configId"`
	Created  bool   `json:"created"`
}

// ProvisionOrRotate gives a company its key, or wraps the one it has anew. TOO_MANY_REQUESTS within an hour
// of the last call.
func (s *Service) ProvisionOrRotate(ctx context.Context, in CompanyIn) (Provisioned, error) {
	if err := actor.From(ctx).MayCompany(in.CompanyID); err != nil {
		return Provisioned{}, err
	}
	if err := s.companies.Company(ctx, in.CompanyID); err != nil {
		return Provisioned{}, err
	}
	tenant := actor.Tenant(ctx)
	now := s.clocks.Now(tenant)
	tx := store.From(ctx)
	c, rec, err := load(tx, tenant, in.CompanyID)
	switch {
	case err != nil:
		return Provisioned{}, err
	case c == nil:
		if c, err = provision(s.master, tenant, in.CompanyID, now); err != nil {
			return Provisioned{}, err
		}
		rec = &store.Record{Tenant: tenant, Kind: kindKey, ID: in.CompanyID, CreatedAt: now, UpdatedAt: now}
		if rec.Doc, err = json.Marshal(c); err != nil {
			return Provisioned{}, fmt.Errorf("company key: %w", err)
		}
		return Provisioned{c.ID, true}, store.Explain(tx.Insert(rec), "company key", in.CompanyID, nil)
	}
	if wait := c.RotatedAt.Add(cooldown).Sub(now); wait > 0 {
		return Provisioned{}, errs.New(errs.TooManyRequests, "the key was made or rotated less than an hour ago; try again in %s",
			wait.Round(time.Second)).With("companyId", in.CompanyID)
	}
	if c, err = c.rotate(s.master, tenant, in.CompanyID, now); err != nil {
		return Provisioned{}, err
	}
	rec.UpdatedAt = now
	if rec.Doc, err = json.Marshal(c); err != nil {
		return Provisioned{}, fmt.Errorf("company key: %w", err)
	}
	return Provisioned{ConfigID: c.ID}, store.Explain(tx.Update(rec, rec.Version), "company key", in.CompanyID, nil)
}
