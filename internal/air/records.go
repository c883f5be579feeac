// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/supplier"
)

// Kinds of records.
const (
	kindUsed  = "air.booking" // a bookingId that was used, by digest
	kindOrder = "air.order"   // the order at the airline behind a PNR, by pnrId
	kindSold  = "air.sold"    // the seats a PNR takes from the inventory, by pnrId
)

// LoadLedger hands the seats of all live bookings to the supplier's inventory. Call it once, inside
// View, before the first search. The error is the store's.
func (s *Service) LoadLedger(ctx context.Context) error {
	r := store.Read(ctx)
	tenants, err := r.Tenants()
	if err != nil {
		return err
	}
	for _, tenant := range tenants {
		if err := s.load(ctx, tenant); err != nil {
			return err
		}
	}
	return nil
}

// load hands the seats of a tenant's live bookings to the inventory.
func (s *Service) load(ctx context.Context, tenant string) error {
	var rows []supplier.SeatDelta
	for rec, err := range store.Read(ctx).List(store.Query{Tenant: tenant, Kind: kindSold}) {
		if err != nil {
			return fmt.Errorf("air: seats sold: %w", err)
		}
		var seats []supplier.SeatDelta
		if err := json.Unmarshal(rec.Doc, &seats); err != nil {
			return fmt.Errorf("air: seats sold for PNR %s: %w", rec.ID, err)
		}
		rows = append(rows, seats...)
	}
	s.supplier.Inventory().Load(tenant, func(yield func(supplier.SeatDelta) bool) {
		for _, d := range rows {
			if !yield(d) {
				return
			}
		}
	})
	return s.rows(ctx, tenant)
}

// useOnce records the use of a bookingId; BOOKING_EXPIRED the second time.
func (s *Service) useOnce(ctx context.Context, key string) error {
	now := s.now(ctx)
	err := store.From(ctx).Insert(&store.Record{Tenant: actor.Tenant(ctx), Kind: kindUsed, ID: key, CreatedAt: now, UpdatedAt: now, Doc: []byte(`{}`)})
	if errors.Is(err, store.ErrExists) {
		return errs.New(errs.BookingExpired, "this bookingId was used already").Hinting("look the PNR up before booking again")
	}
	return err
}

// keepOrder stores the airline's order and its seats beside a new PNR.
func (s *Service) keepOrder(ctx context.Context, company, pnrID string, o *supplier.Order) error {
	doc, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("air: order: %w", err)
	}
	seats, err := json.Marshal(o.Seats)
	if err != nil {
		return fmt.Errorf("air: seats: %w", err)
	}
	tx, now := store.From(ctx), s.now(ctx)
	rec := store.Record{Tenant: actor.Tenant(ctx), ID: pnrID, Company: company, CreatedAt: now, UpdatedAt: now}
	order, sold := rec, rec
	order.Kind, order.Doc = kindOrder, doc
	sold.Kind, sold.Doc = kindSold, seats
	if err := tx.Insert(&order); err != nil {
		return err
	}
	if err := tx.Insert(&sold); err != nil {
		return err
	}
	return s.sell(ctx, o.Seats)
}

// order reads the airline's order behind a PNR; nil when the PNR was booked elsewhere.
func (s *Service) order(ctx context.Context, pnrID string) (*supplier.Order, int64, error) {
	rec, err := store.Read(ctx).Get(actor.Tenant(ctx), kindOrder, pnrID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	o := new(supplier.Order)
	if err := json.Unmarshal(rec.Doc, o); err != nil {
		return nil, 0, fmt.Errorf("air: order of PNR %s: %w", pnrID, err)
	}
	return o, rec.Version, nil
}

// saveOrder replaces the order behind a PNR; the seats are given back when it holds none any more.
func (s *Service) saveOrder(ctx context.Context, company, pnrID string, version int64, o *supplier.Order) error {
	doc, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("air: order: %w", err)
	}
	tx, now := store.From(ctx), s.now(ctx)
	if err := tx.Update(&store.Record{Tenant: actor.Tenant(ctx), Kind: kindOrder, ID: pnrID, Company: company, UpdatedAt: now, Doc: doc}, version); err != nil {
		return err
	}
	if o.Status == supplier.OrderCancelled || o.Status == supplier.OrderRejected {
		return s.giveBack(ctx, pnrID)
	}
	return nil
}

// giveBack ends what a PNR takes from the inventory.
func (s *Service) giveBack(ctx context.Context, pnrID string) error {
	tx, tenant := store.From(ctx), actor.Tenant(ctx)
	rec, err := tx.Get(tenant, kindSold, pnrID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	var seats []supplier.SeatDelta
	if err := json.Unmarshal(rec.Doc, &seats); err != nil {
		return fmt.Errorf("air: seats sold for PNR %s: %w", pnrID, err)
	}
	if err := tx.Remove(tenant, kindSold, pnrID); err != nil {
		return err
	}
	for i := range seats {
		seats[i].Sold = -seats[i].Sold
	}
	return s.sell(ctx, seats)
}

// decide ties a change of inventory to the transaction: final when it commits, undone when it does
// not. A transaction that runs again forgets its hooks, so the change of the run before is kept under
// the key and undone first.
func (s *Service) decide(tx store.Tx, key string, r supplier.Reservation) {
	if r == nil {
		return
	}
	s.pending.Store(key, r)
	tx.AfterCommit(func() {
		s.pending.CompareAndDelete(key, r)
		r.Commit()
	})
	tx.AfterRollback(func() {
		s.pending.CompareAndDelete(key, r)
		r.Rollback()
	})
}

// again undoes what an earlier run of the same transaction left behind.
func (s *Service) again(key string) {
	if r, ok := s.pending.LoadAndDelete(key); ok {
		r.(supplier.Reservation).Rollback()
	}
}
