// SPDX-License-Identifier: Apache-2.0

package supplier

import (
	"iter"
	"time"
)

// SeatKey names the seats of one cabin of one flight on one day. Carrier and number are the marketing ones, Origin and
// Destination the airports between which it flies (one number may be used on several routes); Date is the local
// departure date. It is stable over restarts and fit to be stored.
type SeatKey struct {
	Carrier     string
	Number      int
	Origin      string
	Destination string
	Date        Date
	Cabin       Cabin
}

// SeatDelta is a difference from the generated inventory: Sold seats more (or fewer, when negative).
type SeatDelta struct {
	SeatKey
	Sold int
}

// Sold answers how many seats of a key are sold.
type Sold func(key SeatKey) (int, error)

// Reservation is a change of inventory that others already see but that is not final. Exactly one of Commit and
// Rollback must be called; later calls do nothing. The caller stores Deltas in the transaction that stores the
// booking and calls Commit after that transaction is durable.
type Reservation interface {
	Deltas() []SeatDelta
	Commit()
	Rollback()
}

// Inventory is the ledger of differences, in memory, one per tenant. Storing it is the caller's business. Where
// several processes sell, memory may lag behind: the caller then says with Sold what is true.
// All methods are safe for concurrent use with searches.
type Inventory interface {
	// Load replaces the tenant's ledger by the sum of rows (rows of the same key add up).
	Load(tenant string, rows iter.Seq[SeatDelta])
	// Reserve takes all seats or none; ErrSoldOut when one of the keys lacks seats, ErrNotFound for an unknown flight.
	// sold says how many are sold, nil for as many as memory knows of.
	Reserve(tenant string, now time.Time, seats []SeatDelta, sold Sold) (Reservation, error)
	// Release gives seats back; others see them only after Commit.
	Release(tenant string, seats []SeatDelta) Reservation
	// Set has memory know how many seats of a key are sold, besides those of open reservations. What is older
	// than the version known is left aside.
	Set(tenant string, key SeatKey, sold int, version int64)
	// Sold is what memory knows, without open reservations.
	Sold(tenant string, key SeatKey) int
	// Drop forgets a tenant.
	Drop(tenant string)
}
