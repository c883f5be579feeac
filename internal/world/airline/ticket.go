// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/supplier"
)

// allLegs as a leg means the whole offer.
const allLegs = -1

// creditLife is how long the value of an unused ticket lasts after issue.
const creditLife = 365

// locator is a record locator: six letters that follow from the key.
func (e *Engine) locator(tenant, key string) string {
	h := mixText(mixText(e.seed^0x10C, tenant), key)
	var b [6]byte
	for i := range b {
		b[i] = 'A' + byte(h%26)
		h /= 26
	}
	return string(b[:])
}

// ticketNumber is the airline's accounting prefix and ten digits that follow from the key.
func (e *Engine) ticketNumber(carrier, tenant, key string, n int) string {
	prefix := "995"
	if a, ok := e.w.Airline(carrier); ok && len(e.w.Airlines[a].Prefix) == 3 {
		prefix = e.w.Airlines[a].Prefix
	}
	serial := mixText(mixText(e.seed^0x71C, tenant), key)%9_000_000_000 + 1_000_000_000
	return fmt.Sprintf("%s%010d", prefix, (serial+uint64(n))%10_000_000_000)
}

// Ticket implements supplier.Air. A ticketed order is answered unchanged.
func (e *Engine) Ticket(ctx context.Context, key string, o *supplier.Order, now time.Time) (*supplier.Order, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch o.Status {
	case supplier.OrderTicketed:
		return o, nil
	case supplier.OrderCancelled, supplier.OrderRejected:
		return nil, fmt.Errorf("order %s is not open: %w", o.Locator, supplier.ErrExpired)
	}
	out := *o
	out.Tickets, out.Status = e.issue(o, key, now), supplier.OrderTicketed
	return &out, nil
}

// issue makes the tickets of an order: one per traveler, or one per traveler and leg when tickets are separate.
func (e *Engine) issue(o *supplier.Order, key string, now time.Time) []supplier.Ticket {
	var tickets []supplier.Ticket
	for i, tr := range o.Travelers {
		if o.Offer.TicketType == supplier.TicketSingle {
			tickets = append(tickets, e.ticket(o, key, now, i, tr.Type, allLegs, len(tickets)))
			continue
		}
		for leg := range o.Offer.Legs {
			tickets = append(tickets, e.ticket(o, key, now, i, tr.Type, leg, len(tickets)))
		}
	}
	return tickets
}

func (e *Engine) ticket(o *supplier.Order, key string, now time.Time, traveler int, typ supplier.PaxType, leg, n int) supplier.Ticket {
	price := priceOf(&o.Offer, typ)
	carrier := o.Offer.ValidatingCarrier
	if leg != allLegs {
		carrier = o.Offer.Legs[leg].Segments[0].Marketing.Carrier
	}
	t := supplier.Ticket{Number: e.ticketNumber(carrier, o.Tenant, key, n), Traveler: traveler, IssuedAt: now.UTC(),
		Carrier: carrier, Currency: o.Offer.Currency, VoidUntil: e.voidUntil(o, now), ExpiresAt: now.UTC().AddDate(0, 0, creditLife)}
	for li := range o.Offer.Legs {
		if leg != allLegs && leg != li {
			continue
		}
		t.Base += price.LegBase[li]
		t.Tax += price.LegTax[li]
		for si := range o.Offer.Legs[li].Segments {
			t.Coupons = append(t.Coupons, supplier.Coupon{Number: len(t.Coupons) + 1, Leg: li, Segment: si,
				FareBasis: o.Offer.Legs[li].Segments[si].FareBasis})
		}
	}
	for _, x := range price.Taxes {
		if leg == allLegs || x.Leg == leg {
			t.Taxes = append(t.Taxes, x)
		}
	}
	for i := range o.Offer.Prices {
		if o.Offer.Prices[i].Type == typ {
			t.FareCalculation = e.fareCalculation(&o.Offer, i, leg)
		}
	}
	return t
}

func priceOf(o *supplier.AirOffer, typ supplier.PaxType) *supplier.PaxPrice {
	for i := range o.Prices {
		if o.Prices[i].Type == typ {
			return &o.Prices[i]
		}
	}
	return &supplier.PaxPrice{LegBase: make([]int64, len(o.Legs)), LegTax: make([]int64, len(o.Legs))}
}

// voidUntil is the end of the void window of tickets issued now.
func (e *Engine) voidUntil(o *supplier.Order, now time.Time) time.Time {
	switch o.Offer.Void.Kind {
	case supplier.VoidHours:
		return now.UTC().Add(time.Duration(o.Offer.Void.Hours) * time.Hour)
	case supplier.VoidUntilMidnight:
		loc := time.UTC
		if a, ok := e.w.Airport(o.Offer.Legs[0].Origin); ok {
			loc = e.w.Location(a)
		}
		y, m, d := now.In(loc).Date()
		return time.Date(y, m, d, 23, 59, 0, 0, loc).UTC()
	}
	return time.Time{}
}

// fareCalculation is the line that shows how a fare was built: cities, carriers, amounts in neutral units (here US
// dollars) and the rate of exchange. leg is one leg or allLegs.
func (e *Engine) fareCalculation(o *supplier.AirOffer, price, leg int) string {
	toUSD, _ := e.w.Rate(o.Currency, "USD")
	var b strings.Builder
	total := int64(0)
	for li := range o.Legs {
		l := &o.Legs[li]
		if leg != allLegs && li != leg {
			continue
		}
		if b.Len() == 0 {
			b.WriteString(e.cityCode(l.Origin))
		} else if prev := o.Legs[li-1].Destination; e.cityCode(prev) != e.cityCode(l.Origin) {
			b.WriteString(" /-" + e.cityCode(l.Origin))
		}
		for si := range l.Segments {
			seg := &l.Segments[si]
			b.WriteString(" " + seg.Marketing.Carrier + " ")
			if si < len(l.Segments)-1 {
				b.WriteString("X/")
			}
			b.WriteString(e.cityCode(seg.Destination))
		}
		nuc := toUSD.Convert(o.Prices[price].LegBase[li])
		total += nuc
		b.WriteString(hundredths(nuc) + l.Segments[0].FareBasis)
	}
	rate := int64(1_000_000)
	if i, ok := e.w.Currency(o.Currency); ok {
		rate = e.w.Currencies[i].PerUSD
	}
	return fmt.Sprintf("%s NUC%s END ROE%d.%06d", b.String(), hundredths(total), rate/1_000_000, rate%1_000_000)
}

func hundredths(cents int64) string {
	return strconv.FormatInt(cents/100, 10) + "." + string([]byte{'0' + byte(cents/10%10), '0' + byte(cents%10)})
}

func (e *Engine) cityCode(airport string) string {
	if a, ok := e.w.Airport(airport); ok && e.w.Airports[a].Metro != "" {
		return e.w.Airports[a].Metro
	}
	return airport
}
