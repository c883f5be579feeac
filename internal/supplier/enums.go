// SPDX-License-Identifier: Apache-2.0

package supplier

// PaxType is the kind of traveler a fare is for (schema TravelerType of the air domain).
type PaxType uint8

// Traveler types.
const (
	Adult PaxType = iota
	Child
	Infant // with a seat
	InfantOnLap
	Youth
	Senior
	Teen
	NumPaxTypes = 7
)

// Cabin is the physical cabin of a segment.
type Cabin uint8

// Cabins, from the back of the aircraft to the front.
const (
	CabinUnknown Cabin = iota
	Economy
	PremiumEconomy
	Business
	First
)

// Shelf is the Next Generation Storefront category of a fare brand.
type Shelf uint8

// Shelves, from the barest to the richest. ShelfAny (0) means no particular one.
const (
	ShelfAny Shelf = iota
	ShelfBase
	ShelfStandard
	ShelfEnhanced
	ShelfPremium
	ShelfLuxury
	ShelfUltraLuxury
)

// CabinView is the cabin as a shopping display groups it.
type CabinView uint8

// Cabin view categories.
const (
	ViewUnknown CabinView = iota
	ViewBasic
	ViewEconomy
	ViewPremiumEconomy
	ViewEconomyPlus
	ViewBusiness
	ViewFirst
)

// Alliance of airlines.
type Alliance uint8

// Alliances.
const (
	AllianceNone Alliance = iota
	StarAlliance
	Oneworld
	SkyTeam
	VanillaAlliance
	UFlyAlliance
	ValueAlliance
)

// TicketType tells whether one itinerary is one ticket or several independent ones.
type TicketType uint8

// Ticket types.
const (
	TicketSingle TicketType = iota
	TicketMulti
)

// RateType is where a fare comes from.
type RateType uint8

// Rate types.
const (
	RatePublished RateType = iota
	RateCorporate          // opened by an account code
)

// SortKey orders search results.
type SortKey uint8

// Sort keys.
const (
	SortPrice SortKey = iota
	SortDepartureTime
	SortArrivalTime
	SortDuration
)
