// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"fmt"
)

// brief is what a summary copies from a PnrData document.
type brief struct {
	Source struct {
		Locator string `json:"sourcePnrId"`
	} `json:"sourceInfo"`
	Travelers json.RawMessage `json:"travelers"`
	Total     json.RawMessage `json:"totalFare"`
	Metadata  struct {
		Airports []map[string]json.RawMessage `json:"airportInfo"`
	} `json:"additionalMetadata"`
	Air *struct {
		Legs []struct {
			Status  string                       `json:"legStatus"`
			Flights []map[string]json.RawMessage `json:"flights"`
		} `json:"legs"`
	} `json:"airPnr"`
	Hotel *struct {
		In     json.RawMessage `json:"checkInDateTime"`
		Out    json.RawMessage `json:"checkOutDateTime"`
		Status string          `json:"pnrStatus"`
		Hotel  struct {
			Name    string          `json:"name"`
			Address json.RawMessage `json:"address"`
		} `json:"hotelInfo"`
	} `json:"hotelPnr"`
	Car *struct {
		Pickup  json.RawMessage `json:"pickupDateTime"`
		DropOff json.RawMessage `json:"dropOffDateTime"`
		Status  string          `json:"pnrStatus"`
		Car     struct {
			Spec struct {
				Name string `json:"displayName"`
			} `json:"carSpec"`
			Vendor    json.RawMessage `json:"vendor"`
			PickupAt  json.RawMessage `json:"pickupLocation"`
			DropOffAt json.RawMessage `json:"dropOffLocation"`
		} `json:"carInfo"`
	} `json:"carPnr"`
	Rail *struct {
		Inward  *journey `json:"inwardJourney"`
		Outward *journey `json:"outwardJourney"`
		Legs    []struct {
			Origin      string          `json:"origin"`
			Destination string          `json:"destination"`
			Depart      json.RawMessage `json:"departAt"`
			Arrive      json.RawMessage `json:"arriveAt"`
		} `json:"legInfos"`
	} `json:"railPnr"`
	Limo *struct {
		Status string `json:"pnrStatus"`
		Legs   []struct {
			Pickup    json.RawMessage `json:"pickupDateTime"`
			DropOff   json.RawMessage `json:"dropOffDateTime"`
			PickupAt  json.RawMessage `json:"pickupLocation"`
			DropOffAt json.RawMessage `json:"dropOffLocation"`
		} `json:"legs"`
		Details struct {
			Vendor string `json:"vendorName"`
			Type   string `json:"carType"`
		} `json:"limoDetails"`
	} `json:"limoPnr"`
	Misc *struct {
		Description string          `json:"description"`
		Start       json.RawMessage `json:"startDateTime"`
		End         json.RawMessage `json:"endDateTime"`
		Status      string          `json:"pnrStatus"`
		Rate        cost            `json:"rate"`
		Priority    json.RawMessage `json:"sortingPriority"`
	} `json:"miscPnr"`
}

type journey struct {
	Status string `json:"journeyStatus"`
	Legs   []int  `json:"legs"`
}

