// SPDX-License-Identifier: Apache-2.0

package air

// The parts of AirSearchRequest that the logic reads. The structs are written into the searchId as
// they are, so that a search can be run again from its id.

type searchRequest struct {
	Travelers   []searchTraveler `json:"travelers"`
	Legs        []searchLeg      `json:"legs"`
	Filters     []filter         `json:"filters,omitempty"`
	SortOptions []sortOption     `json:"sortOptions,omitempty"`
	LegSearch   *legSearch       `json:"legSearchParams,omitempty"`
	SearchMode  string           `json:"searchMode,omitempty"`
	RateCodes   []string         `json:"rateCodes,omitempty"`
}

type searchTraveler struct {
	Type string        `json:"travelerType"`
	Age  *years        `json:"travelerAge,omitempty"`
	Info *travelerInfo `json:"travelerInfo,omitempty"`
}

type years struct {
	N int `json:"numYears"`
}

// travelerInfo is AirRequestTravelerInfo: one of the two.
type travelerInfo struct {
	UserID *idRef      `json:"userId,omitempty"`
	Adhoc  *adhocGuest `json:"adhocTravelerInfo,omitempty"`
}

type idRef struct {
	ID string `json:"id"`
}

type adhocGuest struct {
	Registrar  *idRef `json:"registrarUserId,omitempty"`
	ExternalID string `json:"externalId,omitempty"`
}

func (t *travelerInfo) user() string {
	if t == nil || t.UserID == nil {
		return ""
	}
	return t.UserID.ID
}

func (t *travelerInfo) registrar() string {
	if t == nil || t.Adhoc == nil || t.Adhoc.Registrar == nil {
		return ""
	}
	return t.Adhoc.Registrar.ID
}

type searchLeg struct {
	Origin      place    `json:"origin"`
	Destination place    `json:"destination"`
	Date        isoValue `json:"date"`
}

// place is AirportLocation: one of the three.
type place struct {
	City    string `json:"city,omitempty"`
	Airport string `json:"airport,omitempty"`
	Multi   *struct {
		Airports []string `json:"airports"`
	} `json:"multiAirports,omitempty"`
}

// isoValue wraps every date and time of the API.
type isoValue struct {
	ISO string `json:"iso8601"`
}

type sortOption struct {
	By    string `json:"sortBy,omitempty"`
	Order string `json:"sortOrder,omitempty"`
	Shelf int    `json:"shelfNumber,omitempty"`
}

// legSearch is LegSearchParams. Without pageNumber the first page is answered, with 0 everything.
type legSearch struct {
	SearchID   string `json:"searchId,omitempty"`
	Selected   string `json:"selectedRateOptionId,omitempty"`
	LegIndex   *int   `json:"legIndex,omitempty"`
	PageNumber *int   `json:"pageNumber,omitempty"`
	PageSize   int    `json:"pageSize,omitempty"`
}

type filter struct {
	Cabin *struct {
		Type  string `json:"type,omitempty"`
		Cabin string `json:"cabin,omitempty"`
	} `json:"cabin,omitempty"`
	MaxNumStops *int `json:"maxNumStops,omitempty"`
	TimeRange   *struct {
		Ranges []struct {
			LegIndex  int        `json:"legIndex,omitempty"`
			Departure *timeRange `json:"departure,omitempty"`
			Arrival   *timeRange `json:"arrival,omitempty"`
		} `json:"timeRanges,omitempty"`
	} `json:"timeRange,omitempty"`
	Alliance *struct {
		Alliances []string `json:"alliances,omitempty"`
		Airlines  []string `json:"airlines,omitempty"`
	} `json:"alliance,omitempty"`
	FareRange *struct {
		Min *money `json:"min,omitempty"`
		Max *money `json:"max,omitempty"`
	} `json:"fareRange,omitempty"`
	AirlinePref *struct {
		Prefs []struct {
			LegIndex int      `json:"legIndex,omitempty"`
			Airline  []string `json:"airline,omitempty"`
		} `json:"airlinePrefs,omitempty"`
	} `json:"airlinePref,omitempty"`
	FareType   string `json:"fareType,omitempty"`
	Changeable string `json:"changeable,omitempty"`
	Connecting *struct {
		Legs []struct {
			LegIndex int      `json:"legIndex,omitempty"`
			Airports []string `json:"airportCodes,omitempty"`
		} `json:"legFilters,omitempty"`
	} `json:"connectingAirports,omitempty"`
	SeatPref *struct {
		Types    []string `json:"seatTypes,omitempty"`
		MinPitch int      `json:"minPitchInch,omitempty"`
	} `json:"seatPref,omitempty"`
	Covid   map[string]string `json:"covid,omitempty"`
	Baggage *struct {
		Checked bool `json:"freeCheckedBag,omitempty"`
		CarryOn bool `json:"freeCarryOn,omitempty"`
	} `json:"baggage,omitempty"`
	FlightNumber *struct {
		Number *flightNumber `json:"flightNumber,omitempty"`
	} `json:"flightNumber,omitempty"`
	Policy *struct {
		OnlyIn bool `json:"onlyInPolicy,omitempty"`
	} `json:"policyFilter,omitempty"`
	MultiTicket *struct {
		Hide bool `json:"hideMultiTicket,omitempty"`
	} `json:"multiTicketFilter,omitempty"`
	FareCategory *struct {
		Categories []struct {
			NGS  string `json:"ngsCategory,omitempty"`
			View string `json:"cabinViewCategory,omitempty"`
		} `json:"fareCategories,omitempty"`
	} `json:"fareCategoryFilter,omitempty"`
	CorporateCode *struct {
		Codes []string `json:"corpAccountCodes,omitempty"`
	} `json:"corporateCodeFilter,omitempty"`
	UnusedCredit *struct {
		Hide bool `json:"hideWithoutCredits,omitempty"`
	} `json:"unusedCreditFilter,omitempty"`
	PayByPoints *struct {
		Pay bool `json:"payByPoints,omitempty"`
	} `json:"payByPointsFilter,omitempty"`
}

type timeRange struct {
	Min *isoValue `json:"min,omitempty"`
	Max *isoValue `json:"max,omitempty"`
}

type flightNumber struct {
	Num     string `json:"num"`
	Airline string `json:"airlineCode"`
}
