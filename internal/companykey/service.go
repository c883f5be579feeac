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
	above     Above
}

// New makes the service; master is the installation's master key.
func New(master []byte, clocks *clock.Tenants, companies Companies, above Above) *Service {
	return &Service{master: master, clocks: clocks, companies: companies, above: above}
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

// ProvisionOrRotate gives a company its key, or the next one, and has all its documents sealed with it by a job
// (Reseal). TOO_MANY_REQUESTS within an hour of the last call.
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
	old, rec, err := load(tx, tenant, in.CompanyID)
	if err != nil {
		return Provisioned{}, err
	}
	if old != nil {
		if wait := old.RotatedAt.Add(cooldown).Sub(now); wait > 0 {
			return Provisioned{}, errs.New(errs.TooManyRequests, "the key was made or rotated less than an hour ago; try again in %s",
				wait.Round(time.Second)).With("companyId", in.CompanyID)
		}
	}
	c, err := draw(s.master, tenant, in.CompanyID, old, now)
	if err != nil {
		return Provisioned{}, err
	}
	doc, err := json.Marshal(c)
	if err != nil {
		return Provisioned{}, fmt.Errorf("company key: %w", err)
	}
	var former []int64
	if old == nil {
		err = tx.Insert(&store.Record{Tenant: tenant, Kind: kindKey, ID: in.CompanyID, CreatedAt: now, UpdatedAt: now, Doc: doc})
	} else {
		former = []int64{old.Number}
		err = replace(tx, rec, old.Number, doc, now)
	}
	if err != nil {
		return Provisioned{}, store.Explain(err, "company key", in.CompanyID, nil)
	}
	if err := begin(tx, tenant, in.CompanyID, c.Number, former, now); err != nil {
		return Provisioned{}, err
	}
	return Provisioned{c.ID, old == nil}, nil
}

// replace puts the key of today among the former ones, which open what they sealed until the walk has ended,
// and the next one in its place. It leaves no copy where it was.
func replace(tx store.Tx, rec *store.Record, number int64, doc []byte, now time.Time) error {
	if err := tx.Erase(); err != nil {
		return err
	}
	if err := tx.Insert(&store.Record{
		Tenant: rec.Tenant, Kind: kindFormer, ID: formerID(rec.ID, number), CreatedAt: now, UpdatedAt: now, Doc: rec.Doc,
	}); err != nil {
		return err
	}
	rec.Doc, rec.UpdatedAt = doc, now
	return tx.Update(rec, rec.Version)
}
