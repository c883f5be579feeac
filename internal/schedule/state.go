// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/peers"
	"github.com/airside-travel/airside/internal/store"
)

const kindClock = "schedule.clock"

// keep stores the next state of a tenant's clock and, once that is durable, shows it.
func (s *Schedule) keep(ctx context.Context, tenant string, next func(clock.State) clock.State) error {
	return s.store.Update(ctx, func(ctx context.Context) error {
		if err := s.follow(ctx, tenant); err != nil {
			return err
		}
		st := next(s.clocks.State(tenant))
		doc, err := json.Marshal(st)
		if err != nil {
			return err
		}
		tx, now := store.From(ctx), s.clocks.Base().Now()
		rec := func() *store.Record {
			return &store.Record{Tenant: tenant, Kind: kindClock, ID: "clock", CreatedAt: now, UpdatedAt: now, Doc: doc}
		}
		err = tx.Update(rec(), 0)
		if errors.Is(err, store.ErrNotFound) {
			err = tx.Insert(rec())
		}
		if err == nil {
			peers.Note(ctx, tenant, peers.Clock, func(n int64) { s.present(tenant, st, n) })
		}
		return err
	})
}

// present shows a state, unless one of a later change is shown.
func (s *Schedule) present(tenant string, st clock.State, n int64) {
	s.shownMu.Lock()
	defer s.shownMu.Unlock()
	if n >= s.shown[tenant] {
		s.shown[tenant] = n
		s.clocks.Set(tenant, st)
	}
}

// Follow shows the clock that another process set (peers.Follower).
func (s *Schedule) Follow(ctx context.Context, tenant string, n int64) error {
	st, err := s.stored(ctx, tenant)
	if err != nil {
		return err
	}
	if st != s.clocks.State(tenant) {
		s.present(tenant, st, n)
		s.outbox.Wake(tenant)
	}
	return nil
}

// stored is the state that the store has; real time when it has none.
func (s *Schedule) stored(ctx context.Context, tenant string) (st clock.State, err error) {
	r, err := store.Read(ctx).Get(tenant, kindClock, "clock")
	if errors.Is(err, store.ErrNotFound) {
		return st, nil
	} else if err != nil {
		return st, fmt.Errorf("schedule: load clock of %s: %w", tenant, err)
	}
	if err := json.Unmarshal(r.Doc, &st); err != nil {
		return st, fmt.Errorf("schedule: clock of %s: %w", tenant, err)
	}
	return st, nil
}

// Load shows every tenant the clock it had; the context carries a read transaction.
func (s *Schedule) Load(ctx context.Context) error {
	tenants, err := store.Read(ctx).Tenants()
	if err != nil {
		return fmt.Errorf("schedule: load: %w", err)
	}
	for _, t := range tenants {
		st, err := s.stored(ctx, t)
		if err != nil {
			return err
		}
		s.clocks.Set(t, st)
	}
	return nil
}
