// SPDX-License-Identifier: Apache-2.0

package air

import (
	"encoding/base64"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/supplier"
)

// flightKey tells flights of one page apart.
type flightKey struct {
	marketing    supplier.FlightNumber
	origin, dest string
	depart       supplier.LocalTime
}

// page collects what the itineraries refer to while they are written.
type page struct {
	w       jx.Writer
	res     *SearchResult
	flights []*supplier.Segment
	seen    map[flightKey]bool
	shelves [len(shelfNames)]bool
	views   [len(viewNames)]bool
	shares  []int // traveler -> index of his PaxPrice
	raw     []byte
	source  string
	pos     string
}

// AppendJSON writes the answer behind b. It allocates little: this is the hot answer of the platform.
func (r *SearchResult) AppendJSON(b []byte) []byte {
	p := &page{res: r, seen: make(map[flightKey]bool, 64), shares: make([]int, len(r.sh.travelers))}
	p.w.Buf = b
	p.source, p.pos = r.s.source()
	w := &p.w
	if r.single != "" {
		w.RawStr(`{"itinerary":`)
		p.itinerary(&r.offers[0])
		w.RawStr(`}`)
		return w.Buf
	}
	w.RawStr(`{"searchId":`)
	w.Str(r.searchID)
	w.RawStr(`,"itineraryDetails":{"itineraries":[`)
	for i := range r.offers {
		if i > 0 {
			w.Comma()
		}
		p.itinerary(&r.offers[i])
	}
	w.RawStr(`],"flightData":[`)
	for i, g := range p.flights {
		if i > 0 {
			w.Comma()
		}
		p.flightCommon(g)
	}
	w.RawStr(`]},"paginationParams":{"numResults":`)
	w.Int(r.total)
	pages := 1
	if r.sh.pageSize > 0 {
		pages = (r.total + r.sh.pageSize - 1) / r.sh.pageSize
	}
	if r.total == 0 {
		pages = 0
	}
	w.RawStr(`,"numPages":`)
	w.Int(pages)
	w.RawStr(`},"metadata":`)
	p.metadata()
	w.RawStr(`}`)
	return w.Buf
}

// itinerary writes AirItin.
func (p *page) itinerary(o *supplier.AirOffer) {
	w, r := &p.w, p.res
	for i, t := range r.sh.travelers {
		p.shares[i] = 0
		for j := range o.Prices {
			if o.Prices[j].Type == t.Type {
				p.shares[i] = j
			}
		}
	}
	w.RawStr(`{"itineraryId":`)
	if r.single != "" {
		w.Str(r.single)
	} else {
		p.raw = r.sign.appendRaw(p.raw[:0], &token{kind: tokItinerary, issued: r.now, company: r.sh.company, link: r.link, body: o.Ref})
		w.RawStr(`"`)
		w.Buf = base64.RawURLEncoding.AppendEncode(w.Buf, p.raw)
		w.RawStr(`"`)
	}
	w.RawStr(`,"legs":[`)
	for i := range o.Legs {
		if i > 0 {
			w.Comma()
		}
		p.leg(o, i)
	}
	w.RawStr(`],"travelers":[`)
	for i := range r.sh.travelers {
		if i > 0 {
			w.Comma()
		}
		p.traveler(o, i)
	}
	w.RawStr(`],"fareInfo":{"totalFare":`)
	writeFare(w, o.Base, o.Tax, o.Currency)
	w.RawStr(`},"ticketType":"`)
	w.RawStr(ticketTypeName(o.TicketType))
	w.RawStr(`"`)
	if j := r.sh.judge; j != nil {
		j.Offer(o)
		w.RawStr(`,"policyInfos":`)
		j.WriteInfo(w)
	}
	w.RawStr(`,"posInfo":[{"source":"`)
	w.RawStr(p.source)
	w.RawStr(`","posDescriptor":`)
	w.Str(p.pos)
	w.RawStr(`}]`)
	if o.RateType == supplier.RateCorporate && o.PublicTotal > o.Tax {
		w.RawStr(`,"publicFare":`)
		writeFare(w, o.PublicTotal-o.Tax, o.Tax, o.Currency)
	}
	w.RawStr(`,"fareAttributes":{"isVoidable":`)
	w.Bool(o.Void.Kind != supplier.VoidNever)
	if o.HoldFor > 0 {
		w.RawStr(`,"holdDeadline":{"iso8601":"`)
		w.Buf = r.now.Add(o.HoldFor).UTC().AppendFormat(w.Buf, "2006-01-02T15:04")
		w.RawStr(`"}`)
	}
	w.RawStr(`,"isNonVerifiedExchangeOffer":false}}`)
}

