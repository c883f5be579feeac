// SPDX-License-Identifier: Apache-2.0

package air

import (
	"bytes"
	"context"
	"fmt"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
)

// Forget takes a person out of the orders at the airlines and returns how many those are; redact does it to
// one document. A dry run only counts.
func (s *Service) Forget(ctx context.Context, redact func([]byte) ([]byte, bool, error), dry bool) (int, error) {
	var found []*store.Record
	for r, err := range store.Read(ctx).List(store.Query{Tenant: actor.Tenant(ctx), Kind: kindOrder, Deleted: true}) {
		if err != nil {
			return 0, fmt.Errorf("air: orders: %w", err)
		}
		doc, changed, err := redact(r.Doc)
		if err != nil {
			return 0, fmt.Errorf("air: order of PNR %s: %w", r.ID, err)
		}
		if changed {
			r.Doc = bytes.Clone(doc)
			found = append(found, r)
		}
	}
	if dry {
		return len(found), nil
	}
	for _, r := range found {
		r.UpdatedAt = s.now(ctx)
		if err := store.From(ctx).Update(r, r.Version); err != nil {
			return 0, fmt.Errorf("air: order of PNR %s: %w", r.ID, err)
		}
	}
	return len(found), nil
}
