// SPDX-License-Identifier: Apache-2.0

package air

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/supplier"
)

// pnrWriter writes PnrData of a new booking.
type pnrWriter struct {
	s        *Service
	now      time.Time
	company  string
	order    *supplier.Order
	booking  *booking
	profiles []Traveler // by traveler
	paid     []Paid     // by charge
	booker   doc
	remarks  []string
	policy   *judged // nil: no policy governs the booking
}

// document is everything but what Trips adds.
func (p *pnrWriter) document() doc {
	o := &p.order.Offer
	total := newMoney(o.Total, o.Currency)
	source, pos := p.s.source()
	d := doc{
		"createdVia":                  "API",
		"initialVersionCreatedVia":    "API",
		"state":                       "PNR",
		"bookingStatus":               p.bookingStatus(),
		"contactSupport":              false,
		"travelerPnrVisibilityStatus": "VISIBLE",
		"sourceInfo": doc{"sourcePnrId": p.order.Locator, "bookingSource": source, "thirdParty": source,
			"bookingDateTime": instant(p.now), "posDescriptor": pos},
		"airPnr":             p.air(),
		"pnrTravelers":       p.pnrTravelers(),
		"travelers":          p.oldTravelers(),
		"costOfGoodsSold":    doc{"payments": p.payments()},
		"costToCustomer":     doc{"payments": p.payments()},
		"paymentInfo":        p.paymentInfo(),
		"totalFare":          total,
		"totalFareAmount":    newFare(o.Base, o.Tax, o.Currency),
		"bookingHistory":     p.history(),
		"additionalMetadata": p.metadata(),
	}
	if p.booking.Charges[0].Source == "" && p.booking.Charges[0].Raw == nil && p.s.payments == nil {
		d["invoiceDelayedBooking"] = true
	}
	if v := p.policy; v != nil {
		d["policyInfo"] = doc{"outOfPolicy": v.OutOfPolicy, "appliedPolicyInfo": v.info}
	}
	return d
}

func (p *pnrWriter) ticketed() bool { return len(p.order.Tickets) > 0 }

func (p *pnrWriter) bookingStatus() string {
	if p.order.Status == supplier.OrderPending {
		return "PENDING_STATUS"
	}
	return "CONFIRMED_STATUS"
}

func (p *pnrWriter) history() []doc {
	out := []doc{historyEntry(p.booker, p.now, "BOOKED")}
	if p.ticketed() {
		out = append(out, historyEntry(p.booker, p.now, "TICKETED"))
	}
	return out
}

func historyEntry(booker doc, at time.Time, status string) doc {
	return doc{"bookerInfo": booker, "bookingInfo": doc{"updatedDateTime": instant(at), "status": status}}
}

// air is schema Air.
func (p *pnrWriter) air() doc {
	o := &p.order.Offer
	legs := []doc{}
	for i := range o.Legs {
		legs = append(legs, p.leg(o, i))
	}
	travelers := []doc{}
	for i := range p.booking.Guests {
		travelers = append(travelers, p.travelerInfo(i))
	}
	d := doc{"legs": legs, "travelerInfos": travelers, "voidPolicy": p.voidPolicy(), "showRawFareRules": true}
	if len(p.remarks) > 0 {
		remarks := []doc{}
		for _, r := range p.remarks {
			remarks = append(remarks, doc{"remarkString": r})
		}
		d["airPnrRemarks"] = remarks
	}
	return d
}

// voidPolicy: a PNR without tickets can be given up at any time.
func (p *pnrWriter) voidPolicy() doc {
	if !p.ticketed() {
		return doc{"isVoidable": true, "isInfoAvailable": true}
	}
	until := p.order.Tickets[0].VoidUntil
	for _, t := range p.order.Tickets {
		if t.VoidUntil.Before(until) {
			until = t.VoidUntil
		}
	}
	if left := until.Sub(p.now); left > 0 {
		return doc{"isVoidable": true, "voidPeriod": doc{"iso8601": duration(int(left / time.Minute))}, "isInfoAvailable": true}
	}
	return doc{"isVoidable": false, "isInfoAvailable": true}
}

