// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/peers"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/supplier"
)

// Whether a seat is free is decided by its row, in the transaction that sells it. The ledger in memory is
// for searches; where several processes sell, each follows the others' sales through the log.
const (
	kindSeat    = "air.seat"    // how many seats of a supplier.SeatKey are sold
	kindSeatLog = "air.seatlog" // the last changes of such rows, by number modulo seatLog
	seatLog     = 256
)

// seatChange is one entry of the log.
type seatChange struct {
	N    int64     `json:"n"`
	Rows []seatRow `json:"rows"`
}

// seatRow is a row with the version it had.
type seatRow struct {
	supplier.SeatDelta
	Version int64 `json:"version,omitempty"`
}

// followed is how far the log was read, by tenant.
type followed struct {
	mu sync.Mutex
	n  map[string]int64
}

func (f *followed) at(tenant string) (n int64, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, ok = f.n[tenant]
	return n, ok
}

// reach notes that everything up to n was read. A change of this process counts when none is missing before it.
func (f *followed) reach(tenant string, n int64, own bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n == nil {
		f.n = map[string]int64{}
	}
	if k, ok := f.n[tenant]; own && (!ok || k != n-1) || ok && k > n {
		return
	}
	f.n[tenant] = n
}

func seatID(k supplier.SeatKey) string {
	return fmt.Sprintf("%s%d/%s-%s/%d/%d", k.Carrier, k.Number, k.Origin, k.Destination, k.Date, k.Cabin)
}

// soldOf reads, inside the transaction that sells, how many seats of a key are sold. What has no row
// yet is what the bookings of before there were rows add up to.
func (s *Service) soldOf(ctx context.Context, key supplier.SeatKey) (n int, has bool, err error) {
	tenant := actor.Tenant(ctx)
	rec, err := store.Read(ctx).Get(tenant, kindSeat, seatID(key))
	if errors.Is(err, store.ErrNotFound) {
		return s.supplier.Inventory().Sold(tenant, key), false, nil
	} else if err != nil {
		return 0, false, err
	}
	var row seatRow
	if err := json.Unmarshal(rec.Doc, &row); err != nil {
		return 0, false, fmt.Errorf("air: seats of %s: %w", rec.ID, err)
	}
	return row.Sold, true, nil
}

// sell writes that so many more seats are sold, or fewer.
func (s *Service) sell(ctx context.Context, seats []supplier.SeatDelta) error {
	tx, tenant, now := store.From(ctx), actor.Tenant(ctx), s.now(ctx)
	c := seatChange{Rows: make([]seatRow, 0, len(seats))}
	for _, d := range seats {
		sold, has, err := s.soldOf(ctx, d.SeatKey)
		if err != nil {
			return err
		}
		row := seatRow{SeatDelta: supplier.SeatDelta{SeatKey: d.SeatKey, Sold: sold + d.Sold}}
		rec := &store.Record{Tenant: tenant, Kind: kindSeat, ID: seatID(d.SeatKey), CreatedAt: now, UpdatedAt: now}
		if rec.Doc, err = json.Marshal(row); err != nil {
			return fmt.Errorf("air: seats: %w", err)
		}
		if has {
			err = tx.Update(rec, 0)
		} else {
			err = tx.Insert(rec)
		}
		if err != nil {
			return err
		}
		row.Version = max(rec.Version, 1)
		c.Rows = append(c.Rows, row)
	}
	c.N = peers.Note(ctx, tenant, peers.Seats, func(n int64) {
		s.show(tenant, c.Rows)
		if n > 0 {
			s.seats.reach(tenant, n, true)
		}
	})
	if c.N == 0 {
		return nil
	}
	rec := &store.Record{Tenant: tenant, Kind: kindSeatLog, ID: strconv.FormatInt(c.N%seatLog, 10), CreatedAt: now, UpdatedAt: now}
	var err error
	if rec.Doc, err = json.Marshal(c); err != nil {
		return fmt.Errorf("air: seats: %w", err)
	}
	if err = tx.Update(rec, 0); errors.Is(err, store.ErrNotFound) {
		err = tx.Insert(rec)
	}
	return err
}

// show has searches see how many seats are sold.
func (s *Service) show(tenant string, rows []seatRow) {
	for _, r := range rows {
		s.supplier.Inventory().Set(tenant, r.SeatKey, r.Sold, r.Version)
	}
}

// Follow has searches see what other processes sold (peers.Follower).
func (s *Service) Follow(ctx context.Context, tenant string, n int64) error {
	k, met := s.seats.at(tenant)
	var err error
	switch {
	case !met:
		err = s.load(ctx, tenant)
	case n-k > seatLog/2:
		err = s.rows(ctx, tenant)
	default:
		for k++; k <= n && err == nil; k++ {
			err = s.change(ctx, tenant, k)
		}
	}
	if err == nil {
		s.seats.reach(tenant, n, false)
	}
	return err
}

// change reads one entry of the log, or all rows when it has been written over.
func (s *Service) change(ctx context.Context, tenant string, n int64) error {
	rec, err := store.Read(ctx).Get(tenant, kindSeatLog, strconv.FormatInt(n%seatLog, 10))
	if errors.Is(err, store.ErrNotFound) {
		return s.rows(ctx, tenant)
	} else if err != nil {
		return err
	}
	var c seatChange
	if err := json.Unmarshal(rec.Doc, &c); err != nil {
		return fmt.Errorf("air: log of seats: %w", err)
	}
	if c.N != n {
		return s.rows(ctx, tenant)
	}
	s.show(tenant, c.Rows)
	return nil
}

// rows reads all that is stored of a tenant's seats.
func (s *Service) rows(ctx context.Context, tenant string) error {
	var rows []seatRow
	for rec, err := range store.Read(ctx).List(store.Query{Tenant: tenant, Kind: kindSeat}) {
		if err != nil {
			return fmt.Errorf("air: seats: %w", err)
		}
		var r seatRow
		if err := json.Unmarshal(rec.Doc, &r); err != nil {
			return fmt.Errorf("air: seats of %s: %w", rec.ID, err)
		}
		r.Version = rec.Version
		rows = append(rows, r)
	}
	s.show(tenant, rows)
	return nil
}
