// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"slices"
	"strings"
	"time"
)

// Values of UserFacingStatus.
const (
	statusUnknown       = "UNKNOWN_STATUS"
	statusPending       = "PENDING_STATUS"
	statusConfirmed     = "CONFIRMED_STATUS"
	statusActive        = "ACTIVE_STATUS"
	statusCompleted     = "COMPLETED_STATUS"
	statusCancelled     = "CANCELLED_STATUS"
	statusRefunded      = "REFUNDED_STATUS"
	statusVoided        = "VOIDED_STATUS"
	statusProcessing    = "PROCESSING_STATUS"
	statusUnconfirmed   = "UNCONFIRMED_STATUS"
	statusAirline       = "AIRLINE_CONTROL_STATUS"
	statusDeclined      = "PAYMENT_DECLINED_STATUS"
	statusSchedule      = "SCHEDULE_CHANGE_STATUS"
	statusHold          = "HOLD_STATUS"
	statusApproval      = "APPROVAL_REQUESTED_STATUS"
	statusDenied        = "APPROVAL_DENIED_STATUS"
	statusCancelling    = "CANCELLATION_IN_PROGRESS_STATUS"
	statusInoperative   = "INOPERATIVE_STATUS"
	statusFlightUnclear = "FLIGHT_UNCONFIRMED_STATUS"
)

// Values of OverallStatus and TripType that are not named above.
const (
	overallDraft     = "DRAFT_STATUS"
	overallDisrupted = "DISRUPTED_STATUS"

	typeUpcoming  = "UPCOMING"
	typePast      = "PAST_OR_COMPLETED"
	typeCancelled = "CANCELLED"
	typeDisrupted = "DISRUPTED"
	typeDraft     = "DRAFT"
)

// ranks lists the states of a PNR from the most to the least pressing, so that the state of a trip
// is the first one that any of its PNRs is in.
func ranks() []string {
	return []string{statusDeclined, statusSchedule, statusInoperative, statusAirline, statusFlightUnclear, statusUnconfirmed,
		statusHold, statusApproval, statusProcessing, statusPending, statusCancelling, statusUnknown,
		statusActive, statusConfirmed, statusCompleted, statusCancelled, statusRefunded, statusVoided, statusDenied}
}

// dead reports a PNR that will not take place. A denied approval released what was held, so it counts
// as well.
func dead(status string) bool {
	return status == statusCancelled || status == statusVoided || status == statusRefunded || status == statusDenied
}

// shown is the status a reader is told: a confirmed PNR becomes active when its first part begins
// and completed when its last part ends.
func (c card) shown(now time.Time) string {
	if c.Status != statusConfirmed && c.Status != statusActive {
		return c.Status
	}
	switch {
	case !c.To.IsZero() && !now.Before(c.To):
		return statusCompleted
	case !c.From.IsZero() && !now.Before(c.From):
		return statusActive
	}
	return c.Status
}

// overall is the OverallStatus of a trip with these PNRs; first match wins (trip statuses, 1 to 7).
func overall(cards []card) string {
	live := slices.DeleteFunc(slices.Clone(cards), func(c card) bool { return dead(c.Status) })
	some := func(f func(card) bool) bool { return slices.ContainsFunc(live, f) }
	switch {
	case len(cards) == 0:
		return overallDraft
	case len(live) == 0:
		return statusCancelled
	case some(func(c card) bool { return c.Status == statusDeclined }):
		return statusDeclined
	case some(func(c card) bool {
		return c.Disrupted || c.Status == statusSchedule || c.Status == statusInoperative
	}):
		return overallDisrupted
	case some(func(c card) bool { return c.Status == statusAirline }):
		return statusAirline
	case some(func(c card) bool {
		return c.Status != statusConfirmed && c.Status != statusActive && c.Status != statusCompleted
	}):
		return statusPending
	}
	return statusConfirmed
}

// types are the tabs (TripType) a trip is found under.
func (f *folder) types(cards []card, today string) []string {
	var out []string
	switch overall(cards) {
	case overallDraft:
		return []string{typeDraft}
	case statusCancelled:
		return []string{typeCancelled}
	case overallDisrupted:
		out = append(out, typeDisrupted)
	}
	if f.End != "" && f.End < today {
		return append(out, typePast)
	}
	return append(out, typeUpcoming)
}

// pressing is the most pressing status shown among PNRs; "" without any.
func pressing(cards []card, now time.Time) string {
	best, order := len(ranks()), ranks()
	for _, c := range cards {
		if i := slices.Index(order, c.shown(now)); i >= 0 && i < best {
			best = i
		}
	}
	if best == len(order) {
		return ""
	}
	return order[best]
}

// short is the PnrBookingStatus of a UserFacingStatus.
func short(status string) string {
	if status == statusInoperative || status == statusFlightUnclear {
		return status
	}
	return strings.TrimSuffix(status, "_STATUS")
}

// facing is the state to show for a PNR that came without one, from the supplier's.
func (f *facts) facing() string {
	switch {
	case f.Air != nil:
		return f.Air.facing()
	case f.Hotel != nil:
		return facing(f.Hotel.Status)
	case f.Car != nil:
		return facing(f.Car.Status)
	case f.Rail != nil:
		if f.Rail.Out.Facing != "" {
			return f.Rail.Out.Facing
		}
		return facing(f.Rail.Out.Status)
	case f.Limo != nil:
		return facing(f.Limo.Status)
	case f.Misc != nil:
		return facing(f.Misc.Status)
	}
	return statusConfirmed
}

// facing of air: the most pressing of its flights that are not cancelled.
func (a *airFacts) facing() string {
	best, order := -1, ranks()
	for _, leg := range a.Legs {
		for _, flight := range leg.Flights {
			if i := slices.Index(order, facing(flight.Status)); best < 0 || i < best {
				best = i
			}
		}
	}
	if best < 0 {
		return statusConfirmed
	}
	return order[best]
}

// facing maps PnrStatus, the supplier's scale, to UserFacingStatus.
func facing(supplier string) string {
	switch supplier {
	case "CANCELLED", "CANCELLED_BY_VENDOR":
		return statusCancelled
	case "VOIDED":
		return statusVoided
	case "CANCELLATION_IN_PROGRESS":
		return statusCancelling
	case "PAYMENT_DECLINED":
		return statusDeclined
	case "AIRLINE_CONTROL":
		return statusAirline
	case "INOPERATIVE":
		return statusInoperative
	case "BOOKING_ON_HOLD":
		return statusHold
	case "UNCONFIRMED", "BOOKING_DENIED_CONTACT_SUPPORT", "CONTACT_SUPPORT", "STATUS_CHANGED_CONTACT_SUPPORT", "MIS_CONNECTION":
		return statusUnconfirmed
	case "SCHEDULE_CHANGE", "SCHEDULE_CHANGE_WAITLISTED_BOOKING", "SCHEDULE_CHANGE_NOT_CONFIRMED", "SCHEDULE_CHANGE_PENDING_STATUS":
		return statusSchedule
	case "INITIATED", "PENDING", "GROUP_BOOKING_ON_REQUEST", "WAITLISTED", "SEGMENT_REQUEST", "REQUEST_PENDING", "WAITLISTED_NOT_CONFIRMED", "REQUESTED":
		return statusPending
	}
	return statusConfirmed
}
