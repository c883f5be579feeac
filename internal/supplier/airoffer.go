// SPDX-License-Identifier: Apache-2.0

package supplier

import "time"

// Ref is a supplier's own compact name of an offer, from which it rebuilds that offer. It is neither secret nor
// protected: whoever hands it to a client signs it.
type Ref []byte

// AirOffer is one priced itinerary in one combination of fare brands. All amounts are in Currency.
type AirOffer struct {
	Ref               Ref
	Legs              []AirLeg
	Prices            []PaxPrice // in the order of the query's travelers
	Currency          string
	Base, Tax, Total  Amount // all travelers; Total = Base + Tax
	ValidatingCarrier string
	TicketType        TicketType
	Void              VoidRule
	RateType          RateType
	PublicTotal       Amount    // with RateCorporate: what the published fare would be
	ExpiresAt         time.Time // until then the price stands unless a booking moves it
	HoldFor           time.Duration
	FareCalculation   string // filled by Price, empty in search results
	SimulatedCarrier  bool   // reserved test carrier, no real airline
}

// AirLeg is one leg of an offer.
type AirLeg struct {
	Index               int // index of the leg in the query
	Origin, Destination string
	Depart, Arrive      LocalTime
	DepartUTC           time.Time
	ArriveUTC           time.Time
	Minutes             int // elapsed, first departure to last arrival
	Segments            []Segment
	Brand               Brand
	Base, Tax, Total    Amount // all travelers
}

// Segment is one flight from take-off to landing.
type Segment struct {
	Marketing, Operating FlightNumber
	Origin, Destination  string
	OriginTerminal       string
	DestinationTerminal  string
	Depart, Arrive       LocalTime // at the respective airport
	DepartUTC, ArriveUTC time.Time
	Minutes              int
	Equipment            string // IATA aircraft type
	Cabin                Cabin
	BookingClass         string // one letter (RBD)
	FareBasis            string
	SeatsLeft            int     // 1-9, 9 = nine or more
	DistanceKm           int     // great circle
	CO2Tonnes            float64 // per passenger in this cabin
	CO2AverageTonnes     float64 // per passenger, average of the flights on the route
	MealOnBoard          bool
	Seats                SeatKey // the inventory this segment draws on
}

// Brand is a fare brand with the rules of the fare, fees already in the offer's currency.
type Brand struct {
	Name, Code  string
	Cabin       Cabin
	Shelf       Shelf
	View        CabinView
	CarryOn     int // pieces included
	Checked     int // pieces included
	CheckedKg   int // weight concept: kilograms included, 0 = piece concept
	Personal    bool
	Change      FareRule
	Cancel      FareRule
	Seat        SeatRule
	Boarding    string // "", "first", "priority", "standard", "last"
	Lounge      bool
	Refundable  bool // money comes back, with or without a fee
	Exchange    ExchangeRule
	RefundAgent bool // refunds of this fare go through a person
}

// RuleKind says what a fare lets the traveler do.
type RuleKind uint8

// Rule kinds.
const (
	RuleNotAllowed RuleKind = iota
	RuleFree
	RuleFee
	RuleCredit    // no money back, the value becomes a credit
	RuleTaxesOnly // only refundable taxes come back
)

// FareRule is the permission and its price per traveler.
type FareRule struct {
	Kind RuleKind
	Fee  Amount // per traveler and ticket, with RuleFee
}

// ExchangeRule refines Change where the reserved test carrier plays a scenario.
type ExchangeRule uint8

// Exchange refinements.
const (
	ExchangeNormal ExchangeRule = iota
	ExchangeResidualCredit
	ExchangeByAgent
	ExchangeFails
)

// SeatRule is which seats the fare includes.
type SeatRule uint8

// Seat rules.
const (
	SeatFee SeatRule = iota // every advance seat costs
	SeatFreeStandard
	SeatFreeExtraLegroom
	SeatFree
)

// VoidRule is how long after issue a ticket can be voided.
type VoidRule struct {
	Kind  VoidKind
	Hours int // with VoidHours
}

// VoidKind is the shape of a void window.
type VoidKind uint8

// Void kinds.
const (
	VoidNever VoidKind = iota
	VoidHours
	VoidUntilMidnight // 23:59 of the day of issue at the point of sale
)

// PaxPrice is the fare of one traveler type: amounts are per traveler.
type PaxPrice struct {
	Type             PaxType
	Count            int
	Base, Tax, Total Amount
	Taxes            []Tax
	LegBase, LegTax  []Amount // the same by leg
}

// Tax is one tax, fee or carrier surcharge.
type Tax struct {
	Code       string // two characters, such as US, XF, GB, YQ
	Country    string // ISO alpha-2 that levies it, "" for a carrier surcharge
	Amount     Amount
	Refundable bool // comes back when the flight is not taken
	Leg        int  // leg index it belongs to
}

// AirResult is a page of offers with facts about the whole result.
type AirResult struct {
	Offers             []AirOffer
	Total              int // offers before paging
	Airlines           []Count
	Alliances          []Alliance // present in the result, in order of the enum
	ConnectingAirports []Count    // most offers first, then by code
	Fares              FareStats
	NonstopSchedules   int  // nonstop flights on the first leg, the threshold of express search reads it
	NearestDate        Date // when Total is 0: the closest date with service; 0 = none within a week
}

// Count is a code and the number of offers that show it.
type Count struct {
	Code string
	N    int
}

// FareStats are the totals over all offers of the result, before paging.
type FareStats struct {
	Min, Median, Max Amount
	Currency         string
}
