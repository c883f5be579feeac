// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"errors"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/telemetry"
)

// errRehearsed undoes the transaction of a rehearsal.
var errRehearsed = errors.New("rehearsed")

// rehearse answers a call in dry-run: it is refused for what a live one would be refused for before it leaves, caps
// included, of which nothing counts; else DRY_RUN, which is written down. What only the real API knows, such as whether
// If-Match holds, stays open.
func (m *Mux) rehearse(ctx context.Context, c *call) error {
	op := c.ep.op
	if op.Effect != contract.Read {
		if _, err := c.condition(); err != nil {
			return err
		}
		err := m.o.Store.Update(ctx, func(ctx context.Context) error {
			if err := m.claim(ctx, c); err != nil {
				return err
			}
			return errRehearsed
		})
		if !errors.Is(err, errRehearsed) {
			return err
		}
		c.out, c.replayed = Answer{}, false
		c.event.AmountMinor, c.event.Currency = 0, "" // nothing was spent
	}
	c.at = telemetry.Mode
	if m.audited(op) {
		if err := m.o.Store.Update(ctx, func(ctx context.Context) error { return m.record(ctx, c, "DRY_RUN", "") }); err != nil {
			return err
		}
		c.recorded = true
	}
	return errs.New(errs.EnvironmentDryRun, "%s is valid and was not sent: the environment %s is in dry-run mode", op.ID, c.event.Environment).
		With("environment", c.event.Environment)
}
