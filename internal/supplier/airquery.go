// SPDX-License-Identifier: Apache-2.0

package supplier

import "time"

// AirQuery asks for offers. The supplier neither keeps nor changes it.
type AirQuery struct {
	Tenant      string    // whose inventory differences and scenario settings apply
	Now         time.Time // the tenant's clock
	Legs        []QueryLeg
	Travelers   []PaxCount
	Filters     AirFilters
	Currency    string   // ISO 4217; "" = that of the point of sale
	RateCodes   []string // account codes that may open corporate fares
	Sort        []AirSort
	PointOfSale string // ISO 3166 alpha-2; "" = the United States

	// Offset and Limit cut the page out of the sorted result; Limit 0 = everything.
	Offset, Limit int

	// LegByLeg asks for one leg at a time. With Chosen nil the offers hold leg 0 only; with the Ref of such an offer
	// they hold the legs chosen so far plus the next one, priced together.
	LegByLeg bool
	Chosen   Ref
}

// QueryLeg is one wanted leg. Metro codes have been expanded to airports by the caller.
type QueryLeg struct {
	Origins, Destinations []string // IATA airport codes
	Date                  Date     // local departure date
}

// PaxCount is how many travelers of one type.
type PaxCount struct {
	Type  PaxType
	Count int
}

// AirSort is one sort criterion; later ones break ties of earlier ones.
type AirSort struct {
	By         SortKey
	Descending bool
	Shelf      Shelf // with SortPrice only: offers of this shelf first; ShelfAny = by price over all
}

// CabinMode says how the cabin filter reads mixed-cabin itineraries.
type CabinMode uint8

// Cabin filter modes.
const (
	CabinAny CabinMode = iota // no filter
	CabinAtLeastOne
	CabinAll
)

// ChangeFilter keeps offers by how flexible their fare is.
type ChangeFilter uint8

// Flexibility filters.
const (
	ChangeAny ChangeFilter = iota
	ChangeableOrRefundable
	RefundableWithPenalty
	RefundableWithoutPenalty
)

// AirFilters drop offers. The zero value drops nothing.
type AirFilters struct {
	MaxStops        *int // per leg
	CabinMode       CabinMode
	Cabin           Cabin
	Alliances       []Alliance // keep legs sold by a member of these alliances or by Airlines (either)
	Airlines        []string
	ExcludeAirlines []string
	Legs            []LegFilter // by leg index; may be shorter than Legs of the query
	Change          ChangeFilter
	FareMin         Amount // total of all travelers in the query's currency
	FareMax         Amount // 0 = no limit
	FreeCheckedBag  bool
	FreeCarryOn     bool
	HideMultiTicket bool
	Shelves         []Shelf
	Views           []CabinView
	CorporateOnly   bool
	NonstopOnly     bool // express search; same as MaxStops 0
}

// LegFilter narrows one leg.
type LegFilter struct {
	Depart, Arrive []TimeWindow // local time of the leg's first departure and last arrival; any window may match
	Airlines       []string     // marketing carriers
	ConnectVia     []string     // connections only at these airports
	AvoidVia       []string
	Flights        []FlightNumber // at least one segment is this flight, marketing or operating
}

// TimeWindow is a range of minutes of the local day, both ends included. From > To wraps over midnight.
type TimeWindow struct{ From, To int }

// FlightNumber is a carrier and its number, such as BA 178.
type FlightNumber struct {
	Carrier string
	Number  int
}
