// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/airside-travel/airside/internal/supplier"
)

// IntermediateRevalidate answers today's price of an itinerary without travelers, trip or bookingId.
func (s *Service) IntermediateRevalidate(ctx context.Context, in SelectedIn) (json.RawMessage, error) {
	c, err := s.choose(ctx, in, supplier.StageRevalidate)
	if err != nil {
		return nil, err
	}
	out := priceDoc(c.offer, c.sh.travelers, "")
	if j := c.sh.judge; j != nil {
		j.Offer(c.offer)
		out["policyDetails"] = written(j.WriteInfo)
	}
	return encode(out)
}

// priceDoc is AirRevalidateItineraryResponse without bookingId. With full "" the traveler types are
// narrowed to adult, child and infant, as the intermediate check answers them.
func priceDoc(o *supplier.AirOffer, travelers []pax, full string) doc {
	groups := groupPax(o, travelers)
	legs := []doc{}
	for i := range o.Legs {
		l := &o.Legs[i]
		per := []doc{}
		for _, g := range groups {
			per = append(per, g.doc(o, g.price.LegBase[i], g.price.LegTax[i], legTaxes(g.price, i), full))
		}
		legs = append(legs, doc{"legId": legID(l.Index), "amount": newFare(l.Base, l.Tax, o.Currency), "travelerPrices": per})
	}
	per := []doc{}
	for _, g := range groups {
		per = append(per, g.doc(o, g.price.Base, g.price.Tax, g.price.Taxes, full))
	}
	return doc{
		"fareBreakDown": doc{"totalFare": newFare(o.Base, o.Tax, o.Currency), "merchantFee": newMoney(0, o.Currency),
			"airlineFee": newMoney(0, o.Currency), "changeFee": newMoney(0, o.Currency)},
		"legPrices":              legs,
		"perTravelerPrices":      per,
		"mcoIssuanceEligibility": "NOT_ELIGIBLE",
	}
}

func legID(i int) string { return "leg_" + strconv.Itoa(i) }

// paxGroup is travelers of one type and age, who pay the same.
type paxGroup struct {
	typ    supplier.PaxType
	age, n int
	price  *supplier.PaxPrice
}

func groupPax(o *supplier.AirOffer, travelers []pax) []*paxGroup {
	var groups []*paxGroup
next:
	for _, t := range travelers {
		price := paxPrice(o, t.Type)
		for _, g := range groups {
			if g.typ == t.Type && g.age == t.Age {
				g.n++
				continue next
			}
		}
		groups = append(groups, &paxGroup{typ: t.Type, age: t.Age, n: 1, price: price})
	}
	return groups
}

// paxPrice is the price of a traveler type.
func paxPrice(o *supplier.AirOffer, t supplier.PaxType) *supplier.PaxPrice {
	for i := range o.Prices {
		if o.Prices[i].Type == t {
			return &o.Prices[i]
		}
	}
	return &supplier.PaxPrice{Type: t, LegBase: make([]supplier.Amount, len(o.Legs)), LegTax: make([]supplier.Amount, len(o.Legs))}
}

func legTaxes(p *supplier.PaxPrice, leg int) []supplier.Tax {
	var out []supplier.Tax
	for _, t := range p.Taxes {
		if t.Leg == leg {
			out = append(out, t)
		}
	}
	return out
}

// doc writes PerTravelerPrice. The age is the one of the search, else the youngest of the type.
func (g *paxGroup) doc(o *supplier.AirOffer, base, tax supplier.Amount, taxes []supplier.Tax, full string) doc {
	typ := named(paxNames[:], g.typ)
	shown := typ
	if full == "" {
		switch g.typ {
		case supplier.InfantOnLap:
			shown = "INFANT"
		case supplier.Youth, supplier.Senior, supplier.Teen:
			shown = "ADULT"
		}
	}
	return doc{"travelerType": shown, "supplierTravelerType": typ, "travelerAge": doc{"numYears": g.years()}, "numTravelers": g.n,
		"amount": newFare(base, tax, o.Currency), "taxBreakdown": taxList(taxes, o.Currency)}
}

func (g *paxGroup) years() int {
	if g.age > 0 {
		return g.age
	}
	return [...]int{18, 2, 0, 0, 16, 65, 13}[min(int(g.typ), 6)]
}

// taxList is TaxBreakdown.
func taxList(taxes []supplier.Tax, currency string) []doc {
	out := []doc{}
	for _, t := range taxes {
		out = append(out, doc{"amount": newMoney(t.Amount, currency), "taxCode": t.Code})
	}
	return out
}
