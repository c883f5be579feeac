// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-faster/jx"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/policy"
)

// rates knows euros, dollars at two for one, and yen at a hundred for one.
type rates struct{}

func (rates) Digits(currency string) int {
	if currency == "JPY" {
		return 0
	}
	return 2
}

func (rates) Convert(minor int64, from, to string) (int64, bool) {
	per := map[string]int64{"EUR": 100, "USD": 200, "JPY": 100} // minor units of a euro
	if per[from] == 0 || per[to] == 0 {
		return 0, false
	}
	return minor * per[to] / per[from], true
}

//nolint:gochecknoglobals // constant places
var (
	paris   = policy.Airport{Code: "CDG", Country: "FR", Continent: "EU"}
	nice    = policy.Airport{Code: "NCE", Country: "FR", Continent: "EU"}
	newYork = policy.Airport{Code: "JFK", Country: "US", Continent: "NA"}
	newark  = policy.Airport{Code: "EWR", Country: "US", Continent: "NA"}
	chicago = policy.Airport{Code: "ORD", Country: "US", Continent: "NA"}

	today = time.Date(2026, 3, 2, 23, 30, 0, 0, time.UTC)
)

func flight(from, to policy.Airport, departs string, minutes int) policy.AirFlight {
	at, err := time.Parse("2006-01-02T15:04Z07:00", departs)
	if err != nil {
		panic(err)
	}
	return policy.AirFlight{
		Airline: "AF", Aircraft: "320", Cabin: "ECONOMY", From: from, To: to, Departs: at, Arrives: at.Add(time.Duration(minutes) * time.Minute),
	}
}

// offer is one leg for so many euros, a tenth of it tax.
func offer(euros int64, flights ...policy.AirFlight) policy.AirOffer {
	return policy.AirOffer{Base: euros * 90, Tax: euros * 10, Currency: "EUR", Legs: []policy.AirLeg{{Flights: flights}}}
}

func home(euros int64) policy.AirOffer {
	return offer(euros, flight(paris, nice, "2026-03-10T09:00+01:00", 90))
}

func abroad(euros int64) policy.AirOffer {
	return offer(euros, flight(paris, newYork, "2026-03-10T09:00+01:00", 500))
}

func in(cabin string, o policy.AirOffer) policy.AirOffer {
	f := slices.Clone(o.Legs[0].Flights)
	f[0].Cabin = cabin
	o.Legs = []policy.AirLeg{{Flights: f}}
	return o
}

// rules stores a policy for Ada and resolves it; members are those of the policy.
func (w *world) rules(members string) *policy.Rules {
	w.t.Helper()
	w.has(policy.User, 1)
	w.people[thing(1)] = policy.Person{ID: thing(1), CompanyID: acme, Persona: "EMPLOYEE"}
	id := w.create(`"type":"GROUP","userGroups":[{"userIds":[{"id":"` + thing(1) + `"}]}],` + members)
	return w.resolved(id)
}

