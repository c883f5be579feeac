// SPDX-License-Identifier: Apache-2.0

package airline

import (
	"time"

	"github.com/airside-travel/airside/internal/supplier"
)

// arena is the memory of one page of offers: a handful of slices that the offers share.
type arena struct {
	legs   []supplier.AirLeg
	segs   []supplier.Segment
	prices []supplier.PaxPrice
	taxes  []supplier.Tax
	money  []supplier.Amount
	refs   []byte
	text   []byte
	spans  []span
}

// page makes the offers of the page.
func (e *Engine) page(s *scratch, q *supplier.AirQuery, legs int, r *supplier.AirResult) {
	at := e.ranked(s, q, legs)
	if len(at) == 0 {
		return
	}
	segs := 0
	for _, i := range at {
		for leg := range legs {
			_, c := s.part(&s.combos[i], leg)
			segs += int(c.n)
		}
	}
	types := len(s.pricer.order)
	a := arena{legs: make([]supplier.AirLeg, 0, len(at)*legs), segs: make([]supplier.Segment, 0, segs),
		prices: make([]supplier.PaxPrice, 0, len(at)*types), taxes: make([]supplier.Tax, 0, len(at)*types*legs*7+segs*2),
		money: make([]supplier.Amount, 0, 2*len(at)*types*legs), refs: make([]byte, 0, len(at)*(24+legs*18)),
		text: s.text[:0], spans: s.spans[:0]}
	r.Offers = make([]supplier.AirOffer, len(at))
	t := token{tick: s.pricer.tick, currency: s.pricer.curIndex, discount: s.pricer.discount, pax: s.pricer.pax}
	for _, p := range s.pricer.order {
		t.order[t.types] = uint8(p.Type)
		t.types++
	}
	for i, x := range at {
		combo := &s.combos[x]
		t.multi, t.round, t.legs = combo.multi, combo.round, t.legs[:0]
		var parts [maxLegs]part
		for leg := range legs {
			p, c := s.part(combo, leg)
			parts[leg] = part{c, p, s.legs[leg].q.frame.date}
		}
		e.offer(&a, &s.pricer, &t, parts[:legs], &r.Offers[i])
	}
	a.finish()
	s.text, s.spans = a.text, a.spans
}

// finish cuts the fare bases out of one string.
func (a *arena) finish() {
	text := string(a.text)
	for _, x := range a.spans {
		x.seg.FareBasis = text[x.from:x.to]
	}
	clear(a.spans) // they point into the page
}

// part is one leg of an offer to be made.
type part struct {
	c    *cand
	p    *priced
	date supplier.Date
}

// offer makes one offer out of priced legs; t says how they are combined and receives the legs.
func (e *Engine) offer(a *arena, p *pricer, t *token, parts []part, o *supplier.AirOffer) {
	firstLeg, firstPrice := len(a.legs), len(a.prices)
	carrier := parts[0].c.carrier
	o.Currency, o.ValidatingCarrier = p.currency, e.w.Airlines[carrier].Code
	o.ExpiresAt = time.Unix((int64(t.tick)+1)*tickSeconds, 0).UTC()
	o.SimulatedCarrier = int(carrier) == e.net.zz
	if t.multi {
		o.TicketType = supplier.TicketMulti
	}
	e.terms(o, t, parts)
	for i := range parts {
		x := &parts[i]
		e.leg(a, p, i, x)
		t.legs = append(t.legs, tokenLeg{date: x.date, multi: x.c.multi, brand: x.p.brand, bucket: x.p.bucket, seats: x.p.seats, n: x.c.n,
			flight: x.c.flight, day: x.c.day})
	}
	o.Legs = a.legs[firstLeg:len(a.legs):len(a.legs)]
	for _, pc := range p.order {
		e.passenger(a, p, t, parts, o, pc)
	}
	o.Prices = a.prices[firstPrice:len(a.prices):len(a.prices)]
	o.Total = o.Base + o.Tax
	if p.discount > 0 {
		o.RateType, o.PublicTotal = supplier.RateCorporate, e.published(p, t, parts)
	}
	t.total = o.Total
	from := len(a.refs)
	a.refs = e.encode(a.refs, t)
	o.Ref = a.refs[from:len(a.refs):len(a.refs)]
}