// leg writes AirLegInfo.
func (p *page) leg(o *supplier.AirOffer, n int) {
	w, l := &p.w, &o.Legs[n]
	w.RawStr(`{"id":"leg_`)
	w.Int(l.Index)
	w.RawStr(`","flights":[`)
	for i := range l.Segments {
		if i > 0 {
			w.Comma()
		}
		p.flight(o, &l.Segments[i])
	}
	w.RawStr(`],"travelerInfos":[`)
	var rules [2]int
	for i, t := range p.res.sh.travelers {
		if i > 0 {
			w.Comma()
		}
		price := &o.Prices[p.shares[i]]
		w.RawStr(`{"travelerId":`)
		w.Str(t.ID)
		w.RawStr(`,"travelerLegFare":`)
		writeFare(w, price.LegBase[n], price.LegTax[n], o.Currency)
		w.RawStr(`,"fareRules":`)
		if i == 0 {
			rules[0] = len(w.Buf)
			writeFareRules(w, &l.Brand, o.Currency)
			rules[1] = len(w.Buf)
		} else {
			w.Buf = append(w.Buf, w.Buf[rules[0]:rules[1]]...)
		}
		w.RawStr(`}`)
	}
	w.RawStr(`],"totalLegFare":`)
	writeFare(w, l.Base, l.Tax, o.Currency)
	p.shelves[min(int(l.Brand.Shelf), len(p.shelves)-1)] = true
	p.views[min(int(l.Brand.View), len(p.views)-1)] = true
	w.RawStr(`,"fareCategory":{"ngsCategory":"`)
	w.RawStr(named(shelfNames[:], l.Brand.Shelf))
	w.RawStr(`","cabinViewCategory":"`)
	w.RawStr(named(viewNames[:], l.Brand.View))
	w.RawStr(`"},"brandName":`)
	w.Str(l.Brand.Name)
	w.RawStr(`,"brandCode":`)
	w.Str(l.Brand.Code)
	w.RawStr(`,"validatingAirline":`)
	w.Str(o.ValidatingCarrier)
	w.RawStr(`,"rateType":"`)
	w.RawStr(rateTypeName(o.RateType))
	w.RawStr(`"}`)
}

// flight writes FlightDetail and remembers the flight for flightData.
func (p *page) flight(o *supplier.AirOffer, g *supplier.Segment) {
	w := &p.w
	w.RawStr(`{"id":"`)
	appendFlightID(w, g)
	w.RawStr(`","flightData":`)
	if p.res.single != "" {
		w.RawStr(`{"flightData":`)
		p.flightCommon(g)
		w.RawStr(`}`)
	} else {
		if key := (flightKey{g.Marketing, g.Origin, g.Destination, g.Depart}); !p.seen[key] {
			p.seen[key] = true
			p.flights = append(p.flights, g)
		}
		w.RawStr(`{"flightRef":{"flightRef":"`)
		appendFlightID(w, g)
		w.RawStr(`"}}`)
	}
	w.RawStr(`,"cabin":"`)
	w.RawStr(named(cabinNames[:], g.Cabin))
	w.RawStr(`","bookingCode":`)
	w.Str(g.BookingClass)
	w.RawStr(`,"seatAvailability":`)
	w.Int(g.SeatsLeft)
	if o.RateType == supplier.RateCorporate && len(p.res.sh.query.RateCodes) > 0 {
		w.RawStr(`,"corpAccountCode":`)
		w.Str(p.res.sh.query.RateCodes[0])
	}
	w.RawStr(`,"carbonEmission":`)
	writeCO2(w, g)
	w.RawStr(`,"fareBasisCode":`)
	w.Str(g.FareBasis)
	w.RawStr(`}`)
}

