// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// SecretAge says how old the signing secret of a webhook subscription is.
type SecretAge struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Since    time.Time `json:"secretSince"`
	Known    bool      `json:"known"`           // else it is not older than the subscription, which Since is then
	Previous int       `json:"previousSecrets"` // that still sign
}

// SecretAges lists those of the caller's tenant.
func (s *Service) SecretAges(ctx context.Context) ([]SecretAge, error) {
	out := []SecretAge{}
	now := s.now(ctx)
	for r, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kindSubscription}) {
		if err != nil {
			return nil, err
		}
		sub, err := decodeSubscription(r)
		if err != nil {
			return nil, err
		}
		age := SecretAge{ID: sub.ID, Name: sub.Name, Since: r.CreatedAt.UTC(), Previous: max(0, len(signing(sub.Secrets, now))-1)}
		if len(sub.Secrets) > 0 && !sub.Secrets[0].Since.IsZero() {
			age.Since, age.Known = sub.Secrets[0].Since.UTC(), true
		}
		out = append(out, age)
	}
	return out, nil
}