// base is what one adult pays for a leg before taxes.
func (p *pricer) base(t *token, oneWay int64) int64 {
	b := oneWay
	if t.round {
		b = p.half(b)
	}
	if t.adjust != 0 {
		b = p.whole(b * int64(100+int(t.adjust)) / 100)
	}
	return b
}

// passenger adds the price of one traveler type, and what it adds to each leg.
func (e *Engine) passenger(a *arena, p *pricer, t *token, parts []part, o *supplier.AirOffer, pc supplier.PaxCount) {
	price := supplier.PaxPrice{Type: pc.Type, Count: pc.Count}
	first, money := len(a.taxes), len(a.money)
	a.money = append(a.money, make([]supplier.Amount, 2*len(parts))...)
	price.LegBase = a.money[money : money+len(parts) : money+len(parts)]
	price.LegTax = a.money[money+len(parts) : len(a.money) : len(a.money)]
	for i := range parts {
		x := &parts[i]
		code, country, bps := e.share(x.c)
		sink := taxSink{rate: p.milli, items: &a.taxes, leg: i}
		if pc.Type != supplier.InfantOnLap {
			e.fixedTaxes(x.c, brands[e.archetype(x.c.carrier)][x.p.brand].cabin > supplier.Economy, &sink)
		}
		base, _ := p.each(pc.Type, p.base(t, x.p.base), 0, 0, e.abroad(x.c))
		if bps > 0 {
			sink.put(code, country, shareOf(base, bps), false)
		}
		price.LegBase[i], price.LegTax[i] = base, sink.sum
		price.Base += base
		price.Tax += sink.sum
		leg := &o.Legs[i]
		leg.Base += base * int64(pc.Count)
		leg.Tax += sink.sum * int64(pc.Count)
		leg.Total = leg.Base + leg.Tax
	}
	price.Total = price.Base + price.Tax
	price.Taxes = a.taxes[first:len(a.taxes):len(a.taxes)]
	o.Base += price.Base * int64(pc.Count)
	o.Tax += price.Tax * int64(pc.Count)
	a.prices = append(a.prices, price)
}

// published is the total without the account code.
func (e *Engine) published(p *pricer, t *token, parts []part) int64 {
	open := *p
	open.discount = 0
	total := int64(0)
	for i := range parts {
		x := &parts[i]
		_, _, bps := e.share(x.c)
		b := open.baseFare(x.c, &brands[e.archetype(x.c.carrier)][x.p.brand], x.p.bucket)
		total += open.sum(open.base(t, b), x.p.tax, bps, e.abroad(x.c))
	}
	return total
}

// leg adds one leg with its flights.
func (e *Engine) leg(a *arena, p *pricer, index int, x *part) {
	c, fr := x.c, e.frames.get(x.date)
	b := &brands[e.archetype(c.carrier)][x.p.brand]
	midnight := int64(x.date) * 86400
	instant := func(m int32) time.Time { return time.Unix(midnight+int64(m)*60, 0).UTC() }
	local := func(airport uint16, m int32) supplier.LocalTime { return x.date.At(int(fr.at(e.net.zone[airport], m))) }
	first := len(a.segs)
	basisFrom := len(a.text)
	a.text = e.basis(a.text, x, b)
	for i := range int(c.n) {
		f, r := c.flight[i], c.route[i]
		from, to := e.net.routeFrom[r], e.net.routeTo[r]
		dep := fr.departure(e.net.zone[from], int(c.day[i]), e.net.depart[f])
		arr := dep + int32(e.net.block[f])
		cabin := e.cabinOn(f, b.cabin)
		typ := e.net.typ[f]
		marketing := supplier.FlightNumber{Carrier: e.w.Airlines[e.net.airline[f]].Code, Number: int(e.net.number[f])}
		operating := marketing
		if op := e.net.operator[f]; op != e.net.airline[f] {
			operating.Carrier = e.w.Airlines[op].Code
		}
		day := x.date + supplier.Date(c.day[i])
		a.segs = append(a.segs, supplier.Segment{Marketing: marketing, Operating: operating,
			Origin: e.w.Airports[from].Code, Destination: e.w.Airports[to].Code,
			OriginTerminal: e.terminalName(f, from), DestinationTerminal: e.terminalName(f, to),
			Depart: day.At(int(e.net.depart[f])), Arrive: local(to, arr), DepartUTC: instant(dep), ArriveUTC: instant(arr),
			Minutes: int(e.net.block[f]), Equipment: e.w.Aircraft[typ].Code, Cabin: cabin,
			BookingClass: letters[cabin][x.p.bucket : x.p.bucket+1],
			SeatsLeft:    int(x.p.seats >> (4 * i) & 15), DistanceKm: int(e.net.routeKm[r]),
			CO2Tonnes:        e.emission(typ, cabin, int(e.net.routeKm[r])),
			CO2AverageTonnes: e.averageEmission(r, cabin), MealOnBoard: e.net.block[f] >= 150,
			Seats: supplier.SeatKey{Carrier: marketing.Carrier, Number: marketing.Number, Origin: e.w.Airports[from].Code,
				Destination: e.w.Airports[to].Code, Date: day, Cabin: cabin}})
		a.spans = append(a.spans, span{&a.segs[len(a.segs)-1], basisFrom, len(a.text)})
	}
	segs := a.segs[first:len(a.segs):len(a.segs)]
	last := &segs[len(segs)-1]
	a.legs = append(a.legs, supplier.AirLeg{Index: index, Origin: segs[0].Origin, Destination: last.Destination,
		Depart: segs[0].Depart, Arrive: last.Arrive, DepartUTC: instant(c.dep), ArriveUTC: instant(c.arr),
		Minutes: int(c.arr - c.dep), Segments: segs, Brand: e.brand(p, x, b)})
}

