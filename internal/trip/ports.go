// SPDX-License-Identifier: Apache-2.0

package trip

import (
	"context"
	"encoding/json"
)

// Directory answers who people are. Everything is within the caller's tenant and reads in the
// running transaction; it does not narrow by what the caller may see, trip does that.
type Directory interface {
	// User finds a user, active or not; RESOURCE_NOT_FOUND when there is none.
	User(ctx context.Context, id string) (User, error)
	// HasCompany reports whether the company belongs to the tenant.
	HasCompany(ctx context.Context, id string) (bool, error)
	// Arranges says for whom a user arranges travel; the zero value for a user who does not.
	Arranges(ctx context.Context, userID string) (Arranges, error)
}

// User is what trip reads of a profile.
type User struct {
	ID, CompanyID, LegalEntityID  string // UUIDs
	Given, Family, Email, Persona string
	Active                        bool
}

// Arranges is the reach of an arranger.
type Arranges struct {
	Company bool     // every traveler of the company: role COMPANY_TRAVEL_ARRANGER
	Users   []string // these travelers: role TRAVEL_ARRANGER
	Holds   bool     // holds one of the two roles, even if no traveler is assigned
}

// Events tells about the event a trip belongs to. A nil Events leaves eventSummary out.
type Events interface {
	// TripEvent is the event as the traveler sees it (schema TravelerEventSummary); nil when it is gone.
	TripEvent(ctx context.Context, eventID, userID string) (json.RawMessage, error)
}

// Agency names the travel company in a booking's history. A nil Agency leaves the name out.
type Agency interface {
	AgencyName(ctx context.Context) string
}
