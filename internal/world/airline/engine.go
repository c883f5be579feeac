// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"context"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/supplier"
	"github.com/airside-travel/airside/internal/world"
)

// Limits of a query.
const (
	maxLegs    = 6
	maxPax     = 9
	horizon    = 361 // days ahead that are on sale
	closeDoors = 60  // minutes before departure at which a flight is no longer sold
)

// Engine sells the flights of a world. It is safe for concurrent use.
type Engine struct {
	w       *world.World
	net     *network
	seed    uint64
	frames  *frames
	ledger  *ledger
	curve   []uint16 // share of the final load that is booked, by price ticks before departure
	taxes   [][]taxRule
	keep    int // two-stop paths that a search times; 0 = all of them
	scratch sync.Pool
}

var _ supplier.Air = (*Engine)(nil)

// New makes an engine. Engines of the same world and seed sell the same flights at the same fares.
func New(w *world.World, seed uint64) *Engine {
	e := &Engine{w: w, net: newNetwork(w), seed: mix(seed), frames: newFrames(w), curve: bookingCurve(),
		keep: pathsNormal}
	e.ledger = newLedger(e)
	e.taxes = taxTable(w)
	e.scratch.New = func() any { return newScratch(e.net) }
	return e
}

// Info implements supplier.Supplier.
func (e *Engine) Info() supplier.Info { return Info() }

// Info is what every engine says of itself.
func Info() supplier.Info {
	return supplier.Info{Name: "Simulated airlines", Simulated: true, OfferTTL: 30 * time.Minute, MaxLegs: maxLegs,
		MaxPax: maxPax, Caps: supplier.CapRoundTrip | supplier.CapLegByLeg | supplier.CapBrandedFares |
			supplier.CapCorporateFares | supplier.CapHold | supplier.CapDelayedTicketing | supplier.CapVoid |
			supplier.CapRefundQuote | supplier.CapCredits | supplier.CapChangeQuote}
}

// Inventory implements supplier.Air.
func (e *Engine) Inventory() supplier.Inventory { return e.ledger }

// Shop implements supplier.Air. It answers *supplier.Rejected for a query it cannot read and an empty result, not an
// error, when nothing flies.
func (e *Engine) Shop(ctx context.Context, q *supplier.AirQuery) (*supplier.AirResult, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := e.scratch.Get().(*scratch)
	defer e.scratch.Put(s)
	return e.shop(s, q)
}
