// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/supplier"
)

// ledger keeps, per tenant, the seats that bookings took from the generated inventory.
type ledger struct {
	e     *Engine
	mu    sync.RWMutex
	books map[string]*book
}

// book is the ledger of one tenant. A search holds the read lock while it runs, so that it sees one state.
type book struct {
	mu      sync.RWMutex
	sold    map[uint64]*[5]int32 // flight and date -> seats by supplier.Cabin
	touched []uint64             // bit per flight: has an entry in sold on some date
	stored  map[seatCabin]stored // what of it is stored; the rest is of open reservations
}

type seatCabin struct {
	seat  uint64
	cabin supplier.Cabin
}

type stored struct {
	sold    int
	version int64 // 0: counted from bookings
}

func newLedger(e *Engine) *ledger { return &ledger{e: e, books: map[string]*book{}} }

func (l *ledger) book(tenant string) *book {
	l.mu.RLock()
	b := l.books[tenant]
	l.mu.RUnlock()
	if b != nil {
		return b
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if b = l.books[tenant]; b == nil {
		b = l.empty()
		l.books[tenant] = b
	}
	return b
}

func (l *ledger) empty() *book {
	return &book{sold: map[uint64]*[5]int32{}, touched: make([]uint64, len(l.e.net.depart)/64+1), stored: map[seatCabin]stored{}}
}

// seats answers how many seats of a cabin were sold; the caller holds a lock.
func (b *book) seats(flight int32, date supplier.Date, cabin supplier.Cabin) int32 {
	if b.touched[flight>>6]&(1<<(flight&63)) == 0 {
		return 0
	}
	if s := b.sold[seatIndex(flight, date)]; s != nil {
		return s[cabin]
	}
	return 0
}

func (b *book) add(flight int32, date supplier.Date, cabin supplier.Cabin, n int) {
	k := seatIndex(flight, date)
	s := b.sold[k]
	if s == nil {
		s = new([5]int32)
		b.sold[k] = s
		b.touched[flight>>6] |= 1 << (flight & 63)
	}
	s[cabin] += int32(n)
}

// settle says that so many more of the sold seats are stored.
func (b *book) settle(flight int32, date supplier.Date, cabin supplier.Cabin, n int) {
	k := seatCabin{seatIndex(flight, date), cabin}
	s := b.stored[k]
	s.sold += n
	b.stored[k] = s
}

// Set implements supplier.Inventory.
func (l *ledger) Set(tenant string, key supplier.SeatKey, sold int, version int64) {
	f, ok := l.e.flight(key)
	if !ok {
		return
	}
	b := l.book(tenant)
	b.mu.Lock()
	defer b.mu.Unlock()
	k := seatCabin{seatIndex(f, key.Date), key.Cabin}
	had := b.stored[k]
	if version < had.version {
		return
	}
	b.stored[k] = stored{sold, version}
	if sold != had.sold {
		b.add(f, key.Date, key.Cabin, sold-had.sold)
	}
}

// Sold implements supplier.Inventory.
func (l *ledger) Sold(tenant string, key supplier.SeatKey) int {
	f, ok := l.e.flight(key)
	if !ok {
		return 0
	}
	b := l.book(tenant)
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.stored[seatCabin{seatIndex(f, key.Date), key.Cabin}].sold
}

func seatIndex(flight int32, date supplier.Date) uint64 {
	return uint64(uint32(flight))<<32 | uint64(uint32(date))
}

// Load implements supplier.Inventory. Rows of flights that this world does not have are dropped.
func (l *ledger) Load(tenant string, rows iter.Seq[supplier.SeatDelta]) {
	b := l.empty()
	for r := range rows {
		if f, ok := l.e.flight(r.SeatKey); ok {
			b.add(f, r.Date, r.Cabin, r.Sold)
			b.settle(f, r.Date, r.Cabin, r.Sold)
		}
	}
	l.mu.Lock()
	l.books[tenant] = b
	l.mu.Unlock()
}

// Drop implements supplier.Inventory.
func (l *ledger) Drop(tenant string) {
	l.mu.Lock()
	delete(l.books, tenant)
	l.mu.Unlock()
}

// Reserve implements supplier.Inventory.
func (l *ledger) Reserve(tenant string, now time.Time, seats []supplier.SeatDelta, sold supplier.Sold) (supplier.Reservation, error) {
	flights, taken := make([]int32, len(seats)), make([]int32, len(seats))
	for i, s := range seats {
		f, ok := l.e.flight(s.SeatKey)
		if !ok || s.Sold < 0 {
			return nil, fmt.Errorf("flight %s %d on %s: %w", s.Carrier, s.Number, s.Date, supplier.ErrNotFound)
		}
		flights[i] = f
		if sold != nil {
			n, err := sold(s.SeatKey)
			if err != nil {
				return nil, err
			}
			taken[i] = int32(n)
		}
	}
	b := l.book(tenant)
	b.mu.Lock()
	defer b.mu.Unlock()
	tick := priceTick(now)
	for i, s := range seats {
		if sold == nil {
			taken[i] = b.seats(flights[i], s.Date, s.Cabin)
		}
		free, _ := l.e.free(taken[i], flights[i], s.Date, s.Cabin, tick)
		for _, other := range seats[:i] { // the same flight twice draws on the same seats
			if other.SeatKey == s.SeatKey {
				free -= int32(other.Sold)
			}
		}
		if free < int32(s.Sold) {
			return nil, fmt.Errorf("flight %s %d on %s: %w", s.Carrier, s.Number, s.Date, supplier.ErrSoldOut)
		}
	}
	for i, s := range seats {
		b.add(flights[i], s.Date, s.Cabin, s.Sold)
	}
	return &reservation{b: b, seats: seats, flights: flights, undo: true}, nil
}

// Release implements supplier.Inventory.
func (l *ledger) Release(tenant string, seats []supplier.SeatDelta) supplier.Reservation {
	r := &reservation{b: l.book(tenant)}
	for _, s := range seats {
		if f, ok := l.e.flight(s.SeatKey); ok {
			s.Sold = -s.Sold
			r.seats, r.flights = append(r.seats, s), append(r.flights, f)
		}
	}
	return r
}

// reservation is seats taken at once and given back by Rollback (undo), or seats given back by Commit.
type reservation struct {
	b       *book
	seats   []supplier.SeatDelta
	flights []int32
	undo    bool
	once    sync.Once
}

func (r *reservation) Deltas() []supplier.SeatDelta { return r.seats }

func (r *reservation) Commit() {
	r.once.Do(func() {
		if !r.undo {
			r.apply(1)
		}
		r.b.mu.Lock()
		defer r.b.mu.Unlock()
		for i, s := range r.seats {
			r.b.settle(r.flights[i], s.Date, s.Cabin, s.Sold)
		}
	})
}

func (r *reservation) Rollback() {
	r.once.Do(func() {
		if r.undo {
			r.apply(-1)
		}
	})
}

func (r *reservation) apply(sign int) {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	for i, s := range r.seats {
		r.b.add(r.flights[i], s.Date, s.Cabin, sign*s.Sold)
	}
}

// both is two reservations that stand or fall together.
type both struct{ a, b supplier.Reservation }

func (x both) Deltas() []supplier.SeatDelta {
	return append(append([]supplier.SeatDelta(nil), x.a.Deltas()...), x.b.Deltas()...)
}
func (x both) Commit()   { x.a.Commit(); x.b.Commit() }
func (x both) Rollback() { x.a.Rollback(); x.b.Rollback() }

// flight finds a flight by what is printed on a ticket.
func (e *Engine) flight(k supplier.SeatKey) (int32, bool) {
	from, ok1 := e.w.Airport(k.Origin)
	to, ok2 := e.w.Airport(k.Destination)
	al, ok3 := e.w.Airline(k.Carrier)
	if !ok1 || !ok2 || !ok3 || k.Cabin < supplier.Economy || k.Cabin > supplier.First {
		return 0, false
	}
	r, ok := e.net.route(uint16(from), uint16(to))
	if al == e.net.zz {
		r, ok = e.net.zzRouteOf(uint16(from), uint16(to))
	}
	if !ok {
		return 0, false
	}
	for f := e.net.first[r]; f < e.net.first[r+1]; f++ {
		if int(e.net.airline[f]) == al && int(e.net.number[f]) == k.Number {
			return int32(f), true
		}
	}
	return 0, false
}
