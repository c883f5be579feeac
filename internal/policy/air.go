// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func (j *judge) broken(rule, predicate string, expected, actual Value) {
	j.found = append(j.found, Violation{Rule: rule, Predicate: predicate, Expected: expected, Actual: actual})
}

// universal finds a rule by its name; ok when the policy has it, with a value.
func (j *judge) universal(name string) (u universalRule, ok bool) {
	u, ok = j.r.universal[name]
	return u, ok && u.sound
}

// act breaks a universal rule, with its action.
func (j *judge) act(u universalRule, rule, predicate string, expected, actual Value) {
	j.broken(rule, predicate, expected, actual)
	v := &j.found[len(j.found)-1]
	v.Prevent, v.Reason = u.action.Prevent.Prevent, u.action.Prevent.Reason
}

// places: restrictedCountries and restrictedContinents. BLOCK forbids to land there, also between flights;
// the ALLOW_WITHIN entries together name where everything must happen.
func (j *judge) places() {
	if len(j.r.countries) > 0 {
		j.within("restrictedCountries", j.r.countries, func(a *Airport) string { return a.Country })
	}
	if len(j.r.continents) > 0 {
		j.within("restrictedContinents", j.r.continents, func(a *Airport) string { return a.Continent })
	}
}

func (j *judge) within(rule string, list []restriction, of func(*Airport) string) {
	var bad []string
	for f := range j.o.flights() {
		for i, place := range [...]*Airport{&f.From, &f.To} {
			if code := of(place); code != "" && !slices.Contains(bad, code) && forbidden(list, code, i == 1) {
				bad = append(bad, code)
			}
		}
	}
	if len(bad) == 0 {
		return
	}
	var within []string
	for _, r := range list {
		if r.within {
			within = append(within, r.code)
		}
	}
	expected := texts(within...)
	if len(within) == 0 {
		expected = text("any other")
	}
	j.broken(rule, predLocation, expected, texts(bad...))
}

func forbidden(list []restriction, code string, lands bool) bool {
	only, inside := false, false
	for _, r := range list {
		switch {
		case r.within:
			only, inside = true, inside || r.code == code
		case lands && r.code == code:
			return true
		}
	}
	return only && !inside
}

// vendors: the company's own list of vendors, restrictedAirlines, restrictedAirCrafts, co2EmissionPerPassengerPerKm.
func (j *judge) vendors() {
	if b := j.o.Blocked; b != "" {
		j.broken("vendorPreferences", predVendor, text("an airline that the company does not block"), text(b))
	}
	for f := range j.o.flights() {
		if a := j.r.air.Airlines; a != nil && slices.Contains(a.AirlineCodes, f.Airline) {
			j.broken("restrictedAirlines", predBooking, text("another airline"), text(f.Airline))
			break
		}
	}
	for f := range j.o.flights() {
		if a := j.r.air.Aircraft; a != nil && slices.Contains(a.AirCraftCodes, f.Aircraft) {
			j.broken("restrictedAirCrafts", predBooking, text("another aircraft"), text(f.Aircraft))
			break
		}
	}
	if c := j.r.air.CO2; c != nil && j.o.GramsPerKm > c.Emission {
		j.broken("co2EmissionPerPassengerPerKm", predOther, decimal(c.Emission), decimal(j.o.GramsPerKm))
	}
}

// advance: the days between today and the local date of the first departure (CHOICE: violated when
// fewer than numDaysInAdvance).
func (j *judge) advance() {
	first := j.o.first()
	if first == nil {
		return
	}
	days := int(date(first.Departs).Sub(date(j.s.today)) / (24 * time.Hour))
	if a := j.r.air.Advance; a != nil && days < a.Days {
		j.broken("flightAdvanceBookingWindow", predAdvance, whole(a.Days), whole(days))
	}
	rule, predicate := "FLIGHT_ADVANCE_BOOKING_WINDOW_INTERNATIONAL", predAdvanceAbroad
	if j.home {
		rule, predicate = "FLIGHT_ADVANCE_BOOKING_WINDOW_DOMESTIC", predAdvanceHome
	}
	if u, ok := j.universal(rule); ok && days < u.days {
		j.act(u, rule, predicate, whole(u.days), whole(days))
	}
}

// date is midnight UTC of the local calendar day, so that days can be counted.
func date(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// terms: flightTicketsRefundable and flightTicketsChangeable.
func (j *judge) terms() {
	if r := j.r.air.Refundable; r != nil && breaksTerms(strings.TrimPrefix(r.Type, "REFUNDABLE"), j.o.Refund) {
		j.broken("flightTicketsRefundable", predOther, text(r.Type), text(named("REFUNDABLE", j.o.Refund)))
	}
	if r := j.r.air.Changeable; r != nil && breaksTerms(strings.TrimPrefix(r.Type, "CHANGEABLE"), j.o.Change) {
		j.broken("flightTicketsChangeable", predOther, text(r.Type), text(named("CHANGEABLE", j.o.Change)))
	}
}

// breaksTerms: "" wants it free, "_WITH_PENALTY" possible at all, DONT_ALLOW not possible, NONE nothing.
func breaksTerms(want string, have Terms) bool {
	switch {
	case have == TermsUnknown:
		return false
	case want == "":
		return have != Free
	case want == "_WITH_PENALTY":
		return have == Impossible
	case want == "DONT_ALLOW":
		return have != Impossible
	}
	return false
}

func named(stem string, t Terms) string {
	switch t {
	case Free:
		return stem
	case WithFee:
		return stem + "_WITH_PENALTY"
	default:
		return "NON_" + stem
	}
}

// fareWords: BASIC_ECONOMY_FARES_* forbids basic economy, AIR_RESTRICTED_FARES fares whose names hold a
// keyword, in any letter case, of the airline if the keyword names one.
func (j *judge) fareWords() {
	rule := either(j.home, "BASIC_ECONOMY_FARES_DOMESTIC", "BASIC_ECONOMY_FARES_INTERNATIONAL")
	if u, ok := j.r.universal[rule]; ok && j.o.BasicEconomy { // a rule without a value
		j.act(u, rule, predFareWord, flag(false), flag(true))
	}
	u, ok := j.universal("AIR_RESTRICTED_FARES")
	if !ok {
		return
	}
	for _, k := range u.keywords {
		if k.Keyword == "" || !j.flies(k.AirlineCode) {
			continue
		}
		for _, name := range j.o.FareWords {
			if strings.Contains(strings.ToLower(name), strings.ToLower(k.Keyword)) {
				j.act(u, "AIR_RESTRICTED_FARES", predFareWord, text(fmt.Sprintf("no %q", k.Keyword)), text(name))
				return
			}
		}
	}
}

// flies reports whether the airline takes part; every offer is flown by "".
func (j *judge) flies(airline string) bool {
	if airline == "" {
		return true
	}
	for f := range j.o.flights() {
		if f.Airline == airline {
			return true
		}
	}
	return false
}