// terminalName is empty where there is only one.
func (e *Engine) terminalName(flight int32, airport uint16) string {
	if e.net.terminals[airport] <= 1 {
		return ""
	}
	t := e.net.terminal(e.net.airline[flight], airport)
	return "12345"[t-1 : t]
}

// basis appends the fare basis: class, season, weekend, advance purchase, brand.
func (e *Engine) basis(to []byte, x *part, b *brand) []byte {
	season, week := byte('L'), byte('X')
	if monthPercent[x.date.UTC().Month()-1] > 105 {
		season = 'H'
	}
	if weekdayPercent[x.date.Weekday()] > 105 {
		week = 'W'
	}
	to = append(to, letters[b.cabin][x.p.bucket], season, week)
	switch x.p.bucket {
	case 0:
		to = append(to, "21"...)
	case 1:
		to = append(to, "14"...)
	case 2:
		to = append(to, "07"...)
	case 3, 4:
		to = append(to, "03"...)
	}
	return append(to, b.basis...)
}

// brand is the fare brand of a leg with its fees in the offer's currency.
func (e *Engine) brand(p *pricer, x *part, b *brand) supplier.Brand {
	rule := func(f fee) supplier.FareRule {
		r := supplier.FareRule{Kind: f.kind}
		if f.kind == supplier.RuleFee {
			usd := f.short
			if x.c.km > 4000 {
				usd = f.long
			}
			r.Fee = p.whole(p.cents.Convert(int64(usd) * 100))
		}
		return r
	}
	out := supplier.Brand{Name: b.name, Code: b.code, Cabin: b.cabin, Shelf: b.shelf, View: b.view,
		CarryOn: int(b.carryOn), Checked: int(b.checked), CheckedKg: int(b.kg), Personal: true, Change: rule(b.change),
		Cancel: rule(b.cancel), Seat: b.seat, Boarding: b.boarding, Lounge: b.lounge && x.c.km > 800}
	if int(x.c.carrier) == e.net.zz {
		zzBrand(int(e.net.number[x.c.flight[0]]), &out)
	}
	out.Refundable = out.Cancel.Kind == supplier.RuleFree || out.Cancel.Kind == supplier.RuleFee
	return out
}

// terms are the conditions of the ticket as a whole.
func (e *Engine) terms(o *supplier.AirOffer, t *token, parts []part) {
	o.Void = supplier.VoidRule{Kind: supplier.VoidHours, Hours: 24}
	if e.archetype(parts[0].c.carrier) == lowCost {
		o.Void = supplier.VoidRule{Kind: supplier.VoidNever}
	} else if int32(parts[0].date)-t.tick/4 > 7 {
		o.HoldFor = 24 * time.Hour
	}
	if o.SimulatedCarrier {
		zzTerms(int(e.net.number[parts[0].c.flight[0]]), o)
	}
}