func (w *world) resolved(id string) (out *policy.Rules) {
	w.t.Helper()
	if err := w.db.View(w.t.Context(), func(ctx context.Context) (err error) {
		out, err = w.svc.RulesFor(actor.With(ctx, w.admin), thing(1))
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	if out.ID != id {
		w.t.Fatalf("policy %s applies, want %s", out.ID, id)
	}
	return out
}

func air(rules string) string { return `"airPolicyRules":{` + rules + `}` }

func universal(kind, props string) string {
	if props == "" {
		return `"rules":[{"ruleType":"` + kind + `"}]`
	}
	return `"rules":[{"ruleType":"` + kind + `","policyValue":{"universalProps":{` + props + `}}}]`
}

// show is a violation in one line.
func show(v policy.Violation) string {
	return fmt.Sprintf("%s %s %s %s", v.Rule, v.Predicate, v.Expected, v.Actual)
}

func TestRulesOfFlights(t *testing.T) {
	t.Parallel()
	night := flight(paris, newYork, "2026-03-10T22:00+01:00", 500)
	night.Cabin = "BUSINESS"
	connected := offer(300, flight(paris, newYork, "2026-03-10T09:00+01:00", 500), flight(newYork, chicago, "2026-03-10T14:00-05:00", 150))
	cheaper := offer(200, flight(paris, newYork, "2026-03-10T09:00+01:00", 500), flight(newark, chicago, "2026-03-10T19:00-05:00", 150))
	basic := home(100)
	basic.BasicEconomy, basic.FareWords, basic.GramsPerKm, basic.Refund, basic.Change = true, []string{"Light Fare"}, 90.5, policy.WithFee, policy.Impossible
	dollars := home(100)
	dollars.Currency = "USD"
	unpriced := home(100)
	unpriced.Currency = "XTS"
	const cabins = `"highestFlightCabinByDurationInternational":{"highestFlightCabinByDurationProps":{"highestCabinForDurationList":[
		{"cabin":"ECONOMY","durationRange":{"max":360}},{"cabin":"PREMIUM_ECONOMY","durationRange":{"min":361}}]}}`
	const overnight = `"highestFlightCabinOvernight":{"highestFlightCabinOvernightProps":{"cabin":"BUSINESS","overnightTimeParams":{
		"nightTimeStart":{"iso8601":"21:00"},"nightTimeEnd":{"iso8601":"06:00"},"includeLayover":false,"nightTimeOverlapMinutes":240}}}`
	price := func(region, kind, sign, difference, tax string) string {
		return air(`"maxFlightBookingPrice` + region + `":{"maxFlightBookingPriceProps":{"type":"` + kind + `","sign":"` + sign + `","difference":` + difference + tax + `}}`)
	}
	for name, tc := range map[string]struct {
		members string
		chosen  policy.AirOffer
		among   []policy.AirOffer
		want    string // "" for in policy
	}{
		"no rule":                   {`"enableAgentActionOverride":false`, home(100), nil, ""},
		"airline":                   {air(`"restrictedAirlines":{"restrictedAirlinesProps":{"airlineCodes":["LH","AF"]}}`), home(100), nil, `restrictedAirlines RESTRICTED_BOOKING_VIOLATION {"s":"another airline"} {"s":"AF"}`},
		"another airline":           {air(`"restrictedAirlines":{"restrictedAirlinesProps":{"airlineCodes":["LH"]}}`), home(100), nil, ""},
		"aircraft":                  {air(`"restrictedAirCrafts":{"restrictedAirCraftsProps":{"airCraftCodes":["320"]}}`), home(100), nil, `restrictedAirCrafts RESTRICTED_BOOKING_VIOLATION {"s":"another aircraft"} {"s":"320"}`},
		"emission":                  {air(`"co2EmissionPerPassengerPerKm":{"co2EmissionPerPassengerPerKmProps":{"emission":90}}`), basic, nil, `co2EmissionPerPassengerPerKm UNKNOWN_PREDICATE_STRING {"d":90} {"d":90.5}`},
		"emission at the limit":     {air(`"co2EmissionPerPassengerPerKm":{"co2EmissionPerPassengerPerKmProps":{"emission":90.5}}`), basic, nil, ""},
		"advance":                   {air(`"flightAdvanceBookingWindow":{"flightAdvanceBookingWindowProps":{"numDaysInAdvance":9}}`), home(100), nil, `flightAdvanceBookingWindow FLIGHT_ADVANCE_BOOKING_WINDOW_VIOLATION {"i":9} {"i":8}`},
		"advance at the limit":      {air(`"flightAdvanceBookingWindow":{"flightAdvanceBookingWindowProps":{"numDaysInAdvance":8}}`), home(100), nil, ""},
		"advance at home":           {universal("FLIGHT_ADVANCE_BOOKING_WINDOW_DOMESTIC", `"flightAdvanceBookingWindowDomesticProps":{"numDaysInAdvance":9}`), home(100), nil, `FLIGHT_ADVANCE_BOOKING_WINDOW_DOMESTIC FLIGHT_ADVANCE_BOOKING_WINDOW_DOMESTIC_VIOLATION {"i":9} {"i":8}`},
		"advance at home, abroad":   {universal("FLIGHT_ADVANCE_BOOKING_WINDOW_DOMESTIC", `"flightAdvanceBookingWindowDomesticProps":{"numDaysInAdvance":9}`), abroad(100), nil, ""},
		"refundable":                {air(`"flightTicketsRefundable":{"flightTicketsRefundableProps":{"type":"REFUNDABLE"}}`), basic, nil, `flightTicketsRefundable UNKNOWN_PREDICATE_STRING {"s":"REFUNDABLE"} {"s":"REFUNDABLE_WITH_PENALTY"}`},
		"refundable with a fee":     {air(`"flightTicketsRefundable":{"flightTicketsRefundableProps":{"type":"REFUNDABLE_WITH_PENALTY"}}`), basic, nil, ""},
		"refundable not allowed":    {air(`"flightTicketsRefundable":{"flightTicketsRefundableProps":{"type":"DONT_ALLOW"}}`), basic, nil, `flightTicketsRefundable UNKNOWN_PREDICATE_STRING {"s":"DONT_ALLOW"} {"s":"REFUNDABLE_WITH_PENALTY"}`},
		"refundable or not":         {air(`"flightTicketsRefundable":{"flightTicketsRefundableProps":{"type":"NONE"}}`), basic, nil, ""},
		"refundable, not known":     {air(`"flightTicketsRefundable":{"flightTicketsRefundableProps":{"type":"REFUNDABLE"}}`), home(100), nil, ""},
		"changeable":                {air(`"flightTicketsChangeable":{"flightTicketsChangeableProps":{"type":"CHANGEABLE_WITH_PENALTY"}}`), basic, nil, `flightTicketsChangeable UNKNOWN_PREDICATE_STRING {"s":"CHANGEABLE_WITH_PENALTY"} {"s":"NON_CHANGEABLE"}`},
		"basic economy":             {universal("BASIC_ECONOMY_FARES_DOMESTIC", ""), basic, nil, `BASIC_ECONOMY_FARES_DOMESTIC AIR_RESTRICTED_FARES_VIOLATION {"b":false} {"b":true}`},
		"basic economy abroad":      {universal("BASIC_ECONOMY_FARES_INTERNATIONAL", ""), basic, nil, ""},
		"fare word":                 {universal("AIR_RESTRICTED_FARES", `"airRestrictedFaresProps":{"restrictedKeywords":[{"keyword":"light","airlineCode":"AF"}]}`), basic, nil, `AIR_RESTRICTED_FARES AIR_RESTRICTED_FARES_VIOLATION {"s":"no \"light\""} {"s":"Light Fare"}`},
		"fare word, other airline":  {universal("AIR_RESTRICTED_FARES", `"airRestrictedFaresProps":{"restrictedKeywords":[{"keyword":"light","airlineCode":"LH"}]}`), basic, nil, ""},
		"country":                   {`"commonPolicyRules":{"restrictedCountries":{"countryProps":{"restrictions":[{"type":"BLOCK_TRAVEL_TO_COUNTRY","countryCode":"US"}]}}}`, abroad(100), nil, `restrictedCountries RESTRICTED_LOCATION_VIOLATION {"s":"any other"} {"sList":["US"]}`},
		"from a blocked country":    {`"commonPolicyRules":{"restrictedCountries":{"countryProps":{"restrictions":[{"type":"BLOCK_TRAVEL_TO_COUNTRY","countryCode":"FR"}]}}}`, abroad(100), nil, ""},
		"continent":                 {`"commonPolicyRules":{"restrictedContinents":{"continentProps":{"restrictions":[{"type":"ALLOW_WITHIN_CONTINENT","continentCode":"EU"}]}}}`, abroad(100), nil, `restrictedContinents RESTRICTED_LOCATION_VIOLATION {"sList":["EU"]} {"sList":["NA"]}`},
		"two continents":            {`"commonPolicyRules":{"restrictedContinents":{"continentProps":{"restrictions":[{"type":"ALLOW_WITHIN_CONTINENT","continentCode":"EU"},{"type":"ALLOW_WITHIN_CONTINENT","continentCode":"NA"}]}}}`, abroad(100), nil, ""},
		"cabin":                     {air(cabins), in("BUSINESS", abroad(100)), nil, `highestFlightCabinByDurationInternational HIGHEST_ALLOWED_CABIN_VIOLATION {"s":"PREMIUM_ECONOMY"} {"s":"BUSINESS"}`},
		"cabin at the limit":        {air(cabins), in("PREMIUM_ECONOMY", abroad(100)), nil, ""},
		"cabin at home":             {air(cabins), in("FIRST", home(100)), nil, ""},
		"cabin at night":            {air(cabins + `,` + overnight), offer(100, night), nil, ""},
		"cabin by day":              {air(cabins + `,` + overnight), in("BUSINESS", abroad(100)), nil, `highestFlightCabinByDurationInternational HIGHEST_ALLOWED_CABIN_VIOLATION {"s":"PREMIUM_ECONOMY"} {"s":"BUSINESS"}`},
		"upgrade for less":          {air(cabins + `,"flightCabinUpgrade":{"flightCabinUpgradeProps":{"isAllowed":true}}`), in("BUSINESS", abroad(100)), []policy.AirOffer{abroad(100), abroad(120)}, ""},
		"upgrade for more":          {air(cabins + `,"flightCabinUpgrade":{"flightCabinUpgradeProps":{"isAllowed":true}}`), in("BUSINESS", abroad(101)), []policy.AirOffer{abroad(100), abroad(120)}, `highestFlightCabinByDurationInternational HIGHEST_ALLOWED_CABIN_VIOLATION {"s":"PREMIUM_ECONOMY"} {"s":"BUSINESS"}`},
		"class":                     {universal("CABIN_CLASS_NOT_ALLOWED_INTERNATIONAL", `"cabinClassNotAllowedInternationalProps":{"cabins":["FIRST"]}`), in("FIRST", abroad(100)), nil, `CABIN_CLASS_NOT_ALLOWED_INTERNATIONAL HIGHEST_ALLOWED_CABIN_VIOLATION {"s":"none of these"} {"s":"FIRST"}`},
		"price by duration":         {air(`"maxFlightBookingPriceByDuration":{"maxFlightBookingPriceByDurationProps":{"maxPricePerDurationList":[{"maxPrice":{"amount":50,"currencyCode":"EUR"},"durationRange":{"max":89}},{"maxPrice":{"amount":179.98,"currencyCode":"USD"},"durationRange":{"min":90}}]}}`), home(100), nil, `maxFlightBookingPriceByDuration MAX_FARE_PER_TRAVELLER_VIOLATION_EXCLUDING_TAX {"money":{"amount":89.99,"currencyCode":"EUR"}} {"money":{"amount":90,"currencyCode":"EUR"}}`},
		"price in dollars":          {air(`"maxFlightBookingPriceByDuration":{"maxFlightBookingPriceByDurationProps":{"maxPricePerDurationList":[{"maxPrice":{"amount":45,"currencyCode":"EUR"},"durationRange":{}}]}}`), dollars, nil, ""},
		"price without a rate":      {air(`"maxFlightBookingPriceByDuration":{"maxFlightBookingPriceByDurationProps":{"maxPricePerDurationList":[{"maxPrice":{"amount":1,"currencyCode":"EUR"},"durationRange":{}}]}}`), unpriced, nil, ""},
		"over the minimum":          {price("Domestic", "MINIMUM", "MORE", `{"percentage":10}`, ""), home(111), []policy.AirOffer{home(100), home(300)}, `maxFlightBookingPriceDomestic FARE_MORE_THAN_MINIMUM {"money":{"amount":110,"currencyCode":"EUR"}} {"money":{"amount":111,"currencyCode":"EUR"}}`},
		"at ten percent":            {price("Domestic", "MINIMUM", "MORE", `{"percentage":10}`, ""), home(110), []policy.AirOffer{home(100), home(300)}, ""},
		"over the median":           {price("International", "MEDIAN", "MORE", `{"money":{"amount":10,"currencyCode":"EUR"}}`, ""), abroad(161), []policy.AirOffer{abroad(100), abroad(200), abroad(100), abroad(900)}, `maxFlightBookingPriceInternational FARE_MORE_THAN_MEDIAN {"money":{"amount":160,"currencyCode":"EUR"}} {"money":{"amount":161,"currencyCode":"EUR"}}`},
		"not below the median":      {price("International", "MEDIAN", "LESS", `{"money":{"amount":10,"currencyCode":"EUR"}}`, `,"isTaxIncluded":false`), abroad(100), []policy.AirOffer{abroad(100)}, `maxFlightBookingPriceInternational FARE_LESS_THAN_MEDIAN {"money":{"amount":80,"currencyCode":"EUR"}} {"money":{"amount":90,"currencyCode":"EUR"}}`},
		"median of its like":        {air(`"differenceBetweenFlightFareAndMedianFare":{"differenceBetweenFlightFareAndMedianFareProps":{"percentage":20}}`), home(130), []policy.AirOffer{home(100), home(130), home(90), in("FIRST", home(900)), connected}, `differenceBetweenFlightFareAndMedianFare FARE_MORE_THAN_MEDIAN {"money":{"amount":120,"currencyCode":"EUR"}} {"money":{"amount":130,"currencyCode":"EUR"}}`},
		"over the lowest logical":   {price("International", "LOWEST_LOGICAL_FARE", "MORE", `{"percentage":0}`, ""), connected, []policy.AirOffer{connected, cheaper}, `maxFlightBookingPriceInternational AIR_MAX_PRICE_MORE_THAN_LLF_VIOLATION_INCLUDING_TAX {"money":{"amount":200,"currencyCode":"EUR"}} {"money":{"amount":300,"currencyCode":"EUR"}}`},
		"no change of airport":      {air(`"lowestLogicalFare":{"props":{"airportConnectionChanges":"NOT_ALLOWED"}},"maxFlightBookingPriceInternational":{"maxFlightBookingPriceProps":{"type":"LOWEST_LOGICAL_FARE","sign":"MORE","difference":{"percentage":0}}}`), connected, []policy.AirOffer{connected, cheaper}, ""},
		"no long layover":           {air(`"lowestLogicalFare":{"props":{"maxLayoverDurationMinutesInternational":300}},"maxFlightBookingPriceInternational":{"maxFlightBookingPriceProps":{"type":"LOWEST_LOGICAL_FARE","sign":"MORE","difference":{"percentage":0}}}`), connected, []policy.AirOffer{connected, cheaper}, ""},
		"within the window":         {air(`"lowestLogicalFare":{"props":{"flightTimeWindowMinutesInternational":120}},"maxFlightBookingPriceInternational":{"maxFlightBookingPriceProps":{"type":"LOWEST_LOGICAL_FARE","sign":"MORE","difference":{"percentage":0}}}`), connected, []policy.AirOffer{connected, cheaper}, ""},
		"fewest stops":              {air(`"lowestLogicalFare":{"props":{"maxNumberOfStops":"FEWEST"}},"maxFlightBookingPriceInternational":{"maxFlightBookingPriceProps":{"type":"LOWEST_LOGICAL_FARE","sign":"MORE","difference":{"percentage":0}}}`), abroad(300), []policy.AirOffer{abroad(300), cheaper}, ""},
		"excluded carrier":          {air(`"lowestLogicalFare":{"props":{"carrier":{"type":"EXCLUDE","airlines":["AF"]}}},"maxFlightBookingPriceInternational":{"maxFlightBookingPriceProps":{"type":"LOWEST_LOGICAL_FARE","sign":"MORE","difference":{"percentage":0}}}`), connected, []policy.AirOffer{connected, cheaper}, ""},
		"cheaper but out of policy": {air(cabins + `,"maxFlightBookingPriceInternational":{"maxFlightBookingPriceProps":{"type":"LOWEST_LOGICAL_FARE","sign":"MORE","difference":{"percentage":0}}}`), abroad(300), []policy.AirOffer{in("FIRST", abroad(100)), abroad(300)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			got := w.rules(tc.members).Air(policy.AirFacts{Today: today, Chosen: tc.chosen, Among: tc.among, Rates: rates{}})
			var all []string
			for _, v := range got.Violations {
				all = append(all, show(v))
			}
			var want []string
			if tc.want != "" {
				want = []string{tc.want}
			}
			if d := cmp.Diff(want, all); d != "" {
				t.Error(d)
			}
			if got.OutOfPolicy != (tc.want != "") {
				t.Errorf("out of policy: %v", got.OutOfPolicy)
			}
			info := got.Info()
			for _, v := range w.api.Schema("PnrPolicyInfo").Check(info) {
				t.Errorf("PnrPolicyInfo: %s\n%s", v, info)
			}
		})
	}
}

func TestLinkedRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	days := func(n int) string {
		return fmt.Sprintf(`"flightAdvanceBookingWindow":{"flightAdvanceBookingWindowProps":{"numDaysInAdvance":%d}}`, n)
	}
	doc := w.read(w.defaultID())
	doc["currency"] = map[string]any{"currencyCode": "JPY"}
	doc["airPolicyRules"] = json.RawMessage(`{` + days(30) + `,"restrictedAirlines":{"restrictedAirlinesProps":{"airlineCodes":["AF"]}}}`)
	doc["rules"] = json.RawMessage(`[{"ruleType":"BASIC_ECONOMY_FARES_DOMESTIC","action":{"preventBooking":{"prevent":true,"reason":"Never"}}}]`)
	if err := w.put(w.defaultID(), encode(t, doc)); err != nil {
		t.Fatal(err)
	}
	middle := w.create(group + `,` + air(`"flightAdvanceBookingWindow":{"isLinked":true}`) + `,"rules":[{"ruleType":"BASIC_ECONOMY_FARES_DOMESTIC","policyValue":{"isLinked":true}}]`)
	raw := `"parentPolicyId":"` + middle + `",` + air(`"flightAdvanceBookingWindow":{"isLinked":true},"restrictedAirlines":{"isLinked":true}`) +
		`,"rules":[{"ruleType":"BASIC_ECONOMY_FARES_DOMESTIC","policyValue":{"isLinked":true}}]`
	r := w.rules(raw)
	if r.Currency != "EUR" {
		t.Errorf("its own currency became %s", r.Currency)
	}
	basic := home(100)
	basic.BasicEconomy = true
	got := r.Air(policy.AirFacts{Today: today, Chosen: basic, Rates: rates{}})
	var rules []string
	for _, v := range got.Violations {
		rules = append(rules, v.Rule)
	}
	// The middle policy has no rule about airlines, so that link leads nowhere.
	if d := cmp.Diff([]string{"flightAdvanceBookingWindow", "BASIC_ECONOMY_FARES_DOMESTIC"}, rules); d != "" {
		t.Error(d)
	}
	own := w.read(r.ID)
	own["currency"] = map[string]any{"isLinked": true}
	if err := w.put(r.ID, encode(t, own)); err != nil {
		t.Fatal(err)
	}
	// The middle one has euros of its own, the default yen.
	if again := w.resolved(r.ID); again.Currency != "EUR" || again.Version != 2 {
		t.Errorf("linked currency %s, version %d", again.Currency, again.Version)
	}
	own = w.read(r.ID)
	delete(own, "parentPolicyId")
	if err := w.put(r.ID, encode(t, own)); err != nil {
		t.Fatal(err)
	}
	if again := w.resolved(r.ID); again.Currency != "JPY" {
		t.Errorf("linked to the default, currency %s", again.Currency)
	}
}

func TestApproval(t *testing.T) {
	t.Parallel()
	const lists = `"airPolicyRules":{"flightAdvanceBookingWindow":{"flightAdvanceBookingWindowProps":{"numDaysInAdvance":9}}},
		"inPolicyApprovalInfos":[{"approvalProcessType":"PASSIVE_APPROVAL","travelTypes":["AIR"]}],
		"outOfPolicyApprovalInfos":[
			{"approvalProcessType":"SOFT_APPROVAL"},
			{"approvalProcessType":"HARD_APPROVAL","designatedApprovers":[{"id":"%s"}],"approvalConditions":[{"rules":[{"travelRegionRule":{"travelRegionType":"INTERNATIONAL"}}]}]},
			{"approvalProcessType":"PREVENT_BOOKING","travelTypes":["HOTEL"]}],
		"outOfPolicyAgentApprovalInfos":[{"approvalProcessType":"NONE","travelTypes":["AIR"]}],"enableAgentActionOverride":%v`
	later := home(100)
	later.Legs = []policy.AirLeg{{Flights: []policy.AirFlight{flight(paris, nice, "2026-04-10T09:00+02:00", 90)}}}
	prevent := `,"rules":[{"ruleType":"FLIGHT_ADVANCE_BOOKING_WINDOW_DOMESTIC","action":{"preventBooking":{"prevent":true,"reason":"Too late"}},
		"policyValue":{"universalProps":{"flightAdvanceBookingWindowDomesticProps":{"numDaysInAdvance":9}}}}]`
	for name, tc := range map[string]struct {
		override bool
		more     string
		chosen   policy.AirOffer
		agent    bool
		want     string
		prevent  bool
	}{
		"in policy":                {false, "", later, false, "PASSIVE_APPROVAL", false},
		"out of policy at home":    {false, "", home(100), false, "SOFT_APPROVAL", false},
		"out of policy abroad":     {false, "", abroad(100), false, "HARD_APPROVAL", false},
		"by an agent":              {false, "", abroad(100), true, "HARD_APPROVAL", false},
		"by an agent who may":      {true, "", abroad(100), true, "NONE", false},
		"prevented":                {true, prevent, home(100), false, "PREVENT_BOOKING", true},
		"prevented but overridden": {true, prevent, home(100), true, "NONE", false},
		"prevented, no override":   {false, prevent, home(100), true, "PREVENT_BOOKING", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.rules(fmt.Sprintf(lists, thing(1), tc.override) + tc.more)
			got := r.Air(policy.AirFacts{Today: today, Chosen: tc.chosen, Rates: rates{}, ByAgent: tc.agent})
			if got.Approval != tc.want || got.Prevented != tc.prevent {
				t.Errorf("approval %s, prevented %v (%s)", got.Approval, got.Prevented, got.Reason)
			}
			if tc.want == "HARD_APPROVAL" && !slices.Equal(got.Approvers, []string{thing(1)}) {
				t.Errorf("approvers %v", got.Approvers)
			}
			if tc.prevent && got.Reason != "Too late" {
				t.Errorf("reason %q", got.Reason)
			}
		})
	}
}