func (p *pnrWriter) leg(o *supplier.AirOffer, i int) doc {
	l := &o.Legs[i]
	flights := []doc{}
	for j := range l.Segments {
		flights = append(flights, p.flight(&l.Segments[j], j))
	}
	offers := []doc{}
	for _, t := range p.profiles {
		offers = append(offers, doc{"userId": idRef{t.UserID},
			"baggagePolicy":      written(func(w *jx.Writer) { writeBaggage(w, &l.Brand) }),
			"cancellationPolicy": written(func(w *jx.Writer) { writePolicy(w, cancelText(l.Brand.Cancel.Kind), l.Brand.Cancel, o.Currency) }),
			"exchangePolicy":     written(func(w *jx.Writer) { writePolicy(w, changeText(l.Brand.Change.Kind), l.Brand.Change, o.Currency) })})
	}
	d := doc{"legId": legID(l.Index), "legIndex": i, "legStatus": p.bookingStatus(), "sortingPriority": i, "flights": flights,
		"brandName": l.Brand.Name, "validatingAirlineCode": o.ValidatingCarrier, "rateType": rateTypeName(o.RateType), "fareOffers": offers}
	if standings := p.standings(l); len(standings) > 0 {
		d["preferences"] = standings
	}
	return d
}

// standings say how the airlines of a leg stand with the company, each once.
func (p *pnrWriter) standings(l *supplier.AirLeg) []doc {
	if p.policy == nil {
		return nil
	}
	var seen []string
	var out []doc
	for i := range l.Segments {
		airline := l.Segments[i].Marketing.Carrier
		if slices.Contains(seen, airline) {
			continue
		}
		seen = append(seen, airline)
		if s := p.policy.judge.Standing(airline); s != nil {
			out = append(out, s)
		}
	}
	return out
}

// written captures what a writer of the hot path writes.
func written(f func(w *jx.Writer)) json.RawMessage {
	var w jx.Writer
	f(&w)
	return w.Buf
}

func (p *pnrWriter) flight(g *supplier.Segment, index int) doc {
	status, code := "CONFIRMED", "HK"
	if p.order.Status == supplier.OrderPending {
		status, code = "PENDING", "PN"
	}
	d := doc{
		"flightId": string(flightID(nil, g)), "flightIndex": index,
		"departureDateTime": isoValue{g.Depart.String()}, "arrivalDateTime": isoValue{g.Arrive.String()},
		"duration": isoValue{duration(g.Minutes)}, "origin": g.Origin, "destination": g.Destination,
		"departureGate": gate(g.OriginTerminal), "arrivalGate": gate(g.DestinationTerminal),
		"marketing": flightDoc(g.Marketing), "operating": flightDoc(g.Operating),
		"vendorConfirmationNumber": p.order.Locator, "cabin": named(cabinNames[:], g.Cabin), "bookingCode": g.BookingClass,
		"flightStatus": status, "sourceStatus": code,
		"co2EmissionDetail": written(func(w *jx.Writer) { writeCO2(w, g) }),
		"distance":          doc{"length": g.DistanceKm, "unit": "KM"},
		"equipment":         doc{"code": g.Equipment, "name": p.s.atlas.Aircraft(g.Equipment)},
	}
	if a, ok := p.s.atlas.Airline(g.Operating.Carrier); ok {
		d["operatingAirlineName"] = a.Name
	}
	return d
}

func gate(terminal string) doc {
	if terminal == "" {
		return doc{}
	}
	return doc{"terminal": terminal}
}

func flightDoc(f supplier.FlightNumber) json.RawMessage {
	return written(func(w *jx.Writer) { writeFlightNumber(w, f) })
}

