// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// judge collects the violations of one offer.
type judge struct {
	r     *Rules
	f     *AirFacts
	o     *AirOffer
	home  bool // all airports in one country
	found []Violation
}

// Air judges an itinerary. Sources of the rules: the policy page of the reference, §2.1, §2.2, §2.5, and its
// choices in §3; a rule about something the facts leave unknown is not broken. There is no rule of
// preferred vendors in a policy: the carriers of lowestLogicalFare only choose what a fare is compared with.
func (r *Rules) Air(f AirFacts) Result {
	j := r.conditions(&f, &f.Chosen)
	j.prices()
	out := Result{Violations: j.found, OutOfPolicy: len(j.found) > 0, Region: "INTERNATIONAL", rules: r}
	if j.home {
		out.Region = "DOMESTIC"
	}
	if r.needsLLF(j.home) {
		out.LowestLogical, _ = j.lowestLogical(true)
	}
	r.approve(&out, "AIR", f.ByAgent)
	return out
}

// conditions judges everything but prices that depend on other offers.
func (r *Rules) conditions(f *AirFacts, o *AirOffer) *judge {
	j := &judge{r: r, f: f, o: o, home: o.domestic()}
	j.places()
	j.vendors()
	j.cabins()
	j.advance()
	j.terms()
	j.fareWords()
	return j
}

func (j *judge) broken(rule, predicate string, expected, actual Value) {
	j.found = append(j.found, Violation{Rule: rule, Predicate: predicate, Expected: expected, Actual: actual})
}

// region picks the name of the rule for where the itinerary goes.
func (j *judge) region(stem string) string {
	if j.home {
		return stem + "_DOMESTIC"
	}
	return stem + "_INTERNATIONAL"
}

// universal decodes the value of a rule into props (unless nil) and reports whether the policy has the rule.
func (j *judge) universal(name string, props any) (universalRule, bool) {
	u, ok := j.r.universal[name]
	if !ok || props == nil {
		return u, ok
	}
	return u, len(u.props) > 0 && json.Unmarshal(u.props, props) == nil
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
	type restriction struct{ kind, code string }
	check := func(rule string, list []restriction, of func(Airport) string) {
		var within, bad []string
		for _, r := range list {
			if strings.HasPrefix(r.kind, "ALLOW") {
				within = append(within, r.code)
			}
		}
		for _, f := range j.o.flights() {
			for i, place := range []Airport{f.From, f.To} {
				code := of(place)
				blocked := i == 1 && slices.ContainsFunc(list, func(r restriction) bool { return strings.HasPrefix(r.kind, "BLOCK") && r.code == code })
				if code != "" && (blocked || len(within) > 0 && !slices.Contains(within, code)) && !slices.Contains(bad, code) {
					bad = append(bad, code)
				}
			}
		}
		if len(bad) > 0 {
			expected := texts(within...)
			if len(within) == 0 {
				expected = text("any other")
			}
			j.broken(rule, predLocation, expected, texts(bad...))
		}
	}
	if c := j.r.common.Countries; c != nil {
		var list []restriction
		for _, r := range c.Restrictions {
			list = append(list, restriction{r.Type, r.Code})
		}
		check("restrictedCountries", list, func(a Airport) string { return a.Country })
	}
	if c := j.r.common.Continents; c != nil {
		var list []restriction
		for _, r := range c.Restrictions {
			list = append(list, restriction{r.Type, r.Code})
		}
		check("restrictedContinents", list, func(a Airport) string { return a.Continent })
	}
}

// vendors: restrictedAirlines, restrictedAirCrafts, co2EmissionPerPassengerPerKm.
func (j *judge) vendors() {
	for _, f := range j.o.flights() {
		if a := j.r.air.Airlines; a != nil && slices.Contains(a.AirlineCodes, f.Airline) {
			j.broken("restrictedAirlines", predBooking, text("another airline"), text(f.Airline))
			break
		}
	}
	for _, f := range j.o.flights() {
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
	flights := j.o.flights()
	if len(flights) == 0 {
		return
	}
	d := flights[0].Departs
	days := int(date(d).Sub(date(j.f.Today)) / (24 * time.Hour))
	if a := j.r.air.Advance; a != nil && days < a.Days {
		j.broken("flightAdvanceBookingWindow", predAdvance, whole(a.Days), whole(days))
	}
	var a advance
	rule, predicate := j.region("FLIGHT_ADVANCE_BOOKING_WINDOW"), predAdvanceAbroad
	if j.home {
		predicate = predAdvanceHome
	}
	if u, ok := j.universal(rule, &a); ok && days < a.Days {
		j.act(u, rule, predicate, whole(a.Days), whole(days))
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
	if u, ok := j.universal(j.region("BASIC_ECONOMY_FARES"), nil); ok && j.o.BasicEconomy {
		j.act(u, j.region("BASIC_ECONOMY_FARES"), predFareWord, flag(false), flag(true))
	}
	var words struct {
		Keywords []struct{ Keyword, AirlineCode string } `json:"restrictedKeywords"`
	}
	u, ok := j.universal("AIR_RESTRICTED_FARES", &words)
	if !ok {
		return
	}
	for _, w := range words.Keywords {
		flies := slices.ContainsFunc(j.o.flights(), func(f *AirFlight) bool { return w.AirlineCode == "" || w.AirlineCode == f.Airline })
		for _, name := range j.o.FareWords {
			if w.Keyword != "" && flies && strings.Contains(strings.ToLower(name), strings.ToLower(w.Keyword)) {
				j.act(u, "AIR_RESTRICTED_FARES", predFareWord, text(fmt.Sprintf("no %q", w.Keyword)), text(name))
				return
			}
		}
	}
}
