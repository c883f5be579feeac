// SPDX-License-Identifier: Apache-2.0

package air

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/supplier"
)

const (
	adaTraveler = `{"travelerType":"ADULT","travelerInfo":{"userId":{"id":"` + ada + `"}}}`
	twoPeople   = adaTraveler + `,{"travelerType":"CHILD","travelerAge":{"numYears":7}}`
)

// journey is an AirSearchRequest; more is added to its members.
func journey(travelers, more string, legs ...[3]string) string {
	var b strings.Builder
	for i, l := range legs {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"origin":{"airport":%q},"destination":{"airport":%q},"date":{"iso8601":%q}}`, l[0], l[1], l[2])
	}
	return `{"travelers":[` + travelers + `],"legs":[` + b.String() + `]` + more + `}`
}

func lhrJFK(more string) string {
	return journey(adaTraveler, more, [3]string{"LHR", "JFK", "2027-04-12"})
}

func (k *kit) search(body string) (json.RawMessage, error) {
	k.t.Helper()
	return call(k, "airSearch", k.s.Search, input[SearchIn](k, "airSearch", body))
}

func TestSearchPagesAddUp(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	out, err := k.search(lhrJFK(`,"legSearchParams":{"pageNumber":0}`))
	whole := must(t, out, err)
	total := len(get(t, whole, "itineraryDetails/itineraries").([]any))
	if n := get(t, whole, "paginationParams/numResults").(json.Number).String(); n != fmt.Sprint(total) {
		t.Errorf("numResults %s, itineraries %d", n, total)
	}
	if total < 20 {
		t.Fatalf("only %d itineraries between London and New York", total)
	}
	var got []string
	for page := 1; len(got) < total && page < 100; page++ {
		out, err := k.search(lhrJFK(fmt.Sprintf(`,"legSearchParams":{"pageNumber":%d,"pageSize":13}`, page)))
		for _, it := range get(t, must(t, out, err), "itineraryDetails/itineraries").([]any) {
			got = append(got, brands(it))
		}
	}
	var want []string
	for _, it := range get(t, whole, "itineraryDetails/itineraries").([]any) {
		want = append(want, brands(it))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the pages hold %d itineraries in another order than the whole's %d", len(got), len(want))
	}
}

// brands tells one itinerary of a page from the others.
func brands(it any) string {
	b, _ := json.Marshal(it.(map[string]any)["fareInfo"])
	l := it.(map[string]any)["legs"].([]any)[0].(map[string]any)
	return fmt.Sprint(string(b), l["brandName"], l["flights"].([]any)[0].(map[string]any)["id"])
}

func TestSearchMoneyAddsUp(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	out, err := k.search(journey(twoPeople, "", [3]string{"LHR", "JFK", "2027-04-12"}, [3]string{"JFK", "LHR", "2027-04-20"}))
	raw := get(t, must(t, out, err), "")
	n := len(get(t, raw, "itineraryDetails/itineraries").([]any))
	if n == 0 {
		t.Fatal("nothing found")
	}
	for i := range n {
		at := fmt.Sprintf("itineraryDetails/itineraries/%d", i)
		for _, part := range []string{"base", "tax"} {
			total := minorAt(t, raw, at+"/fareInfo/totalFare/"+part)
			var people, legs, legsByPeople int64
			for p := range 2 {
				people += minorAt(t, raw, fmt.Sprintf("%s/travelers/%d/fareInfo/totalFare/%s", at, p, part))
				for l := range 2 {
					legsByPeople += minorAt(t, raw, fmt.Sprintf("%s/legs/%d/travelerInfos/%d/travelerLegFare/%s", at, l, p, part))
				}
				if part == "tax" {
					var sum int64
					for x := range get(t, raw, fmt.Sprintf("%s/travelers/%d/fareInfo/taxBreakdown", at, p)).([]any) {
						sum += minorAt(t, raw, fmt.Sprintf("%s/travelers/%d/fareInfo/taxBreakdown/%d/amount", at, p, x))
					}
					if want := minorAt(t, raw, fmt.Sprintf("%s/travelers/%d/fareInfo/totalFare/tax", at, p)); sum != want {
						t.Errorf("taxes of traveler %d add up to %d, not %d", p, sum, want)
					}
				}
			}
			for l := range 2 {
				legs += minorAt(t, raw, fmt.Sprintf("%s/legs/%d/totalLegFare/%s", at, l, part))
			}
			if people != total || legs != total || legsByPeople != total {
				t.Errorf("itinerary %d: %s %d, by traveler %d, by leg %d, by both %d", i, part, total, people, legs, legsByPeople)
			}
		}
	}
}

func TestEveryFlightIsGivenOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	out, err := k.search(journey(adaTraveler, "", [3]string{"OSL", "SIN", "2027-05-03"}))
	raw := must(t, out, err)
	given := map[string]bool{}
	for _, f := range get(t, raw, "itineraryDetails/flightData").([]any) {
		ref := f.(map[string]any)["flightRef"].(string)
		if given[ref] {
			t.Errorf("flight %s is given twice", ref)
		}
		given[ref] = true
	}
	used := map[string]bool{}
	for _, it := range get(t, raw, "itineraryDetails/itineraries").([]any) {
		for _, l := range it.(map[string]any)["legs"].([]any) {
			for _, f := range l.(map[string]any)["flights"].([]any) {
				used[f.(map[string]any)["flightData"].(map[string]any)["flightRef"].(map[string]any)["flightRef"].(string)] = true
			}
		}
	}
	if len(used) == 0 || len(used) != len(given) {
		t.Errorf("%d flights are used, %d given", len(used), len(given))
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	out, err := k.search(lhrJFK(`,"legSearchParams":{"pageNumber":0}`))
	all := len(get(t, must(t, out, err), "itineraryDetails/itineraries").([]any))
	for _, tc := range []struct {
		name, filter string
		keep         func(it map[string]any) bool // nil: nothing may match
	}{
		{"nonstop", `{"maxNumStops":0}`, func(it map[string]any) bool { return flightCount(it) == 1 }},
		{"business", `{"cabin":{"type":"ALL","cabin":"BUSINESS"}}`, func(it map[string]any) bool {
			return strings.Contains(fmt.Sprint(it["legs"]), "cabin:BUSINESS") && !strings.Contains(fmt.Sprint(it["legs"]), "cabin:ECONOMY")
		}},
		{"airline", `{"airlinePref":{"airlinePrefs":[{"legIndex":0,"airline":["BA"]}]}}`, func(it map[string]any) bool {
			return strings.Contains(fmt.Sprint(it["legs"]), "id:BA")
		}},
		{"morning", `{"timeRange":{"timeRanges":[{"legIndex":0,"departure":{"min":{"iso8601":"06:00"},"max":{"iso8601":"12:00"}}}]}}`, func(map[string]any) bool { return true }},
		{"cheap", `{"fareRange":{"max":{"amount":900,"currencyCode":"USD"}}}`, func(map[string]any) bool { return true }},
		{"refundable", `{"changeable":"REFUNDABLE_WITHOUT_PENALTY"}`, func(it map[string]any) bool {
			return strings.Contains(fmt.Sprint(it["legs"]), "Refundable without a fee")
		}},
		{"bag", `{"baggage":{"freeCheckedBag":true}}`, func(it map[string]any) bool {
			return !strings.Contains(fmt.Sprint(it["legs"]), "No checked baggage")
		}},
		{"flat seat", `{"seatPref":{"seatTypes":["FLAT"]}}`, nil},
		{"credits", `{"unusedCreditFilter":{"hideWithoutCredits":true}}`, nil},
	} {
		out, err := k.search(lhrJFK(`,"filters":[` + tc.filter + `],"legSearchParams":{"pageNumber":0}`))
		list := get(t, must(t, out, err), "itineraryDetails/itineraries").([]any)
		if tc.keep == nil {
			if len(list) > 0 {
				t.Errorf("%s: %d itineraries claim a fact no offer carries", tc.name, len(list))
			}
			continue
		}
		if len(list) == 0 || len(list) >= all {
			t.Errorf("%s: %d of %d itineraries stay", tc.name, len(list), all)
		}
		for _, it := range list {
			if !tc.keep(it.(map[string]any)) {
				t.Errorf("%s: %v does not belong", tc.name, it.(map[string]any)["legs"])
				break
			}
		}
	}
}

func flightCount(it map[string]any) int {
	return len(it["legs"].([]any)[0].(map[string]any)["flights"].([]any))
}

func TestFlightNumberOverSeveralLegs(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	legs := [][3]string{{"LHR", "JFK", "2027-04-12"}, {"JFK", "LHR", "2027-04-20"}}
	out, err := k.search(journey(adaTraveler, "", legs...))
	id := text(t, must(t, out, err), "itineraryDetails/itineraries/0/legs/1/flights/0/id")
	carrier, number := id[:2], id[2:strings.Index(id, "-")]
	out, err = k.search(journey(adaTraveler, fmt.Sprintf(`,"filters":[{"flightNumber":{"flightNumber":{"airlineCode":%q,"num":%q}}}],"legSearchParams":{"pageNumber":1,"pageSize":5}`, carrier, number), legs...))
	raw := must(t, out, err)
	list := get(t, raw, "itineraryDetails/itineraries").([]any)
	if len(list) == 0 || len(list) > 5 {
		t.Fatalf("%d itineraries on a page of 5", len(list))
	}
	for _, it := range list {
		if !strings.Contains(fmt.Sprint(it.(map[string]any)["legs"]), "id:"+carrier+number+"-") {
			// the number may be the operating one; then the flight data tells
			if !strings.Contains(fmt.Sprint(get(t, raw, "itineraryDetails/flightData")), "num:"+number) {
				t.Errorf("an itinerary without %s%s", carrier, number)
			}
		}
	}
}

func TestSearchRefusals(t *testing.T) {
	t.Parallel()
	day := [3]string{"LHR", "JFK", "2027-04-12"}
	for _, tc := range []struct {
		name, body, pointer string
		code                errs.Code
	}{
		{"unknown airport", journey(adaTraveler, "", [3]string{"QQQ", "JFK", "2027-04-12"}), "/legs/0/origin/airport", errs.ReferenceNotFound},
		{"past", journey(adaTraveler, "", [3]string{"LHR", "JFK", "2027-02-01"}), "/legs/0/date/iso8601", errs.ValidationFailed},
		{"no such day", journey(adaTraveler, "", [3]string{"LHR", "JFK", "2027-02-31"}), "/legs/0/date/iso8601", errs.ValidationFailed},
		{"same place", journey(adaTraveler, "", [3]string{"LHR", "LHR", "2027-04-12"}), "/legs/0/destination", errs.ValidationFailed},
		{"order", journey(adaTraveler, "", day, [3]string{"JFK", "LHR", "2027-04-01"}), "/legs/1/date/iso8601", errs.ValidationFailed},
		{"child without age", journey(`{"travelerType":"CHILD"}`, "", day), "/travelers/0/travelerAge", errs.ValidationFailed},
		{"lap", journey(`{"travelerType":"INFANT_ON_LAP"}`, "", day), "/travelers", errs.ValidationFailed},
		{"stranger", journey(`{"travelerType":"ADULT","travelerInfo":{"userId":{"id":"0199a000-0000-7000-8000-00000000ffff"}}}`, "", day), "/travelers/0/travelerInfo", errs.ReferenceNotFound},
		{"two companies", journey(adaTraveler+`,{"travelerType":"ADULT","travelerInfo":{"userId":{"id":"`+rival+`"}}}`, "", day), "/travelers/1/travelerInfo", errs.ValidationFailed},
		{"two countries", `{"travelers":[` + adaTraveler + `],"legs":[{"origin":{"multiAirports":{"airports":["LHR","CDG"]}},"destination":{"airport":"JFK"},"date":{"iso8601":"2027-04-12"}}]}`, "/legs/0/origin/multiAirports/airports/1", errs.ValidationFailed},
		{"currency", lhrJFK(`,"filters":[{"fareRange":{"max":{"amount":10,"currencyCode":"EUR"}}}]`), "/filters/0/fareRange/max/currencyCode", errs.ValidationFailed},
		{"leg of filter", lhrJFK(`,"filters":[{"airlinePref":{"airlinePrefs":[{"legIndex":3,"airline":["BA"]}]}}]`), "/filters/0/airlinePref/airlinePrefs/0/legIndex", errs.ValidationFailed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			_, err := k.search(tc.body)
			wantCode(t, err, tc.code)
			if e := errs.As(err); e != nil && (len(e.Fields) != 1 || e.Fields[0].Pointer != tc.pointer) {
				t.Errorf("the error points to %+v, want %s", e.Fields, tc.pointer)
			} else if place := strings.HasSuffix(tc.pointer, "/airport") && tc.code == errs.ReferenceNotFound; place && !strings.Contains(e.Hint, "airAutocomplete") {
				t.Errorf("nobody can create an airport first: %s", e.Hint)
			}
		})
	}
}

func TestLegByLeg(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	legs := [][3]string{{"LHR", "JFK", "2027-04-12"}, {"JFK", "LHR", "2027-04-20"}}
	out, err := k.search(journey(adaTraveler, `,"legSearchParams":{"legIndex":0}`, legs...))
	first := must(t, out, err)
	if get(t, first, "metadata/legBylegPricing") != true {
		t.Error("legBylegPricing is not set")
	}
	searchID, option := text(t, first, "searchId"), text(t, first, "itineraryDetails/itineraries/0/itineraryId")
	flight := text(t, first, "itineraryDetails/itineraries/0/legs/0/flights/0/id")
	_, err = call(k, "airFlightCheckout", k.s.FlightCheckout, selected(k, searchID, option))
	wantCode(t, err, errs.ValidationFailed) // half a journey
	out, err = k.search(journey(adaTraveler, fmt.Sprintf(`,"legSearchParams":{"legIndex":1,"searchId":%q,"selectedRateOptionId":%q}`, searchID, option), legs...))
	second := must(t, out, err)
	if got := text(t, second, "itineraryDetails/itineraries/0/legs/0/flights/0/id"); got != flight {
		t.Errorf("the first leg is now %s, chosen was %s", got, flight)
	}
	in := selected(k, text(t, second, "searchId"), text(t, second, "itineraryDetails/itineraries/0/itineraryId"))
	if _, err := call(k, "airFlightCheckout", k.s.FlightCheckout, in); err != nil {
		t.Error(err)
	}
	again, err := call(k, "airAttributes", k.s.Attributes, input[AttributesIn](k, "airAttributes", fmt.Sprintf(`{"searchId":%q}`, text(t, second, "searchId"))))
	if string(must(t, again, err)) != string(second) {
		t.Error("attributes answers another leg than the search")
	}
}

func selected(k *kit, searchID, itineraryID string) SelectedIn {
	return input[SelectedIn](k, "airFlightCheckout", fmt.Sprintf(`{"searchId":%q,"itineraryId":%q}`, searchID, itineraryID))
}

func TestSelectedItineraryIsTheOneOfTheSearch(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.at(noon)
	out, err := k.search(lhrJFK(""))
	raw := must(t, out, err)
	id := text(t, raw, "itineraryDetails/itineraries/3/itineraryId")
	k.at(noon.Add(10 * time.Minute))
	out, err = call(k, "airSelectedItinerary", k.s.SelectedItinerary, selected(k, text(t, raw, "searchId"), id))
	one := must(t, out, err)
	if got := text(t, one, "itinerary/itineraryId"); got != id {
		t.Errorf("id %s became %s", id, got)
	}
	for _, path := range []string{"fareInfo", "travelers", "legs/0/totalLegFare", "legs/0/brandName"} {
		a, b := fmt.Sprint(get(t, raw, "itineraryDetails/itineraries/3/"+path)), fmt.Sprint(get(t, one, "itinerary/"+path))
		if a != b {
			t.Errorf("%s: the search says %s, the selection %s", path, a, b)
		}
	}
	again, err := call(k, "airAttributes", k.s.Attributes, input[AttributesIn](k, "airAttributes", fmt.Sprintf(`{"searchId":%q}`, text(t, raw, "searchId"))))
	if string(must(t, again, err)) != string(raw) {
		t.Error("attributes differs from its search")
	}
}

func TestIdsAreBound(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	out, err := k.search(lhrJFK(""))
	a := must(t, out, err)
	out, err = k.search(lhrJFK(`,"searchMode":"EXPRESS_EXTENDED"`))
	b := must(t, out, err)
	good := selected(k, text(t, a, "searchId"), text(t, a, "itineraryDetails/itineraries/0/itineraryId"))

	mixed := good
	mixed.Doc.SearchID = text(t, b, "searchId")
	_, err = call(k, "airSelectedItinerary", k.s.SelectedItinerary, mixed)
	wantCode(t, err, errs.SearchExpired)

	mine := k.who
	k.who = &actor.Actor{Tenant: tenant, Company: other, Roles: []string{actor.CompanyAdmin}}
	_, err = call(k, "airSelectedItinerary", k.s.SelectedItinerary, good)
	wantCode(t, err, errs.SearchExpired)
	k.who = &actor.Actor{Tenant: "0199a000-0000-7000-8000-000000000002", Roles: []string{actor.TMCAdmin}}
	_, err = call(k, "airSelectedItinerary", k.s.SelectedItinerary, good)
	wantCode(t, err, errs.SearchExpired)
	k.who = &actor.Actor{Tenant: tenant, Company: acme, UserID: tomas, Roles: []string{actor.Traveler}}
	_, err = k.search(lhrJFK(""))
	wantCode(t, err, errs.AccessDenied) // Tomas is not Ada

	k.who = mine
	k.at(noon.Add(30 * time.Minute))
	_, err = call(k, "airSelectedItinerary", k.s.SelectedItinerary, good)
	wantCode(t, err, errs.SearchExpired)
}

func TestDatesAndDurationsAreWrittenAsPackageTimeWould(t *testing.T) {
	t.Parallel()
	for d := supplier.NewDate(2020, 1, 1); d < supplier.NewDate(2061, 1, 1); d++ {
		if got := string(appendDate(nil, d, true)); got != d.String() {
			t.Fatalf("%s is written %s", d, got)
		}
	}
	for minutes, want := range map[int]string{0: "PT0M", 59: "PT59M", 60: "PT1H", 155: "PT2H35M", 1500: "PT25H"} {
		if got := duration(minutes); got != want {
			t.Errorf("%d minutes: %s", minutes, got)
		}
	}
}

func TestPagesBehindTheLastAreEmpty(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	out, err := k.search(lhrJFK(`,"legSearchParams":{"pageNumber":2147483647,"pageSize":2147483647}`))
	raw := must(t, out, err)
	if n := len(get(t, raw, "itineraryDetails/itineraries").([]any)); n != 0 {
		t.Errorf("%d itineraries on a page far behind the last", n)
	}
	if got := get(t, raw, "paginationParams/numResults").(json.Number).String(); got == "0" {
		t.Error("the number of results is gone")
	}
}

func TestExpressSearch(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, tc := range []struct {
		from, to string
		express  bool
	}{{"LHR", "JFK", true}, {"LHR", "DRS", false}} {
		leg := [3]string{tc.from, tc.to, "2027-04-12"}
		out, err := k.search(journey(adaTraveler, `,"searchMode":"EXPRESS","legSearchParams":{"pageNumber":0}`, leg))
		raw := get(t, must(t, out, err), "")
		if get(t, raw, "metadata/isExpressSearch") != tc.express {
			t.Errorf("%s-%s: isExpressSearch %v", tc.from, tc.to, get(t, raw, "metadata/isExpressSearch"))
		}
		stops := false
		for _, it := range get(t, raw, "itineraryDetails/itineraries").([]any) {
			stops = stops || flightCount(it.(map[string]any)) > 1
		}
		if stops == tc.express {
			t.Errorf("%s-%s: connections shown: %v", tc.from, tc.to, stops)
		}
	}
}
