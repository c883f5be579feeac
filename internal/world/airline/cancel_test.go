// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/supplier"
)

// zzOffer is the offer of a flight of the test carrier.
func zzOffer(t *testing.T, e *Engine, number int) supplier.AirOffer {
	t.Helper()
	q := e.oneWay("LHR", "JFK", 30)
	q.Filters.Legs = []supplier.LegFilter{{Flights: []supplier.FlightNumber{{Carrier: "ZZ", Number: number}}}}
	r := shop(t, e, q)
	if r.Total != 1 {
		t.Fatalf("ZZ %d: %d offers", number, r.Total)
	}
	return r.Offers[0]
}

func zzOrder(t *testing.T, e *Engine, number int) *supplier.Order {
	t.Helper()
	b, err := e.Order(t.Context(), "k", order(zzOffer(t, e, number).Ref, noon))
	if err != nil {
		t.Fatal(err)
	}
	b.Seats.Commit()
	return &b.Order
}

func TestFixedPrice(t *testing.T) {
	t.Parallel()
	e := engine(t)
	o := zzOffer(t, e, 1)
	if o.Base != 100_00 || o.Tax != 20_00 || o.Total != 120_00 || !o.SimulatedCarrier {
		t.Errorf("ZZ 1 costs %d + %d", o.Base, o.Tax)
	}
	plain := shop(t, e, e.oneWay("LHR", "JFK", 30))
	for _, c := range plain.Airlines {
		if c.Code == "ZZ" {
			t.Error("the test carrier is on sale without being asked for")
		}
	}
}

func TestPriceScenarios(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for _, x := range []struct {
		number int
		stage  supplier.Stage
		err    error
		base   int64
	}{
		{1, supplier.StageCreate, nil, 100_00},
		{110, supplier.StageShop, nil, 100_00},
		{110, supplier.StageSelect, supplier.ErrExpired, 0},
		{120, supplier.StageCheckout, nil, 100_00},
		{120, supplier.StageRevalidate, nil, 107_00},
		{130, supplier.StageRevalidate, nil, 95_00},
		{140, supplier.StageRevalidate, nil, 100_00},
		{140, supplier.StageCreate, nil, 103_00},
		{150, supplier.StageRevalidate, nil, 100_00},
		{150, supplier.StageCreate, supplier.ErrSoldOut, 0},
	} {
		opts := supplier.PriceOpts{Tenant: "acme", Now: noon, Stage: x.stage}
		o, err := e.Price(t.Context(), zzOffer(t, e, x.number).Ref, opts)
		changed := (*supplier.PriceChanged)(nil)
		switch {
		case x.err != nil:
			if !errors.Is(err, x.err) {
				t.Errorf("ZZ %d at stage %d: %v, want %v", x.number, x.stage, err, x.err)
			}
			continue
		case x.base != 100_00 && !errors.As(err, &changed), x.base == 100_00 && err != nil:
			t.Errorf("ZZ %d at stage %d: %v", x.number, x.stage, err)
			continue
		}
		if o.Base != x.base {
			t.Errorf("ZZ %d at stage %d: base %d, want %d", x.number, x.stage, o.Base, x.base)
		}
		if changed != nil {
			if changed.Old.Minor != 120_00 || changed.New.Minor != o.Total {
				t.Errorf("ZZ %d: %v", x.number, changed)
			}
			if _, err := e.Price(t.Context(), o.Ref, opts); err != nil { // the new price stands
				t.Errorf("ZZ %d, accepted: %v", x.number, err)
			}
			in := order(zzOffer(t, e, x.number).Ref, noon)
			if _, err := e.Order(t.Context(), "k", in); !errors.As(err, &changed) {
				t.Errorf("ZZ %d ordered at the old price: %v", x.number, err)
			}
			in.AcceptPrice = &changed.New
			b, err := e.Order(t.Context(), "k", in)
			if err != nil || b.Order.Offer.Total != changed.New.Minor {
				t.Errorf("ZZ %d ordered at the new price: %v", x.number, err)
			}
		}
	}
}

