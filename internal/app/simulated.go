// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/airside-travel/airside/internal/supplier"
	"github.com/airside-travel/airside/internal/world"
	"github.com/airside-travel/airside/internal/world/airline"
)

// places reads the world when somebody first asks where something is: a server that only stands in front of a real
// API never does, and has no memory to spare for it.
func places() func() *world.World {
	return sync.OnceValue(func() *world.World {
		w, err := world.Load()
		if err != nil {
			panic(fmt.Errorf("the world in this program cannot be read, and its tests read it: %w", err))
		}
		return w
	})
}

// flights are the simulated airlines, made when they are first needed.
type flights struct {
	engine func() *airline.Engine
	made   *atomic.Bool
}

func simulatedFlights(w func() *world.World) flights {
	made := new(atomic.Bool)
	return flights{made: made, engine: sync.OnceValue(func() *airline.Engine {
		made.Store(true)
		return airline.New(w(), worldSeed)
	})}
}

var _ supplier.Air = flights{}

func (f flights) Info() supplier.Info           { return airline.Info() }
func (f flights) Inventory() supplier.Inventory { return seats{f} }

func (f flights) Shop(ctx context.Context, q *supplier.AirQuery) (*supplier.AirResult, error) {
	return f.engine().Shop(ctx, q)
}

func (f flights) Rebuild(ctx context.Context, ref supplier.Ref) (*supplier.AirOffer, error) {
	return f.engine().Rebuild(ctx, ref)
}

func (f flights) Price(ctx context.Context, ref supplier.Ref, o supplier.PriceOpts) (*supplier.AirOffer, error) {
	return f.engine().Price(ctx, ref, o)
}

func (f flights) Order(ctx context.Context, key string, o *supplier.AirOrder) (*supplier.AirBooking, error) {
	return f.engine().Order(ctx, key, o)
}

func (f flights) Ticket(ctx context.Context, key string, o *supplier.Order, now time.Time) (*supplier.Order, error) {
	return f.engine().Ticket(ctx, key, o, now)
}

func (f flights) QuoteCancel(ctx context.Context, o *supplier.Order, now time.Time) ([]supplier.CancelOption, error) {
	return f.engine().QuoteCancel(ctx, o, now)
}

func (f flights) Cancel(ctx context.Context, key string, o *supplier.Order, opt supplier.CancelOption, now time.Time) (*supplier.AirCancelled, error) {
	return f.engine().Cancel(ctx, key, o, opt, now)
}

func (f flights) QuoteChange(ctx context.Context, o *supplier.Order, ref supplier.Ref, opts supplier.PriceOpts) (*supplier.ChangeQuote, error) {
	return f.engine().QuoteChange(ctx, o, ref, opts)
}

func (f flights) Change(ctx context.Context, key string, o *supplier.Order, quote *supplier.ChangeQuote, now time.Time) (*supplier.AirBooking, error) {
	return f.engine().Change(ctx, key, o, quote, now)
}

// seats is the inventory of the flights. A tenant that has sold none needs none of them.
type seats struct{ f flights }

func (s seats) Load(tenant string, rows iter.Seq[supplier.SeatDelta]) {
	if !s.f.made.Load() {
		some := false
		for range rows {
			some = true
			break
		}
		if !some {
			return
		}
	}
	s.f.engine().Inventory().Load(tenant, rows)
}

func (s seats) Reserve(tenant string, now time.Time, wanted []supplier.SeatDelta, sold supplier.Sold) (supplier.Reservation, error) {
	return s.f.engine().Inventory().Reserve(tenant, now, wanted, sold)
}

func (s seats) Release(tenant string, back []supplier.SeatDelta) supplier.Reservation {
	return s.f.engine().Inventory().Release(tenant, back)
}

func (s seats) Set(tenant string, key supplier.SeatKey, sold int, version int64) {
	s.f.engine().Inventory().Set(tenant, key, sold, version)
}

func (s seats) Sold(tenant string, key supplier.SeatKey) int {
	return s.f.engine().Inventory().Sold(tenant, key)
}

func (s seats) Drop(tenant string) {
	if s.f.made.Load() {
		s.f.engine().Inventory().Drop(tenant)
	}
}
