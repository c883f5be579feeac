// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"time"

	"github.com/airside-travel/airside/internal/errs"
)

// What tests in process take into their hands: the time of a travel company, and what it sends.

// Now is the time of a tenant.
func (a *App) Now(tenant string) time.Time { return a.clocks.Now(tenant) }

// Advance moves the clock of a tenant forward, doing what falls due on the way.
func (a *App) Advance(ctx context.Context, tenant string, d time.Duration) (err error) {
	defer errs.Wrap(&err, "advance the clock")
	if d < 0 {
		return errors.New("a clock only moves forward")
	}
	if err := a.services.schedule.Refresh(ctx, tenant); err != nil {
		return err
	}
	_, err = a.services.schedule.MoveTo(ctx, tenant, a.clocks.Now(tenant).Add(d))
	return err
}

// Deliver sends the webhooks of a tenant that are due, waits for those under way, and answers how many attempts
// were made meanwhile.
func (a *App) Deliver(ctx context.Context, tenant string) (int, error) {
	return a.services.outbox.Settle(ctx, tenant)
}
