// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"time"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/supplier"
)

// Trips keeps the PNRs that air writes. Every method runs inside the caller's transaction.
type Trips interface {
	// TripForBooking is a trip that may take another booking. RESOURCE_NOT_FOUND when it is absent,
	// deleted or not visible to the caller; STATE_DOES_NOT_ALLOW when it is disabled.
	TripForBooking(ctx context.Context, tripID string) (TripRef, error)
	// AddPNR stores a PNR at version 1 and tells about each change in order. It completes the
	// document with pnrId, tripId, version, createdAt, updatedAt and basicTripInfo.
	AddPNR(ctx context.Context, tripID string, pnr NewPNR) (pnrID string, err error)
	// PNR reads one that the caller may see; RESOURCE_NOT_FOUND otherwise.
	PNR(ctx context.Context, pnrID string) (PNRDoc, error)
	// SavePNR replaces the document, one version further. VERSION_CONFLICT when expectVersion is not
	// the stored one. The members named at AddPNR are set again, whatever doc says.
	SavePNR(ctx context.Context, pnrID string, expectVersion int64, doc json.RawMessage, changes []Change) error
}

// TripRef is what a booking must know of its trip.
type TripRef struct {
	ID      string
	Company string // UUID of the company the trip belongs to
}

// NewPNR is a PnrData document without what Trips adds.
type NewPNR struct {
	Company string
	Doc     json.RawMessage
	Changes []Change
}

// PNRDoc is a stored PNR.
type PNRDoc struct {
	TripID  string
	Company string
	Version int64
	Doc     json.RawMessage // complete PnrData
}

// Change is one event of a PNR's life, such as BOOKING_TICKETED.
type Change struct {
	Operation string
	Summary   announce.Summary
}

// Travelers answers who a user is.
type Travelers interface {
	// Traveler reads a profile the caller may book for; RESOURCE_NOT_FOUND otherwise.
	Traveler(ctx context.Context, userID string) (Traveler, error)
}

// Traveler is what air reads of a profile; everything but the ids may be empty.
type Traveler struct {
	UserID, CompanyID     string
	Given, Middle, Family string
	Email, DOB            string          // DOB is YYYY-MM-DD
	Gender, Persona       string          // enum values of the contract
	Currency              string          // ISO 4217, in which fares are shown; "" = the supplier's default
	PointOfSale           string          // ISO 3166 alpha-2
	Personal              json.RawMessage // schema UserPersonalInfo
	Business              json.RawMessage // schema TravelerBusinessInfo
	Loyalties             json.RawMessage // list of LoyaltyInfo
}

// Policies says what a company allows its travelers. A nil Policies allows everything and says nothing.
type Policies interface {
	// Judge prepares to judge offers for a traveler; everything that the store has to say is read here, once. nil when
	// no policy governs the booking; STATE_DOES_NOT_ALLOW when the company books no flights at all.
	Judge(ctx context.Context, q PolicyQuery) (Judge, error)
}

// PolicyQuery says for whom offers are judged, and when.
type PolicyQuery struct {
	User    string // "" for somebody without a profile
	Company string
	Type    supplier.PaxType // whose fare is judged
	Now     time.Time
	ByAgent bool            // an agent of the TMC books for the traveler
	Figures json.RawMessage // what Judge.Figures gave in an earlier step; nil in a search
}

// Judge judges the offers of one search. It is not for several goroutines.
type Judge interface {
	// Compares reports whether rules compare an offer with all the others of its search, which Among then takes.
	Compares() bool
	Among(offers []supplier.AirOffer)
	// Hides reports whether the company shows no offers out of policy.
	Hides() bool
	// Offer judges one. The verdict is good until the next offer is judged.
	Offer(o *supplier.AirOffer) Verdict
	// WriteInfo writes schema PnrPolicyInfo of the offer judged last.
	WriteInfo(w *jx.Writer)
	// Figures are what a later step needs to judge this offer without its search; nil for nothing.
	Figures(o *supplier.AirOffer) (json.RawMessage, error)
	// Standing says how an airline stands with the company: what is written in schema Preference, nil for nothing.
	Standing(airline string) map[string]any
}

// Verdict is what follows from a judgement.
type Verdict struct {
	OutOfPolicy bool
	Prevented   bool   // the booking is refused
	Reason      string // in the words of the policy
	Approval    string // approvalProcessType: NONE or who is asked and when
}

// Keys gives the secret with which a tenant's ids are signed: at least 32 bytes, stable over restarts.
type Keys interface{ TokenKey(tenant string) []byte }

// Atlas is reference data about places and airlines. All answers are constant while the process runs.
type Atlas interface {
	Airport(iata string) (Airport, bool)
	// Metro lists the airports of a metropolitan code such as LON; nil when there is none.
	Metro(code string) []string
	// Suggest finds airports by the start of code, name or city, the busiest first.
	Suggest(query string, limit int) []Airport
	Airline(iata string) (Airline, bool)
	// Airlines lists all, by code.
	Airlines() []Airline
	// Aircraft names an IATA aircraft type, "" when unknown.
	Aircraft(iata string) string
}

// Airport is a place where flights begin and end.
type Airport struct {
	Code, Name, City     string
	CityCode             string // metropolitan code; the airport's own when it has none
	CountryCode, Country string // ISO 3166 alpha-2 and name
	Country3             string // ISO 3166 alpha-3
	StateCode, State     string
	Zone                 string // IANA time zone
	Latitude, Longitude  float64
}

// Airline is a carrier and its loyalty programme.
type Airline struct {
	Code, Name           string
	CountryCode, Country string
	Active               bool
	TicketPrefix         string // three digits
	Program              string // loyalty programme, "" when none
	Alliance             supplier.Alliance
}

// Payments moves the money. A nil Payments accepts every payment source and moves nothing.
type Payments interface {
	// Authorize reserves the amount on a source. PAYMENT_SOURCE_NOT_USABLE when it cannot pay.
	Authorize(ctx context.Context, c Charge) (Paid, error)
	// Refund gives back what was authorised under a reference.
	Refund(ctx context.Context, reference string, amount supplier.Money) error
}

// Charge asks for money.
type Charge struct {
	Company  string
	SourceID string          // payment source (UUID); "" with Raw or for the company's invoice
	Raw      json.RawMessage // RawPaymentSourceDetails of the request, nil when SourceID is given
	Amount   supplier.Money
	Airline  string // validating carrier
}

// Paid is the answer to a Charge.
type Paid struct {
	Reference string
	FOP       json.RawMessage // schema FormOfPayment, card numbers masked
}
