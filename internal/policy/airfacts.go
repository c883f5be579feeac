// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"iter"
	"time"
)

// AirFacts is what is known of an itinerary when it is judged, and of the search it was found in.
type AirFacts struct {
	Today  time.Time // the tenant's clock; only the date counts
	Chosen AirOffer
	Among  []AirOffer // every offer of the same search; Chosen may be one of them or not
	// Figures stand in for Among when the offer is judged again after the search.
	Figures *Figures
	Rates   Rates
	ByAgent bool // an agent books on behalf of the traveler
}

// Rates converts between currencies.
type Rates interface {
	// Digits is how many minor digits a currency has.
	Digits(currency string) int
	// Convert gives minor units of another currency; false when there is no rate.
	Convert(minor int64, from, to string) (int64, bool)
}

// Terms say whether a ticket can be given back or changed, and at what cost.
type Terms int

// The terms. Unknown terms break no rule.
const (
	TermsUnknown Terms = iota
	Impossible
	WithFee
	Free
)

// AirOffer is one priced itinerary for one traveler.
type AirOffer struct {
	Base, Tax    int64 // minor units of Currency
	Currency     string
	Refund       Terms
	Change       Terms
	BasicEconomy bool
	FareWords    []string // names of the fare (brand, basis, description) in which restricted keywords are sought
	GramsPerKm   float64  // CO2 per passenger and kilometer; 0 when unknown
	Blocked      string   // the airline among its carriers that the company does not want, "" when there is none
	Legs         []AirLeg
}

// AirLeg is one direction of travel with its flights in order.
type AirLeg struct{ Flights []AirFlight }

// AirFlight is one flight. Times carry the zone of the airport.
type AirFlight struct {
	Airline          string // IATA code of the marketing carrier
	Aircraft         string // IATA code of the equipment
	Cabin            string // as schema Cabin spells it
	From, To         Airport
	Departs, Arrives time.Time
}

// Airport is a place with what region rules ask of it.
type Airport struct{ Code, Country, Continent string }

// domestic reports whether all airports lie in one country (CHOICE of the policy page).
func (o *AirOffer) domestic() bool {
	country := ""
	for _, l := range o.Legs {
		for _, f := range l.Flights {
			if country == "" {
				country = f.From.Country
			}
			if f.From.Country != country || f.To.Country != country {
				return false
			}
		}
	}
	return true
}

// minutes of the leg from first departure to last arrival, layovers included.
func (l *AirLeg) minutes() int {
	if len(l.Flights) == 0 {
		return 0
	}
	return int(l.Flights[len(l.Flights)-1].Arrives.Sub(l.Flights[0].Departs) / time.Minute)
}

// flights are all of them, leg by leg.
func (o *AirOffer) flights() iter.Seq[*AirFlight] {
	return func(yield func(*AirFlight) bool) {
		for i := range o.Legs {
			for k := range o.Legs[i].Flights {
				if !yield(&o.Legs[i].Flights[k]) {
					return
				}
			}
		}
	}
}

// first is the flight that leaves first, nil when there is none.
func (o *AirOffer) first() *AirFlight {
	for f := range o.flights() {
		return f
	}
	return nil
}

// stops of the leg that has most of them.
func (o *AirOffer) stops() (most int) {
	for _, l := range o.Legs {
		most = max(most, len(l.Flights)-1)
	}
	return most
}

// longest leg in minutes.
func (o *AirOffer) longest() (minutes int) {
	for i := range o.Legs {
		minutes = max(minutes, o.Legs[i].minutes())
	}
	return minutes
}

// rank orders cabins.
func rank(cabin string) int {
	switch cabin {
	case "ECONOMY":
		return 1
	case "PREMIUM_ECONOMY":
		return 2
	case "BUSINESS":
		return 3
	case "FIRST":
		return 4
	}
	return 0
}

// cabin is the highest one of all flights.
func (o *AirOffer) cabin() (highest string) {
	for f := range o.flights() {
		if rank(f.Cabin) > rank(highest) {
			highest = f.Cabin
		}
	}
	return highest
}
