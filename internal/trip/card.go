// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// card is what a trip remembers of one of its PNRs, as stored; see shown for what a reader is told.
type card struct {
	ID          string    `json:"id"`
	Product     string    `json:"product"` // enum PnrType
	Status      string    `json:"status"`  // enum UserFacingStatus
	Start       string    `json:"start,omitempty"`
	End         string    `json:"end,omitempty"` // local dates and times, as DateTimeLocal
	From        time.Time `json:"from,omitzero"`
	To          time.Time `json:"to,omitzero"` // as moments; of flights not always those of start and end
	Disrupted   bool      `json:"disrupted,omitempty"`
	Hidden      bool      `json:"hidden,omitempty"`
	OutOfPolicy bool      `json:"out,omitempty"`
	Pending     string    `json:"pending,omitempty"` // createdVia of a shell or form that waits to be finalized
	Fusion      bool      `json:"fusion,omitempty"`  // comes from TRAVEL_FUSION
	VirtualCard bool      `json:"vcard,omitempty"`
	Totals      *totals   `json:"totals,omitempty"`
}

// products in the order of PnrData, by their member.
const (
	productAir   = "AIR"
	productHotel = "HOTEL"
	productCar   = "CAR"
	productRail  = "RAIL"
	productLimo  = "LIMO"
	productMisc  = "MISC"
)

func productMembers() []string {
	return []string{"airPnr", "hotelPnr", "carPnr", "railPnr", "limoPnr", "miscPnr"}
}

func readFacts(doc []byte) (*facts, error) {
	f := &facts{}
	if err := json.Unmarshal(doc, f); err != nil {
		return nil, fmt.Errorf("a PNR cannot be read: %w", err)
	}
	return f, nil
}

func (f *facts) product() string {
	switch {
	case f.Air != nil:
		return productAir
	case f.Hotel != nil:
		return productHotel
	case f.Car != nil:
		return productCar
	case f.Rail != nil:
		return productRail
	case f.Limo != nil:
		return productLimo
	}
	return productMisc
}

func (f *facts) card(pnrID string) card {
	start, end := f.window()
	from, to := f.moments()
	c := card{ID: pnrID, Product: f.product(), Status: f.BookingStatus, Start: start.local, End: end.local,
		From: from, To: to, Disrupted: f.disrupted(), Hidden: f.Visibility == "HIDDEN",
		OutOfPolicy: f.Policy != nil && f.Policy.Out, Fusion: f.Air != nil && f.Source.Source == "TRAVEL_FUSION",
		VirtualCard: f.virtualCard(), Totals: f.totals()}
	if !f.IsFinalized && (f.CreatedVia == viaShell || f.CreatedVia == viaOffline) {
		c.Pending = f.CreatedVia
	}
	return c
}

// Doors through which a PNR comes in (enum CreatedVia) that need to be finalized.
const (
	viaShell   = "SHELL"
	viaOffline = "OFFLINE" // entered by form
)

func (f *facts) virtualCard() bool {
	is := func(p fop) bool { return p.SourceType == "VIRTUAL_CARD" }
	for _, p := range f.Paid {
		if is(p.FOP) {
			return true
		}
	}
	return f.Cost != nil && slices.ContainsFunc(f.Cost.Payments, func(p payment) bool { return is(p.FOP) })
}

// disrupted is a pending schedule change, a cancelled segment or an inoperative flight.
func (f *facts) disrupted() bool {
	if f.Air == nil {
		return false
	}
	for _, leg := range f.Air.Legs {
		if leg.Change != nil && leg.Change.Reaction == "" {
			return true
		}
		for _, flight := range leg.Flights {
			switch flight.Status {
			case "CANCELLED", "CANCELLED_BY_VENDOR", "INOPERATIVE", "SCHEDULE_CHANGE", "SCHEDULE_CHANGE_PENDING_STATUS",
				"SCHEDULE_CHANGE_NOT_CONFIRMED", "SCHEDULE_CHANGE_WAITLISTED_BOOKING":
				return true
			}
		}
	}
	return false
}
