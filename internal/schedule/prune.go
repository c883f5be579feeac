// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"context"
	"log/slog"
	"time"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
)

// How long things are kept that only serve for a while, on the tenant's clock. Audit entries have a
// policy of their own (audit/keeper), on the system's clock.
const (
	keepAnswers  = 24 * time.Hour      // of calls with an Idempotency-Key
	keepAttempts = 30 * 24 * time.Hour // to deliver a webhook, unless it is pending or parked
	keepEvents   = 90 * 24 * time.Hour // told by webhooks, unless a delivery of theirs is pending or parked
)

const (
	pruneEvery = time.Hour // real time
	pruneBatch = 500       // rows of each sort in one transaction: others want to write, too
)

// Prune deletes what a tenant no longer needs and returns how many rows that were.
func (s *Schedule) Prune(ctx context.Context, tenant string) (total int, err error) {
	defer errs.Wrap(&err, "prune %s", tenant)
	now := s.clocks.Now(tenant)
	before := store.Expiry{Answers: now.Add(-keepAnswers), Attempts: now.Add(-keepAttempts), Events: now.Add(-keepEvents)}
	for {
		n := 0
		err := s.store.Update(ctx, func(ctx context.Context) (err error) {
			n, err = store.From(ctx).Prune(tenant, before, pruneBatch)
			return err
		})
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

// pruneAll does it for every tenant. What fails is tried again an hour later.
func (s *Schedule) pruneAll(ctx context.Context) {
	var tenants []string
	err := s.store.View(ctx, func(ctx context.Context) (err error) {
		tenants, err = store.Read(ctx).Tenants()
		return err
	})
	for _, t := range tenants {
		if err == nil {
			_, err = s.Prune(ctx, t)
		}
	}
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "schedule: what is out of date could not be deleted", slog.Any("error", err))
	}
}