func TestVoidAndRefund(t *testing.T) {
	t.Parallel()
	e := engine(t)
	type way struct {
		Kind    supplier.CancelKind
		Refund  int64
		Credit  int64
		Fee     int64
		ByAgent bool
	}
	day2 := 25 * time.Hour
	for _, x := range []struct {
		number int
		after  time.Duration
		want   []way
	}{
		{300, time.Hour, []way{{Kind: supplier.CancelVoid, Refund: 120_00}}},
		{300, day2, []way{{Kind: supplier.CancelRefund, Refund: 70_00, Fee: 50_00}, {Kind: supplier.CancelCredit, Credit: 70_00, Fee: 50_00}}},
		{310, time.Hour, []way{{Kind: supplier.CancelRefund, Refund: 70_00, Fee: 50_00}, {Kind: supplier.CancelCredit, Credit: 70_00, Fee: 50_00}}},
		{320, 11 * time.Hour, []way{{Kind: supplier.CancelVoid, Refund: 120_00}}},
		{320, 12 * time.Hour, []way{{Kind: supplier.CancelRefund, Refund: 70_00, Fee: 50_00}, {Kind: supplier.CancelCredit, Credit: 70_00, Fee: 50_00}}},
		{330, day2, []way{{Kind: supplier.CancelRefund, Refund: 120_00}, {Kind: supplier.CancelCredit, Credit: 70_00, Fee: 50_00}}},
		{350, day2, []way{{Kind: supplier.CancelRefund, Refund: 20_00}, {Kind: supplier.CancelCredit, Credit: 70_00, Fee: 50_00}}},
		{360, day2, []way{{Kind: supplier.CancelCredit, Credit: 70_00, Fee: 50_00}}},
		{370, day2, []way{{Kind: supplier.CancelRefund, Refund: 70_00, Fee: 50_00, ByAgent: true}, {Kind: supplier.CancelCredit, Credit: 70_00, Fee: 50_00}}},
	} {
		o := zzOrder(t, e, x.number)
		opts, err := e.QuoteCancel(t.Context(), o, noon.Add(x.after))
		if err != nil {
			t.Fatal(err)
		}
		var got []way
		for _, c := range opts {
			got = append(got, way{c.Kind, c.RefundBase + c.RefundTax, c.CreditBase + c.CreditTax, c.FeeBase + c.FeeTax, c.ByAgent})
		}
		if d := cmp.Diff(x.want, got); d != "" {
			t.Errorf("ZZ %d after %v: %s", x.number, x.after, d)
		}
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	e := engine(t)
	o := zzOrder(t, e, 100)
	q := e.oneWay("LHR", "JFK", 30)
	q.Filters.Legs = []supplier.LegFilter{{Flights: []supplier.FlightNumber{{Carrier: "ZZ", Number: 100}}}}
	if n := shop(t, e, q).Total; n != 0 {
		t.Fatalf("%d offers of the only seat", n)
	}
	opts, err := e.QuoteCancel(t.Context(), o, noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Cancel(t.Context(), "c", o, opts[0], noon.Add(48*time.Hour)); !errors.Is(err, supplier.ErrExpired) {
		t.Errorf("a stale option: %v", err)
	}
	c, err := e.Cancel(t.Context(), "c", o, opts[0], noon)
	if err != nil {
		t.Fatal(err)
	}
	c.Seats.Commit()
	tk := c.Order.Tickets[0]
	if c.Order.Status != supplier.OrderCancelled || tk.Status != supplier.TicketVoided || tk.Coupons[0].Status != supplier.CouponVoided {
		t.Errorf("cancelled: %+v", c.Order)
	}
	if o.Tickets[0].Status != supplier.TicketIssued || o.Tickets[0].Coupons[0].Status != supplier.CouponOpen {
		t.Error("the caller's order was changed under its hands")
	}
	if n := shop(t, e, q).Total; n != 1 {
		t.Errorf("%d offers after the seat came back", n)
	}
	again, err := e.Cancel(t.Context(), "c", &c.Order, opts[0], noon)
	if err != nil || len(again.Seats.Deltas()) != 0 {
		t.Errorf("cancelled twice: %v %v", again, err)
	}
	late := zzOrder(t, e, 300)
	soon, err := e.QuoteCancel(t.Context(), late, late.Offer.Legs[0].DepartUTC.Add(-time.Hour))
	if err != nil || !soon[0].CloseToFlight || !soon[0].ByAgent {
		t.Errorf("an hour before departure: %+v %v", soon, err)
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	e := engine(t)
	quote := func(o *supplier.Order) (*supplier.ChangeQuote, error) {
		q := e.oneWay("LHR", "JFK", 37)
		q.Filters.Legs = []supplier.LegFilter{{Airlines: []string{"BA"}}}
		return e.QuoteChange(t.Context(), o, shop(t, e, q).Offers[0].Ref, supplier.PriceOpts{Tenant: "acme", Now: noon})
	}
	o := zzOrder(t, e, 390)
	c, err := quote(o)
	if err != nil {
		t.Fatal(err)
	}
	if c.OldBase+c.OldTax != 120_00 || c.Penalty != 50_00 || c.AddBase+c.AddTax != c.Offer.Total-120_00 || c.Residue != supplier.ResidueNone {
		t.Errorf("quote %+v", c)
	}
	b, err := e.Change(t.Context(), "x", o, c, noon)
	if err != nil {
		t.Fatal(err)
	}
	b.Seats.Commit()
	old, now := b.Order.Tickets[0], b.Order.Tickets[1]
	if old.Status != supplier.TicketExchanged || now.ExchangedFrom != old.Number || now.AddCollect != c.AddBase+c.AddTax || now.Penalty != 50_00 {
		t.Errorf("tickets %+v", b.Order.Tickets)
	}
	opts, err := e.QuoteCancel(t.Context(), &b.Order, noon.Add(48*time.Hour))
	if err != nil || len(opts) == 0 || len(opts[0].Tickets) != 1 || opts[0].TotalBase != now.AddCollect {
		t.Errorf("cancelling the new ticket: %+v %v", opts, err)
	}
	if c, err = quote(zzOrder(t, e, 380)); err != nil || c.Penalty != 0 {
		t.Errorf("a free exchange: %+v %v", c, err)
	}
	if c, err = quote(zzOrder(t, e, 410)); err != nil || !c.ByAgent {
		t.Errorf("by support only: %+v %v", c, err)
	}
	o = zzOrder(t, e, 420)
	if c, err = quote(o); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Change(t.Context(), "x", o, c, noon); !errors.Is(err, supplier.ErrUnavailable) {
		t.Errorf("an exchange that fails: %v", err)
	}
}
