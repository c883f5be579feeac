// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/store"
)

const kindClock = "schedule.clock"

// keep stores the state of a tenant's clock and, once that is durable, shows it.
func (s *Schedule) keep(ctx context.Context, tenant string, st clock.State) error {
	doc, err := json.Marshal(st)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(ctx context.Context) error {
		tx, now := store.From(ctx), s.clocks.Base().Now()
		rec := &store.Record{Tenant: tenant, Kind: kindClock, ID: "clock", CreatedAt: now, UpdatedAt: now, Doc: doc}
		err := tx.Update(rec, 0)
		if errors.Is(err, store.ErrNotFound) {
			err = tx.Insert(rec)
		}
		tx.AfterCommit(func() { s.clocks.Set(tenant, st) })
		return err
	})
}

// Load shows every tenant the clock it had; the context carries a read transaction.
func (s *Schedule) Load(ctx context.Context) error {
	tenants, err := store.Read(ctx).Tenants()
	if err != nil {
		return fmt.Errorf("schedule: load: %w", err)
	}
	for _, t := range tenants {
		r, err := store.Read(ctx).Get(t, kindClock, "clock")
		if errors.Is(err, store.ErrNotFound) {
			continue
		} else if err != nil {
			return fmt.Errorf("schedule: load clock of %s: %w", t, err)
		}
		var st clock.State
		if err := json.Unmarshal(r.Doc, &st); err != nil {
			return fmt.Errorf("schedule: clock of %s: %w", t, err)
		}
		s.clocks.Set(t, st)
	}
	return nil
}