// A fare never gets into policy by costing more, and the lowest logical fare is never above the chosen one.
func TestCostingMoreNeverHelps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.rules(air(`"lowestLogicalFare":{"props":{"maxNumberOfStops":"ONE_OR_LESS"}},"differenceBetweenFlightFareAndMedianFare":{"differenceBetweenFlightFareAndMedianFareProps":{"percentage":15}},
		"maxFlightBookingPriceDomestic":{"maxFlightBookingPriceProps":{"type":"MEDIAN","sign":"MORE","difference":{"percentage":5}}}`))
	rapid.Check(t, func(rt *rapid.T) {
		var among []policy.AirOffer
		for _, e := range rapid.SliceOfN(rapid.Int64Range(1, 5000), 1, 12).Draw(rt, "fares") {
			among = append(among, home(e))
		}
		euros := rapid.Int64Range(1, 5000).Draw(rt, "chosen")
		more := euros + rapid.Int64Range(0, 5000).Draw(rt, "more")
		judge := func(e int64) policy.Result {
			return r.Air(policy.AirFacts{Today: today, Chosen: home(e), Among: among, Rates: rates{}})
		}
		cheap, dear := judge(euros), judge(more)
		if cheap.OutOfPolicy && !dear.OutOfPolicy {
			rt.Fatalf("%d is out of policy and %d is not", euros, more)
		}
		if dear.LowestLogical > more*100 || dear.LowestLogical <= 0 {
			rt.Fatalf("lowest logical fare %d of a fare of %d", dear.LowestLogical, more*100)
		}
	})
}

