// SPDX-License-Identifier: Apache-2.0

package trip

import "encoding/json"

// facts is what the logic reads of a PnrData document; nothing is ever written from it.
type facts struct {
	Version       *int64 `json:"version"`
	CreatedVia    string `json:"createdVia"`
	InitialVia    string `json:"initialVersionCreatedVia"`
	BookingStatus string `json:"bookingStatus"`
	Visibility    string `json:"travelerPnrVisibilityStatus"`
	State         string `json:"state"`
	IsFinalized   bool   `json:"isFinalized"`
	SuspendReason string `json:"suspendReason"`
	Source        struct {
		Locator string `json:"sourcePnrId"`
		Source  string `json:"bookingSource"`
	} `json:"sourceInfo"`
	External struct {
		ID string `json:"externalPnrId"`
	} `json:"externalInfo"`
	Policy *struct {
		Out bool `json:"outOfPolicy"`
	} `json:"policyInfo"`
	Travelers    []json.RawMessage `json:"travelers"`
	PNRTravelers []struct {
		User ref `json:"userId"`
	} `json:"pnrTravelers"`
	History   []json.RawMessage `json:"bookingHistory"`
	CreatedAt *iso              `json:"createdAt"`
	Cost      *struct {
		Payments []payment `json:"payments"`
	} `json:"costOfGoodsSold"`
	TotalFare   *money `json:"totalFare"`
	FareAmount  *fare  `json:"totalFareAmount"`
	ServiceFees []struct {
		Fare    fare   `json:"fare"`
		Status  string `json:"status"`
		Visible bool   `json:"visibleToTraveler"`
	} `json:"serviceFees"`
	Paid []struct {
		FOP    fop    `json:"fop"`
		Refund *money `json:"totalRefund"`
	} `json:"paymentInfo"`
	Metadata struct {
		Airports []struct {
			Code string `json:"airportCode"`
			Zone string `json:"zoneName"`
		} `json:"airportInfo"`
	} `json:"additionalMetadata"`

	Air   *airFacts   `json:"airPnr"`
	Hotel *hotelFacts `json:"hotelPnr"`
	Car   *carFacts   `json:"carPnr"`
	Rail  *railFacts  `json:"railPnr"`
	Limo  *limoFacts  `json:"limoPnr"`
	Misc  *miscFacts  `json:"miscPnr"`
}

type payment struct {
	FOP fop `json:"fop"`
}

type fop struct {
	SourceType string `json:"paymentSourceType"`
	Method     string `json:"paymentMethod"`
}

type airFacts struct {
	Legs      []legFacts `json:"legs"`
	Travelers []struct {
		Tickets     []ticket `json:"tickets"`
		LastTickets []ticket `json:"lastConfirmedTickets"`
		Credits     []struct {
			Amount *fare `json:"creditAmount"`
		} `json:"appliedCredits"`
	} `json:"travelerInfos"`
}

type legFacts struct {
	ID      string        `json:"legId"`
	Flights []flightFacts `json:"flights"`
	Change  *struct {
		Reaction string `json:"selectedTravelerAction"`
	} `json:"scheduleChangeInfo"`
}

type flightFacts struct {
	Origin       string `json:"origin"`
	Destination  string `json:"destination"`
	Departure    iso    `json:"departureDateTime"`
	Arrival      iso    `json:"arrivalDateTime"`
	Status       string `json:"flightStatus"`
	Confirmation string `json:"vendorConfirmationNumber"`
	Cabin        string `json:"cabin"`
}

type ticket struct {
	Number string `json:"ticketNumber"`
	Status string `json:"status"`
	Refund *struct {
		Amount fare `json:"refundAmount"`
	} `json:"refundInfo"`
}

// cost is schema Cost.
type cost struct {
	Base   money `json:"base"`
	Tax    money `json:"tax"`
	Refund *struct {
		Amount fare `json:"refundAmount"`
	} `json:"refundInfo"`
}

type place struct {
	Address struct {
		Zone string `json:"timezone"`
	} `json:"address"`
}

type hotelFacts struct {
	In     iso    `json:"checkInDateTime"`
	Out    iso    `json:"checkOutDateTime"`
	Status string `json:"pnrStatus"`
	Vendor string `json:"vendorConfirmationNumber"`
	Hotel  place  `json:"hotelInfo"`
	Room   struct {
		Rate struct {
			Total cost `json:"totalRate"`
		} `json:"rateInfo"`
	} `json:"room"`
}

type carFacts struct {
	Pickup  iso    `json:"pickupDateTime"`
	DropOff iso    `json:"dropOffDateTime"`
	Status  string `json:"pnrStatus"`
	Vendor  string `json:"vendorConfirmationNumber"`
	Rate    cost   `json:"rate"`
	Car     struct {
		Pickup  place `json:"pickupLocation"`
		DropOff place `json:"dropOffLocation"`
	} `json:"carInfo"`
}

type railFacts struct {
	Rate   cost   `json:"rate"`
	Vendor string `json:"vendorConfirmationNumber"`
	Out    struct {
		Status string `json:"journeyStatus"`
		Facing string `json:"userFacingStatus"`
	} `json:"outwardJourney"`
	Legs []struct {
		Depart      *iso    `json:"departAtLocal"`
		Arrive      *iso    `json:"arriveAtLocal"`
		DepartAt    *iso    `json:"departAt"`
		ArriveAt    *iso    `json:"arriveAt"`
		Origin      station `json:"originInfo"`
		Destination station `json:"destinationInfo"`
		Ticket      string  `json:"ticketNumber"`
		Carrier     string  `json:"carrierConfirmationNumber"`
	} `json:"legInfos"`
}

type station struct {
	Zone string `json:"timeZone"`
}

type limoFacts struct {
	Status string `json:"pnrStatus"`
	Vendor string `json:"vendorConfirmationNumber"`
	Rate   cost   `json:"rate"`
	Legs   []struct {
		Pickup    iso   `json:"pickupDateTime"`
		DropOff   *iso  `json:"dropOffDateTime"`
		PickupAt  place `json:"pickupLocation"`
		DropOffAt place `json:"dropOffLocation"`
	} `json:"legs"`
}

type miscFacts struct {
	Start  iso    `json:"startDateTime"`
	End    iso    `json:"endDateTime"`
	Status string `json:"pnrStatus"`
	Vendor string `json:"vendorConfirmationNumber"`
	Rate   cost   `json:"rate"`
}
