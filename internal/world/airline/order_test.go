// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/supplier"
)

var ada = []supplier.OrderTraveler{{Type: supplier.Adult, First: "Ada", Last: "Moreau"}}

func order(ref supplier.Ref, now time.Time) *supplier.AirOrder {
	return &supplier.AirOrder{Tenant: "acme", Now: now, Ref: ref, Travelers: ada}
}

// Seats of one flight sell one by one: the fare climbs, then the cabin is gone for this tenant and for nobody else.
func TestSellingOut(t *testing.T) {
	t.Parallel()
	e := engine(t)
	q := e.oneWay("LHR", "JFK", 30)
	q.Filters.NonstopOnly = true
	q.Filters.CabinMode, q.Filters.Cabin = supplier.CabinAll, supplier.Business
	q.Filters.Airlines = []string{"BA"}
	target := shop(t, e, q).Offers[0].Legs[0].Segments[0].Marketing
	q.Filters.Legs = []supplier.LegFilter{{Flights: []supplier.FlightNumber{target}}}
	before := shop(t, e, q).Offers[0]
	prices := []int64{before.Total}
	var held []supplier.Reservation
	for {
		r := shop(t, e, q)
		if r.Total == 0 {
			break
		}
		o := r.Offers[0]
		if o.Total != prices[len(prices)-1] {
			prices = append(prices, o.Total)
		}
		b, err := e.Order(t.Context(), o.Legs[0].Depart.String(), order(o.Ref, noon))
		if err != nil {
			t.Fatal(err)
		}
		b.Seats.Commit()
		held = append(held, b.Seats)
		if len(held) > 100 {
			t.Fatal("a cabin without end")
		}
	}
	if !slices.IsSorted(prices) || len(prices) < 3 {
		t.Errorf("fares on the way to the last seat: %v", prices)
	}
	if _, err := e.Price(t.Context(), before.Ref, supplier.PriceOpts{Tenant: "acme", Now: noon}); !errors.Is(err, supplier.ErrSoldOut) {
		t.Errorf("pricing a full cabin: %v", err)
	}
	if _, err := e.Order(t.Context(), "late", order(before.Ref, noon)); !errors.Is(err, supplier.ErrSoldOut) {
		t.Errorf("ordering in a full cabin: %v", err)
	}
	q.Tenant = "other"
	if d := cmp.Diff(before, shop(t, e, q).Offers[0]); d != "" {
		t.Errorf("another tenant sees the bookings: %s", d)
	}
	// A restart: what was committed is loaded into a new engine.
	again := engine(t)
	again.Inventory().Load("acme", func(yield func(supplier.SeatDelta) bool) {
		for _, h := range held {
			for _, d := range h.Deltas() {
				if !yield(d) {
					return
				}
			}
		}
	})
	q.Tenant = "acme"
	if n := shop(t, again, q).Total; n != 0 {
		t.Errorf("%d offers after the ledger was loaded", n)
	}
	back := again.Inventory().Release("acme", held[0].Deltas())
	if n := shop(t, again, q).Total; n != 0 {
		t.Errorf("seats are back before the release is committed: %d", n)
	}
	back.Commit()
	back.Commit()
	if o := shop(t, again, q).Offers; len(o) == 0 || o[0].Legs[0].Segments[0].SeatsLeft != 1 {
		t.Errorf("after one seat came back: %d offers", len(o))
	}
}

func TestRollbackGivesSeatsBack(t *testing.T) {
	t.Parallel()
	e := engine(t)
	q := e.oneWay("LHR", "JFK", 30)
	q.Filters.Legs = []supplier.LegFilter{{Flights: []supplier.FlightNumber{{Carrier: "ZZ", Number: 100}}}}
	o := shop(t, e, q).Offers[0]
	b, err := e.Order(t.Context(), "k", order(o.Ref, noon))
	if err != nil {
		t.Fatal(err)
	}
	if n := shop(t, e, q).Total; n != 0 {
		t.Errorf("the seat is still on sale while it is reserved: %d", n)
	}
	b.Seats.Rollback()
	b.Seats.Commit()
	if d := cmp.Diff(o, shop(t, e, q).Offers[0]); d != "" {
		t.Error(d)
	}
}