// travelerInfo is what one traveler holds: tickets, and what is included in them.
func (p *pnrWriter) travelerInfo(i int) doc {
	o, g := &p.order.Offer, &p.booking.Guests[i]
	price := paxPrice(o, p.booking.Cart.Pax[i].Type)
	total := newFare(price.Base, price.Tax, o.Currency)
	tickets := []doc{}
	for t := range p.order.Tickets {
		if p.order.Tickets[t].Traveler == i {
			tickets = append(tickets, p.ticket(&p.order.Tickets[t]))
		}
	}
	var legs []int
	components := []doc{}
	for l := range o.Legs {
		legs = append(legs, l)
		for f := range o.Legs[l].Segments {
			g := &o.Legs[l].Segments[f]
			at := doc{"legIdx": l, "flightIdx": f}
			if n := len(components); n > 0 && components[n-1]["fareBasisCode"] == g.FareBasis && f > 0 {
				components[n-1]["flightIds"] = append(components[n-1]["flightIds"].([]doc), at)
				continue
			}
			components = append(components, doc{"fareBasisCode": g.FareBasis, "farePaxType": p.paxName(i), "flightIds": []doc{at}})
		}
	}
	d := doc{
		"travelerIdx": i, "userId": idRef{p.profiles[i].UserID}, "paxType": p.paxName(i),
		"tickets": tickets, "appliedCredits": []doc{}, "boardingPass": []doc{}, "lastConfirmedTickets": []doc{},
		"booking": doc{"seats": []doc{}, "luggageDetails": []doc{}, "otherAncillaries": []doc{}, "otherCharges": []doc{},
			"itinerary": doc{"totalFare": total, "totalFlightsFare": total,
				"flightFareBreakup": []doc{{"legIndices": legs, "flightsFare": total}}, "fareComponents": components}},
	}
	if g.Details.Age > 0 {
		d["paxCurrentAge"] = years{g.Details.Age}
	}
	if len(g.SSRs) > 0 {
		list := []doc{}
		for _, r := range g.SSRs {
			leg, flight := 0, 0
			if r.Indexes != nil {
				leg, flight = r.Indexes.Leg, r.Indexes.Flight
			} else if r.FlightIndex != nil {
				leg, flight = flightAt(o, *r.FlightIndex)
			}
			list = append(list, doc{"code": r.Code, "customText": r.Info, "legIndex": leg, "flightIndex": flight, "status": "REQUESTED"})
		}
		d["specialServiceRequestInfos"] = list
	}
	return d
}

func (p *pnrWriter) paxName(i int) string { return named(paxNames[:], p.booking.Cart.Pax[i].Type) }

// flightAt turns a position in the whole journey into leg and flight.
func flightAt(o *supplier.AirOffer, n int) (leg, flight int) {
	for l := range o.Legs {
		if n < len(o.Legs[l].Segments) {
			return l, max(n, 0)
		}
		n -= len(o.Legs[l].Segments)
	}
	return 0, 0
}

// payments is what is paid for the flights, one entry for each charge; the same on both sides,
// because nothing is added on top.
func (p *pnrWriter) payments() []doc {
	var travelers []int
	var users []idRef
	for i, t := range p.profiles {
		travelers, users = append(travelers, i), append(users, idRef{t.UserID})
	}
	out := []doc{}
	for i, c := range p.booking.Charges {
		d := doc{"travelerIndices": travelers, "userIds": users, "amount": newFare(c.Base, c.Tax, p.order.Offer.Currency),
			"fop": p.paid[i].FOP, "paymentType": "FLIGHTS", "isRefunded": false}
		if ref := p.paid[i].Reference; ref != "" {
			d["paymentReference"] = ref
		}
		out = append(out, d)
	}
	return out
}

func (p *pnrWriter) paymentInfo() []doc {
	cur := p.order.Offer.Currency
	out := []doc{}
	for i, c := range p.booking.Charges {
		sum := newMoney(c.Base+c.Tax, cur)
		out = append(out, doc{"fop": p.paid[i].FOP, "totalCharge": sum, "totalRefund": newMoney(0, cur), "netCharge": sum})
	}
	return out
}

// metadata explains every airport and airline the PNR names.
func (p *pnrWriter) metadata() doc {
	var airports, airlines []string
	add := func(list *[]string, codes ...string) {
		for _, c := range codes {
			if !slices.Contains(*list, c) {
				*list = append(*list, c)
			}
		}
	}
	add(&airlines, p.order.Offer.ValidatingCarrier)
	for i := range p.order.Offer.Legs {
		for j := range p.order.Offer.Legs[i].Segments {
			g := &p.order.Offer.Legs[i].Segments[j]
			add(&airports, g.Origin, g.Destination)
			add(&airlines, g.Marketing.Carrier, g.Operating.Carrier)
		}
	}
	places, carriers := []json.RawMessage{}, []doc{}
	for _, c := range airports {
		places = append(places, p.s.airportInfo(c))
	}
	for _, c := range airlines {
		carriers = append(carriers, p.s.airlineInfo(c))
	}
	return doc{"airportInfo": places, "airlineInfo": carriers}
}

func (s *Service) airlineInfo(code string) doc {
	name := code
	if a, ok := s.atlas.Airline(code); ok {
		name = a.Name
	}
	return doc{"airlineCode": code, "airlineName": name}
}

// instant is DateTimeOffset in UTC.
func instant(t time.Time) isoValue { return isoValue{t.UTC().Format("2006-01-02T15:04:05Z")} }

// wall is DateTimeLocal of a UTC instant.
func wall(t time.Time) isoValue { return isoValue{t.UTC().Format("2006-01-02T15:04")} }
