// SPDX-License-Identifier: Apache-2.0

package review

import (
	"context"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/alert"
	"github.com/airside-travel/airside/internal/store"
)

// JobRemind is the job that says that a review is due: register Remind for it with the schedule.
const JobRemind = "review.remind"

// remindAgain is how often an overdue review is spoken of.
const remindAgain = 7 * 24 * time.Hour

func remind(tx store.Tx, tenant string, due time.Time) error {
	return tx.PutJob(&store.Job{Tenant: tenant, Kind: JobRemind, Key: "next", Due: due})
}

// Begun starts the first period, when a tenant is first used; it runs in that transaction.
func (s *Service) Begun(ctx context.Context, tenant string) error {
	return remind(store.From(ctx), tenant, s.o.Clocks.Now(tenant).Add(Every))
}

// Remind raises an alert about a review that is due, and comes back until there is one.
func (s *Service) Remind(ctx context.Context, j *store.Job) error {
	tx, now := store.From(ctx), s.o.Clocks.Now(j.Tenant)
	v, err := last(tx, j.Tenant)
	if err != nil {
		return err
	}
	seen := "none was ever closed"
	if v != nil {
		seen = "the last one was closed at " + v.ClosedAt.UTC().Format(time.RFC3339)
	}
	if _, err := s.o.Alerts.RaiseIn(ctx, alert.Finding{
		Rule: "access-review-overdue", Severity: alert.Medium, Tenant: j.Tenant, Group: "access-review-overdue",
		Summary: "The access review is due", Expected: fmt.Sprintf("a review every %d days", int(Every/(24*time.Hour))), Seen: seen,
		Advice: "airside access review start", Started: now, Last: now,
	}); err != nil {
		return err
	}
	return remind(tx, j.Tenant, now.Add(remindAgain))
}
