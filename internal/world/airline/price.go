// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"context"
	"fmt"

	"github.com/airside-travel/airside/internal/supplier"
)

// Rebuild implements supplier.Air.
func (e *Engine) Rebuild(ctx context.Context, ref supplier.Ref) (*supplier.AirOffer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t, err := e.decode(ref)
	if err != nil {
		return nil, err
	}
	p, ways, err := e.unfold(&t)
	if err != nil {
		return nil, err
	}
	for i := range ways {
		l := &t.legs[i]
		ways[i].priced = e.priceAs(p, &ways[i].cand, l.brand, l.bucket, l.seats)
	}
	return e.single(p, t, ways), nil
}

// way is one leg of a rebuilt offer.
type way struct {
	cand   cand
	priced priced
	date   supplier.Date
}

// unfold turns a token into a pricer and the ways to fly.
func (e *Engine) unfold(t *token) (*pricer, []way, error) {
	p := &pricer{tick: t.tick, pax: t.pax, discount: t.discount, filters: &supplier.AirFilters{}}
	for _, typ := range t.order[:t.types] {
		n := t.pax[typ]
		p.order = append(p.order, supplier.PaxCount{Type: supplier.PaxType(typ), Count: int(n)})
		if supplier.PaxType(typ) != supplier.InfantOnLap {
			p.seats += int32(n)
		}
	}
	if err := p.setCurrency(e, e.w.Currencies[t.currency].Code); err != nil {
		return nil, nil, err
	}
	ways := make([]way, len(t.legs))
	for i := range ways {
		ways[i].date = t.legs[i].date
		var ok bool
		if ways[i].cand, ok = e.rebuild(&t.legs[i]); !ok {
			return nil, nil, fmt.Errorf("offer reference: %w", supplier.ErrNotFound)
		}
	}
	return p, ways, nil
}

// single makes an offer outside a page.
func (e *Engine) single(p *pricer, t token, ways []way) *supplier.AirOffer {
	parts := make([]part, len(ways))
	for i := range ways {
		parts[i] = part{&ways[i].cand, &ways[i].priced, ways[i].date}
	}
	t.legs = nil
	o := new(supplier.AirOffer)
	a := arena{segs: make([]supplier.Segment, 0, 3*len(ways))}
	e.offer(&a, p, &t, parts, o)
	a.finish()
	return o
}

// Price implements supplier.Air.
func (e *Engine) Price(ctx context.Context, ref supplier.Ref, o supplier.PriceOpts) (*supplier.AirOffer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t, err := e.decode(ref)
	if err != nil {
		return nil, err
	}
	p, ways, err := e.unfold(&t)
	if err != nil {
		return nil, err
	}
	old := t.total
	// A corporate fare stays open only to who still knows its account code.
	t.discount = min(t.discount, accountDiscount(o.RateCodes))
	p.discount = t.discount
	p.tick = priceTick(o.Now)
	t.tick, t.adjust = p.tick, 0
	b := e.ledger.book(o.Tenant)
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i := range ways {
		if err := e.reprice(b, p, &ways[i], &t, i, o); err != nil {
			return nil, err
		}
	}
	offer := e.single(p, t, ways)
	offer.FareCalculation = e.fareCalculation(offer, 0, allLegs)
	if offer.Total != old {
		return offer, &supplier.PriceChanged{Old: supplier.Money{Minor: old, Currency: p.currency},
			New: supplier.Money{Minor: offer.Total, Currency: p.currency}}
	}
	return offer, nil
}

// reprice looks up what a leg costs now.
func (e *Engine) reprice(b *book, p *pricer, w *way, t *token, i int, o supplier.PriceOpts) error {
	c := &w.cand
	if int64(w.date)*1440+int64(c.dep)-closeDoors < o.Now.Unix()/60 {
		return fmt.Errorf("flight leaves too soon: %w", supplier.ErrExpired)
	}
	if int(c.carrier) == e.net.zz {
		number := int(e.net.number[c.flight[0]])
		if err := zzFails(number, o.Stage); err != nil {
			return fmt.Errorf("flight ZZ %d: %w", number, err)
		}
		if a := zzAdjust(number, o.Stage); a != 0 {
			t.adjust = a
		}
	}
	brandIndex := t.legs[i].brand
	a := e.availability(b, c, w.date, brands[e.archetype(c.carrier)][brandIndex].cabin, p)
	if !a.ok {
		return fmt.Errorf("leg %d: %w", i, supplier.ErrSoldOut)
	}
	w.priced = e.priceAs(p, c, brandIndex, a.bucket, a.seats)
	return nil
}
