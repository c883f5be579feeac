// SPDX-License-Identifier: Apache-2.0

package pack

// File is a decoded world.
type File struct {
	// Version is a digest of the content; two worlds with the same version are the same.
	Version uint32

	Zones        []string // IANA names
	Countries    []Country
	Subdivisions []Subdivision
	Currencies   []Currency
	Airports     []Airport // by code
	Airlines     []Airline // by code
	Aircraft     []Aircraft
	Equipment    []Equipment // names of all IATA aircraft codes, by code
	Partners     [][]uint16  // airlines that sell each other's flights, by index
	Table        Timetable
}

// Country is an ISO 3166 country.
type Country struct{ Alpha2, Alpha3, Numeric, Name, Capital, Continent, Currency, Dial string }

// Subdivision is an ISO 3166-2 region.
type Subdivision struct{ Code, Name, Country string }

// Currency is an ISO 4217 currency. PerUSD is units per US dollar in millionths, 0 when the world has no rate.
type Currency struct {
	Code, Numeric, Name string
	MinorUnits          uint8
	PerUSD              int64
	Source              string
}

// Airport is an airport with an IATA code. Lat and Lon are degrees times 100,000.
type Airport struct {
	Code, ICAO, Name, City, Region, Metro string
	Country, Zone                         uint16 // indexes
	Lat, Lon                              int32
	Size                                  uint8  // 1 small, 2 medium, 3 large
	Weight                                uint32 // departures in a year
}

// Airline models.
const (
	ModelNetwork = iota
	ModelLowCost
	ModelRegional
	ModelCharter
)

// Airline is a carrier with a two-character code. Alliance holds the value of supplier.Alliance.
type Airline struct {
	Code, ICAO, Prefix, Name string
	LoyaltyProgram           string
	Country                  uint16
	Alliance, Model          uint8
	Hubs                     []uint16 // airports, biggest first
}

// Aircraft is a type the timetable uses. Fuel is in kilograms (LTO) and grams per kilometre.
type Aircraft struct {
	Code, Name                                   string
	Body                                         byte // T turboprop, R regional jet, N narrow, W wide
	CruiseKmh, RangeKm                           uint16
	Seats                                        [4]uint16 // economy, premium economy, business, first
	LayoutBusiness, LayoutPremium, LayoutEconomy string
	PitchIn                                      uint8
	FuelLTO, FuelPerKm                           uint32
}

// Equipment names an IATA aircraft code.
type Equipment struct{ Code, Manufacturer, Model string }

// Timetable is the week of the world: routes by origin and destination, the flights of a route by departure.
type Timetable struct {
	RouteOrigin, RouteDest, RouteKm []uint16
	RouteFlights                    []uint16 // flights per route
	Airline, Operator               []uint16 // operator equals airline unless another carrier flies it
	Depart                          []uint16 // local minute of the day
	Days                            []uint8  // bit 0 = Monday
	Number                          []uint16
	Type                            []uint8 // index into Aircraft
}