// A search judges hundreds of offers: one that keeps to the policy costs no allocation.
func TestJudgingAllocatesNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts those of the whole process
	w := newWorld(t)
	r := w.rules(air(`"restrictedAirlines":{"restrictedAirlinesProps":{"airlineCodes":["LH"]}},"lowestLogicalFare":{"props":{"maxNumberOfStops":"ONE_OR_LESS"}},
		"differenceBetweenFlightFareAndMedianFare":{"differenceBetweenFlightFareAndMedianFareProps":{"percentage":15}},
		"maxFlightBookingPriceDomestic":{"maxFlightBookingPriceProps":{"type":"LOWEST_LOGICAL_FARE","sign":"MORE","difference":{"percentage":50}}},
		"highestFlightCabinByDurationDomestic":{"highestFlightCabinByDurationProps":{"highestCabinForDurationList":[{"cabin":"BUSINESS","durationRange":{"max":360}}]}}`) +
		`,"rules":[{"ruleType":"CABIN_CLASS_NOT_ALLOWED_DOMESTIC","policyValue":{"universalProps":{"cabinClassNotAllowedDomesticProps":{"cabins":["FIRST"]}}}}]`)
	among := []policy.AirOffer{home(100), home(110), home(120)}
	s := r.Search(policy.AirFacts{Today: today, Among: among, Rates: rates{}})
	var info jx.Writer
	s.Offer(&among[1]).WriteInfo(&info)
	if got := s.Offer(&among[1]); got.OutOfPolicy || got.LowestLogical != 100_00 {
		t.Fatalf("judged %+v", got)
	}
	if n := testing.AllocsPerRun(100, func() { info.Reset(); s.Offer(&among[1]).WriteInfo(&info) }); n != 0 {
		t.Errorf("%v allocations for an offer", n)
	}
}