// Many people want the same nine seats: exactly nine get one.
func TestReserveIsAllOrNothing(t *testing.T) {
	t.Parallel()
	e := engine(t)
	k := supplier.SeatKey{Carrier: "ZZ", Number: 100, Origin: "LHR", Destination: "JFK", Date: today + 5, Cabin: supplier.Economy}
	free := k
	free.Number = 1
	var won sync.Map
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if r, err := e.Inventory().Reserve("acme", noon, []supplier.SeatDelta{{SeatKey: free, Sold: 1}, {SeatKey: k, Sold: 1}}, nil); err == nil {
				r.Commit()
				won.Store(i, true)
			} else if !errors.Is(err, supplier.ErrSoldOut) {
				t.Error(err)
			}
			_, _ = e.Shop(t.Context(), e.oneWay("LHR", "JFK", 5))
		})
	}
	wg.Wait()
	n := 0
	won.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d people have the one seat", n)
	}
	f, _ := e.flight(free)
	if got := e.ledger.book("acme").seats(f, free.Date, free.Cabin); got != 1 {
		t.Errorf("the other flight lost %d seats, want 1", got)
	}
	bad := k
	bad.Number = 9999
	if _, err := e.Inventory().Reserve("acme", noon, []supplier.SeatDelta{{SeatKey: bad, Sold: 1}}, nil); !errors.Is(err, supplier.ErrNotFound) {
		t.Errorf("unknown flight: %v", err)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	e := engine(t)
	q := e.roundTrip("LHR", "JFK", 40)
	q.Travelers = []supplier.PaxCount{{Type: supplier.Adult, Count: 1}, {Type: supplier.InfantOnLap, Count: 1}}
	q.Filters.HideMultiTicket = true
	o := shop(t, e, q).Offers[0]
	in := order(o.Ref, noon)
	if _, err := e.Order(t.Context(), "k", in); err == nil {
		t.Error("an infant stays at home and nobody minds")
	}
	in.Travelers = append(slices.Clone(ada), supplier.OrderTraveler{Type: supplier.InfantOnLap, First: "Nils", Last: "Moreau"})
	b, err := e.Order(t.Context(), "k", in)
	if err != nil {
		t.Fatal(err)
	}
	x := b.Order
	if x.Status != supplier.OrderTicketed || len(x.Locator) != 6 || strings.ToUpper(x.Locator) != x.Locator || len(x.Tickets) != 2 {
		t.Errorf("order %+v", x)
	}
	a, _ := e.w.Airline(o.ValidatingCarrier)
	sum := int64(0)
	for _, tk := range x.Tickets {
		if len(tk.Number) != 13 || tk.Number[:3] != e.w.Airlines[a].Prefix {
			t.Errorf("ticket number %s of %s", tk.Number, o.ValidatingCarrier)
		}
		if len(tk.Coupons) != len(o.Legs[0].Segments)+len(o.Legs[1].Segments) {
			t.Errorf("%d coupons", len(tk.Coupons))
		}
		sum += tk.Base + tk.Tax
	}
	if sum != o.Total {
		t.Errorf("tickets are worth %d, the offer was %d", sum, o.Total)
	}
	if fc := x.Tickets[0].FareCalculation; !strings.HasPrefix(fc, "LON ") || !strings.Contains(fc, " NUC") || !strings.Contains(fc, o.Legs[0].Segments[0].FareBasis) {
		t.Errorf("fare calculation %q", fc)
	}
	for _, s := range x.Seats {
		if s.Sold != 1 {
			t.Errorf("an infant on a lap takes a seat: %+v", s)
		}
	}
	again, err := e.Order(t.Context(), "k", in)
	if err != nil || again.Order.Locator != x.Locator || again.Order.Tickets[0].Number != x.Tickets[0].Number {
		t.Errorf("the same key gave %v, %v", again, err)
	}
	other, err := e.Order(t.Context(), "k2", in)
	if err != nil || other.Order.Locator == x.Locator || other.Order.Tickets[0].Number == x.Tickets[0].Number {
		t.Errorf("another key gave %v, %v", other, err)
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	e := engine(t)
	q := e.oneWay("LHR", "JFK", 40)
	q.Filters.Airlines = []string{"BA"}
	in := order(shop(t, e, q).Offers[0].Ref, noon)
	in.Hold = true
	b, err := e.Order(t.Context(), "k", in)
	if err != nil {
		t.Fatal(err)
	}
	if b.Order.Status != supplier.OrderConfirmed || len(b.Order.Tickets) != 0 {
		t.Errorf("held order %+v", b.Order)
	}
	opts, err := e.QuoteCancel(t.Context(), &b.Order, noon)
	if err != nil || len(opts) != 1 || opts[0].Kind != supplier.CancelUnticketed {
		t.Errorf("cancelling it: %+v %v", opts, err)
	}
	o, err := e.Ticket(t.Context(), "k", &b.Order, noon.Add(time.Hour))
	if err != nil || o.Status != supplier.OrderTicketed || len(o.Tickets) != 1 {
		t.Errorf("ticketed %+v %v", o, err)
	}
}

// ZZ 1 to 99 are the flights to build against: however many are sold, the next one costs the same.
func TestPlainTestFlightsNeverSellOut(t *testing.T) {
	t.Parallel()
	e := engine(t)
	first := zzOffer(t, e, 1)
	for i := range 1000 {
		b, err := e.Order(t.Context(), strconv.Itoa(i), order(first.Ref, noon))
		if err != nil {
			t.Fatalf("booking %d: %v", i, err)
		}
		b.Seats.Commit()
	}
	if d := cmp.Diff(first, zzOffer(t, e, 1)); d != "" {
		t.Errorf("after 1000 bookings the offer is another: %s", d)
	}
}