// flightCommon writes FlightCommon.
func (p *page) flightCommon(g *supplier.Segment) {
	w := &p.w
	w.RawStr(`{"flightRef":"`)
	appendFlightID(w, g)
	w.RawStr(`","departureDateTime":`)
	writeLocal(w, g.Depart)
	w.RawStr(`,"arrivalDateTime":`)
	writeLocal(w, g.Arrive)
	w.RawStr(`,"origin":`)
	w.Raw(p.res.s.airportInfo(g.Origin))
	w.RawStr(`,"destination":`)
	w.Raw(p.res.s.airportInfo(g.Destination))
	for _, gate := range [...]struct{ name, terminal string }{{`,"departureGate":{"terminal":`, g.OriginTerminal}, {`,"arrivalGate":{"terminal":`, g.DestinationTerminal}} {
		if gate.terminal != "" {
			w.RawStr(gate.name)
			w.Str(gate.terminal)
			w.RawStr(`}`)
		}
	}
	w.RawStr(`,"marketing":`)
	writeFlightNumber(w, g.Marketing)
	w.RawStr(`,"operating":`)
	writeFlightNumber(w, g.Operating)
	if g.Operating.Carrier != g.Marketing.Carrier {
		if a, ok := p.res.s.atlas.Airline(g.Operating.Carrier); ok {
			w.RawStr(`,"operationalDisclosure":`)
			w.Str(a.Name)
		}
	}
	w.RawStr(`,"duration":`)
	writeDuration(w, g.Minutes)
	w.RawStr(`,"equipment":{"code":`)
	w.Str(g.Equipment)
	if name := p.res.s.atlas.Aircraft(g.Equipment); name != "" {
		w.RawStr(`,"name":`)
		w.Str(name)
	}
	w.RawStr(`}}`)
}

// traveler writes TravelerDetail: what one traveler pays, with the taxes one by one.
func (p *page) traveler(o *supplier.AirOffer, i int) {
	w, t := &p.w, &p.res.sh.travelers[i]
	price := &o.Prices[p.shares[i]]
	w.RawStr(`{"travelerId":`)
	w.Str(t.ID)
	w.RawStr(`,"travelerType":"`)
	w.RawStr(named(paxNames[:], t.Type))
	w.RawStr(`"`)
	if t.Age > 0 {
		w.RawStr(`,"travelerAge":{"numYears":`)
		w.Int(t.Age)
		w.RawStr(`}`)
	}
	w.RawStr(`,"fareInfo":{"totalFare":`)
	writeFare(w, price.Base, price.Tax, o.Currency)
	w.RawStr(`,"taxBreakdown":`)
	writeTaxes(w, price.Taxes, o.Currency)
	w.RawStr(`}}`)
}

// metadata writes AirMetadata.
func (p *page) metadata() {
	w, r := &p.w, p.res
	w.RawStr(`{"airlineInfo":[`)
	n := 0
	for _, c := range r.result.Airlines {
		a, ok := r.s.atlas.Airline(c.Code)
		if !ok {
			a = Airline{Code: c.Code, Name: c.Code}
		}
		if n++; n > 1 {
			w.Comma()
		}
		w.RawStr(`{"airlineCode":`)
		w.Str(a.Code)
		w.RawStr(`,"airlineName":`)
		w.Str(a.Name)
		w.RawStr(`}`)
	}
	w.RawStr(`],"applicableAlliances":[`)
	n = 0
	for _, a := range r.result.Alliances {
		if a == supplier.AllianceNone {
			continue
		}
		if n++; n > 1 {
			w.Comma()
		}
		w.Str(named(allianceNames[:], a))
	}
	w.RawStr(`],"legBylegPricing":`)
	w.Bool(r.sh.query.LegByLeg)
	w.RawStr(`,"enableFareCategories":[`)
	n = 0
	for i, on := range p.shelves {
		if on && i > 0 {
			if n++; n > 1 {
				w.Comma()
			}
			w.RawStr(`{"ngsCategory":"` + shelfNames[i] + `"}`)
		}
	}
	for i, on := range p.views {
		if on && i > 0 {
			if n++; n > 1 {
				w.Comma()
			}
			w.RawStr(`{"cabinViewCategory":"` + viewNames[i] + `"}`)
		}
	}
	w.RawStr(`],"isExpressSearch":`)
	w.Bool(r.express)
	w.RawStr(`,"availableConnectingAirports":[`)
	for i, c := range r.result.ConnectingAirports {
		if i > 0 {
			w.Comma()
		}
		w.Raw(r.s.airportInfo(c.Code))
	}
	w.RawStr(`]}`)
}
