// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

// Credential is one of the credentials that this server gives out, without its secret.
type Credential struct {
	ClientID, Tenant, Kind string // Kind is API_USER, SCIM or APPLICATION
	CreatedAt, RotatedAt   time.Time
}

// Census lists all credentials of all tenants; the context carries a transaction.
func (s *Service) Census(ctx context.Context) (out []Credential, err error) {
	for _, kind := range []string{kindClient, kindApplication} {
		for r, err := range store.Read(ctx).List(store.Query{Tenant: Platform, Kind: kind}) {
			if err != nil {
				return nil, err
			}
			c, err := readClient(r)
			if err != nil {
				return nil, err
			}
			what := "API_USER"
			if c.Application {
				what = "APPLICATION"
			} else if c.SCIM {
				what = "SCIM"
			}
			out = append(out, Credential{c.ID, c.Tenant, what, c.CreatedAt, c.RotatedAt})
		}
	}
	return out, nil
}
