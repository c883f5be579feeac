// SPDX-License-Identifier: Apache-2.0

package air

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/supplier"
)

// guest is AirBookTravelerInfo, and after checking also what is known from the profile.
type guest struct {
	Details     guestDetails `json:"travelerDetails"`
	Seats       []seatChoice `json:"seats,omitempty"`
	Baggages    []bagChoice  `json:"baggages,omitempty"`
	Ancillaries []struct {
		ID string `json:"ancillaryId"`
	} `json:"ancillaries,omitempty"`
	ShareContact bool  `json:"shareContactInfo,omitempty"`
	SSRs         []ssr `json:"specialServiceRequests,omitempty"`
}

type guestDetails struct {
	TravelerID       *idRef          `json:"travelerId,omitempty"`
	Info             *travelerInfo   `json:"travelerInfo,omitempty"`
	Type             string          `json:"travelerType,omitempty"`
	Title            string          `json:"title,omitempty"`
	Name             *name           `json:"name,omitempty"`
	Gender           string          `json:"gender,omitempty"`
	DOB              *isoValue       `json:"dob,omitempty"`
	Phone            json.RawMessage `json:"phoneNumber,omitempty"`
	Email            string          `json:"email,omitempty"`
	IdentityDocs     []identityDoc   `json:"identityDocs,omitempty"`
	Address          json.RawMessage `json:"address,omitempty"`
	Loyalties        json.RawMessage `json:"loyaltyInfos,omitempty"`
	EmergencyContact json.RawMessage `json:"emergencyContact,omitempty"`
	Age              int             `json:"age,omitempty"` // from the search; not part of the contract
}

type name struct {
	Family    string `json:"family1"`
	Family2   string `json:"family2,omitempty"`
	Given     string `json:"given"`
	Middle    string `json:"middle,omitempty"`
	Suffix    string `json:"suffix,omitempty"`
	Preferred string `json:"preferred,omitempty"`
}

// identityDoc keeps every kind of document as it came and reads passports.
type identityDoc struct {
	raw      json.RawMessage
	passport *struct {
		Expiry isoValue `json:"expiryDate"`
	}
}

// UnmarshalJSON keeps the bytes.
func (d *identityDoc) UnmarshalJSON(b []byte) error {
	d.raw = slices.Clone(b)
	var in struct {
		Passport *struct {
			Expiry isoValue `json:"expiryDate"`
		} `json:"passport"`
	}
	err := json.Unmarshal(b, &in)
	d.passport = in.Passport
	return err
}

// MarshalJSON writes the bytes that came.
func (d identityDoc) MarshalJSON() ([]byte, error) { return d.raw, nil }

type seatChoice struct {
	FlightID string   `json:"flightId"`
	Numbers  []string `json:"seatNumbers"`
}

type bagChoice struct {
	LegID string   `json:"legId"`
	IDs   []string `json:"baggageIds"`
}

type ssr struct {
	Indexes *struct {
		Leg    int `json:"legIndex"`
		Flight int `json:"flightIndex"`
	} `json:"indexes,omitempty"`
	FlightIndex *int   `json:"flightIndex,omitempty"`
	Code        string `json:"code"`
	Info        string `json:"info,omitempty"`
}

// guests matches the travelers of a booking with those the offer was priced for, completes them from
// their profiles, and checks what the airline will insist on. The result is in the order of the cart.
func (s *Service) guests(ctx context.Context, company string, c *cart, o *supplier.AirOffer, in []guest) ([]guest, error) {
	if len(in) != len(c.Pax) {
		return nil, errs.Invalidf("/travelers", "count", "the itinerary is priced for %d travelers; got %d", len(c.Pax), len(in))
	}
	out := make([]guest, len(c.Pax))
	taken := make([]bool, len(c.Pax))
	for pass := range 2 { // those named in the search first, then the others in order
		for i := range in {
			g := in[i]
			if g.Details.Info == nil && g.Details.TravelerID != nil {
				g.Details.Info = &travelerInfo{UserID: g.Details.TravelerID}
			}
			user := g.Details.Info.user()
			at := slices.IndexFunc(c.Pax, func(p pax) bool { return user != "" && strings.EqualFold(p.User, user) })
			if (at >= 0) != (pass == 0) {
				continue
			}
			if at < 0 {
				at = freePax(c.Pax, taken, g.Details.Type)
			}
			here := fmt.Sprintf("/travelers/%d", i)
			if at < 0 || taken[at] {
				return nil, errs.Invalidf(here, "match", "this traveler is not among those the itinerary was searched for")
			}
			if t := g.Details.Type; t != "" && t != named(paxNames[:], c.Pax[at].Type) {
				return nil, errs.Invalidf(here+"/travelerDetails/travelerType", "match", "the fare is for %s; got %s", named(paxNames[:], c.Pax[at].Type), t)
			}
			if err := s.completeGuest(ctx, company, &g, &c.Pax[at], o, here); err != nil {
				return nil, err
			}
			taken[at], out[at] = true, g
		}
	}
	return out, nil
}

// freePax is the first traveler of the search that nobody fills yet and that has no profile of its own.
func freePax(list []pax, taken []bool, typ string) int {
	for i, p := range list {
		if !taken[i] && p.User == "" && (typ == "" || typ == named(paxNames[:], p.Type)) {
			return i
		}
	}
	return -1
}