// summarize writes schema PnrSummary from a PNR; userFacingStatus is left to the caller.
func summarize(doc []byte, c card) (pnrSummary, error) {
	var b brief
	if err := json.Unmarshal(doc, &b); err != nil {
		return pnrSummary{}, fmt.Errorf("PNR %s: %w", c.ID, err)
	}
	p := pnrSummary{ID: c.ID, Locator: b.Source.Locator, Travelers: b.Travelers, Product: c.Product}
	for _, a := range b.Metadata.Airports {
		if a["airportCode"] == nil || a["airportName"] == nil {
			continue // a summary may not leave them out, a PNR may
		}
		if p.Metadata == nil {
			p.Metadata = &airports{}
		}
		p.Metadata.Airports = append(p.Metadata.Airports, a)
	}
	product := members{}
	product.put("totalAmount", b.Total)
	key := ""
	switch {
	case b.Air != nil:
		key = "airPnrSummary"
		product["legInfos"] = b.airLegs()
	case b.Hotel != nil:
		key, p.Status = "hotelPnrSummary", b.Hotel.Status
		var address struct {
			City string `json:"locality"`
		}
		if err := json.Unmarshal(b.Hotel.Hotel.Address, &address); err != nil {
			return pnrSummary{}, fmt.Errorf("PNR %s: %w", c.ID, err)
		}
		product.text("name", b.Hotel.Hotel.Name).text("city", address.City).put("fromDate", b.Hotel.In).put("toDate", b.Hotel.Out).
			put("address", b.Hotel.Hotel.Address)
	case b.Car != nil:
		key, p.Status = "carPnrSummary", b.Car.Status
		product.text("vehicleName", b.Car.Car.Spec.Name).put("vendor", b.Car.Car.Vendor).put("fromDate", b.Car.Pickup).
			put("toDate", b.Car.DropOff).put("pickupLocation", b.Car.Car.PickupAt).put("dropOffLocation", b.Car.Car.DropOffAt)
	case b.Rail != nil:
		key = "railPnrSummary"
		if b.Rail.Outward != nil {
			p.Status = b.Rail.Outward.Status
		}
		product["journeys"] = b.railJourneys()
	case b.Limo != nil:
		key, p.Status = "limoPnrSummary", b.Limo.Status
		legs := []members{}
		for _, leg := range b.Limo.Legs {
			legs = append(legs, members{}.put("fromDate", leg.Pickup).put("toDate", leg.DropOff).
				put("pickupLocation", leg.PickupAt).put("dropOffLocation", leg.DropOffAt))
		}
		product["legs"] = legs
	case b.Misc != nil:
		key, p.Status = "miscPnrSummary", b.Misc.Status
		product["description"] = b.Misc.Description
		product.put("startDateTime", b.Misc.Start).put("endDateTime", b.Misc.End).text("status", b.Misc.Status).put("sortingPriority", b.Misc.Priority)
		if b.Total == nil {
			product["totalAmount"] = b.Misc.Rate.total()
		}
	}
	if p.Status != "" && b.Misc == nil && b.Rail == nil {
		product["pnrStatus"] = p.Status
	}
	p.Summary = map[string]any{key: product}
	return p, nil
}

// members are those of an object that are given.
type members map[string]any

func (m members) put(key string, raw json.RawMessage) members {
	if raw != nil {
		m[key] = raw
	}
	return m
}

func (m members) text(key, value string) members {
	if value != "" {
		m[key] = value
	}
	return m
}

// airLegs writes schema LegSummary; a flight keeps those members that FlightSummary knows.
func (b *brief) airLegs() []members {
	legs := []members{}
	for _, leg := range b.Air.Legs {
		flights := []members{}
		for _, f := range leg.Flights {
			short := members{}
			for _, key := range []string{"origin", "destination", "departureDateTime", "arrivalDateTime", "departureGate", "arrivalGate",
				"marketing", "operating", "operatingAirlineName", "cabin"} {
				short.put(key, f[key])
			}
			flights = append(flights, short)
		}
		out := members{"flights": flights}
		legs = append(legs, out.text("legStatus", leg.Status))
	}
	return legs
}

// railJourneys writes schema RailJourneySummary for both directions, from first to last ride.
func (b *brief) railJourneys() []members {
	out := []members{}
	for _, j := range []*journey{b.Rail.Outward, b.Rail.Inward} {
		if j == nil || len(j.Legs) == 0 {
			continue
		}
		first, last := j.Legs[0], j.Legs[len(j.Legs)-1]
		if min(first, last) < 0 || max(first, last) >= len(b.Rail.Legs) {
			continue
		}
		from, to := b.Rail.Legs[first], b.Rail.Legs[last]
		m := members{"origin": from.Origin, "destination": to.Destination}
		out = append(out, m.put("departureDateTime", from.Depart).put("arrivalDateTime", to.Arrive).text("journeyStatus", j.Status).text("pnrStatus", j.Status))
	}
	return out
}

// total is base and tax together.
func (c cost) total() money {
	base, _ := c.Base.units()
	tax, _ := c.Tax.units()
	return toMoney(base+tax, c.Base.Currency)
}