func (s *Service) completeGuest(ctx context.Context, company string, g *guest, p *pax, o *supplier.AirOffer, at string) error {
	d := &g.Details
	who := d.Info.user()
	if who == "" {
		who = d.Info.registrar()
	}
	if who != "" {
		co := company
		t, err := s.known(ctx, who, at+"/travelerDetails/travelerInfo", &co)
		if err != nil {
			return err
		}
		if d.Info.user() != "" {
			fillFromProfile(d, &t)
		}
	}
	d.Type, d.Age = named(paxNames[:], p.Type), p.Age
	if d.Name == nil || strings.TrimSpace(d.Name.Given) == "" || strings.TrimSpace(d.Name.Family) == "" {
		return errs.Invalidf(at+"/travelerDetails/name", "required", "the airline needs given and family name as in the travel document")
	}
	for _, need := range s.mandatory(o) {
		if need == "DATE_OF_BIRTH" && d.DOB == nil {
			return errs.Invalidf(at+"/travelerDetails/dob", "required", "this itinerary needs the date of birth (mandatoryCheckoutParams)")
		}
		if need == "GENDER" && d.Gender == "" {
			return errs.Invalidf(at+"/travelerDetails/gender", "required", "this itinerary needs the gender (mandatoryCheckoutParams)")
		}
	}
	if err := checkAge(d, p, o, at+"/travelerDetails/dob"); err != nil {
		return err
	}
	last := o.Legs[len(o.Legs)-1].Arrive.Date()
	for i, id := range d.IdentityDocs {
		if id.passport == nil {
			continue
		}
		if exp, err := supplier.ParseDate(id.passport.Expiry.ISO); err != nil || exp < last {
			return errs.Invalidf(fmt.Sprintf("%s/travelerDetails/identityDocs/%d/passport/expiryDate", at, i), "expired", "the passport must be valid until the journey ends on %s", last)
		}
	}
	return checkChoices(g, o, at)
}

func fillFromProfile(d *guestDetails, t *Traveler) {
	if d.Name == nil && t.Family != "" {
		d.Name = &name{Given: t.Given, Middle: t.Middle, Family: t.Family}
	}
	if d.DOB == nil && t.DOB != "" {
		d.DOB = &isoValue{t.DOB}
	}
	if d.Gender == "" {
		d.Gender = t.Gender
	}
	if d.Email == "" {
		d.Email = t.Email
	}
}

// checkAge holds the date of birth against the type the fare is for, on the day the journey ends.
func checkAge(d *guestDetails, p *pax, o *supplier.AirOffer, at string) error {
	if d.DOB == nil {
		return nil
	}
	born, err := supplier.ParseDate(d.DOB.ISO)
	end := o.Legs[len(o.Legs)-1].Depart.Date()
	if err != nil || born > end {
		return errs.Invalidf(at, "range", "%q is not a date of birth", d.DOB.ISO)
	}
	b, e := born.UTC(), end.UTC()
	age := e.Year() - b.Year()
	if b.AddDate(age, 0, 0).After(e) {
		age--
	}
	switch p.Type {
	case supplier.Infant, supplier.InfantOnLap:
		if age >= 2 {
			return errs.Invalidf(at, "age", "an infant's fare is for travelers under 2; this one is %d when the journey ends", age)
		}
	case supplier.Child:
		if age >= 18 {
			return errs.Invalidf(at, "age", "a child's fare is for travelers under 18; this one is %d", age)
		}
	}
	return nil
}

// checkChoices refuses what the checkout did not offer.
func checkChoices(g *guest, o *supplier.AirOffer, at string) error {
	for i, c := range g.Seats {
		if len(c.Numbers) > 0 {
			return errs.Invalidf(fmt.Sprintf("%s/seats/%d/seatNumbers", at, i), "offered", "seats are chosen from a seat map, and this checkout has none")
		}
	}
	for i, c := range g.Baggages {
		if len(c.IDs) > 0 {
			return errs.Invalidf(fmt.Sprintf("%s/baggages/%d/baggageIds", at, i), "offered", "the checkout response offered no baggage to buy")
		}
	}
	if len(g.Ancillaries) > 0 {
		return errs.Invalidf(at+"/ancillaries", "offered", "the checkout response offered no extras to buy")
	}
	for i, r := range g.SSRs {
		here := fmt.Sprintf("%s/specialServiceRequests/%d", at, i)
		def, ok := ssrByCode(r.Code)
		switch {
		case !ok:
			return errs.OnField(errs.ReferenceNotFound, here+"/code", "reference", "no special service has the code %q", r.Code).Hinting("Use an IATA code of special services, such as WCHR or VGML.")
		case r.Info == "" && def.Mandatory:
			return errs.Invalidf(here+"/info", "required", "%s needs a text", r.Code)
		case r.Info != "" && !def.Allowed:
			return errs.Invalidf(here+"/info", "forbidden", "%s takes no text", r.Code)
		}
		if r.Indexes != nil && (r.Indexes.Leg < 0 || r.Indexes.Leg >= len(o.Legs) || r.Indexes.Flight < 0 || r.Indexes.Flight >= len(o.Legs[r.Indexes.Leg].Segments)) {
			return errs.Invalidf(here+"/indexes", "range", "the itinerary has no such flight")
		}
	}
	return nil
}
