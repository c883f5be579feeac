// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"slices"
	"testing"
)

// defaultPolicy changes the policy that governs the demo's people.
func (c *client) defaultPolicy(change func(policy object)) {
	c.t.Helper()
	base := "/v2/companies/" + c.srv.Demo.CompanyID + "/policies"
	path := base + "/" + c.call(200, "GET", base, nil).str("elements/0/id")
	policy := c.call(200, "GET", path, nil)
	change(policy)
	c.call(204, "PUT", path, doc(policy))
}

func airRules(rules doc) func(object) { return func(o object) { o["airPolicyRules"] = rules } }

// flies reports whether an airline markets a flight of an itinerary.
func flies(found, itinerary object, airline string) bool {
	for _, l := range itinerary.list("legs") {
		for _, f := range l.list("flights") {
			ref := f.str("flightData/flightRef/flightRef")
			for _, d := range found.list("itineraryDetails/flightData") {
				if d.str("flightRef") == ref && d.str("marketing/airlineCode") == airline {
					return true
				}
			}
		}
	}
	return false
}

// broken are the rules that an itinerary, or another carrier of policy facts, breaks.
func broken(info object) (rules []string) {
	for _, r := range info.list("ruleResultInfos") {
		for _, v := range r.list("violationInfos") {
			rules = append(rules, v.str("predicateString"))
		}
	}
	return rules
}

func policyOf(itinerary object) object {
	info, _ := itinerary["policyInfos"].(map[string]any)
	return info
}

// A search says of every itinerary what the traveler's policy thinks of it, and shows only what is in policy when the
// request or the company wants that.
func TestSearchKnowsThePolicy(t *testing.T) {
	t.Parallel()
	c := start(t)
	route := leg("LHR", "JFK", c.day(60))
	for _, it := range c.search(route).list("itineraryDetails/itineraries") {
		if info := policyOf(it); info.str("policies/0/policyName") != "Default policy" || info.str("policies/0/version") != "1" || len(broken(info)) != 0 {
			t.Fatalf("a policy without rules says %v", info)
		}
	}
	c.defaultPolicy(airRules(doc{"restrictedAirlines": doc{"restrictedAirlinesProps": doc{"airlineCodes": []string{"BA"}}}}))
	found := c.search(route)
	out := 0
	for _, it := range found.list("itineraryDetails/itineraries") {
		is := slices.Equal(broken(policyOf(it)), []string{"restrictedAirlines"})
		if is != flies(found, it, "BA") {
			t.Errorf("with BA: %t; %v", !is, policyOf(it))
		}
		if is {
			out++
		}
	}
	if out == 0 || out == len(found.list("itineraryDetails/itineraries")) {
		t.Fatalf("%d itineraries are out of policy", out)
	}
	only := c.searchBody(route)
	only["filters"] = []doc{{"policyFilter": doc{"onlyInPolicy": true}}}
	feature := func(value string) {
		c.call(200, "PATCH", "/v2/companies/"+c.srv.Demo.CompanyID+"/features", doc{"featuresToUpdate": []doc{{"name": "FLIGHT_RESULTS_OOP", "value": value}}})
	}
	c.call(200, "PATCH", "/v2/companies/"+c.srv.Demo.CompanyID+"/features", doc{"featuresToUpdate": []doc{{"name": "PRODUCT_OBT_AIR_DISABLED", "value": "true"}}})
	c.refuse(400, "STATE_DOES_NOT_ALLOW", "POST", "/v2/air/search-flights", only)
	c.call(200, "PATCH", "/v2/companies/"+c.srv.Demo.CompanyID+"/features", doc{"featuresToDelete": []string{"PRODUCT_OBT_AIR_DISABLED"}})
	filtered := c.call(200, "POST", "/v2/air/search-flights", only)
	feature("false")
	hidden := c.search(route)
	feature("true")
	for _, result := range []object{filtered, hidden} {
		its := result.list("itineraryDetails/itineraries")
		if len(its) == 0 || result.num("paginationParams/numResults") >= found.num("paginationParams/numResults") {
			t.Errorf("%d itineraries of %v", len(its), result["paginationParams"])
		}
		for _, it := range its {
			if len(broken(policyOf(it))) != 0 {
				t.Errorf("shown although out of policy: %v", policyOf(it))
			}
		}
	}
}

// A rule that compares fares sees the whole search, and checkout and revalidation say what the search said.
func TestFaresAreComparedWithTheSearch(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.defaultPolicy(func(o object) {
		o["currency"] = doc{"currencyCode": "USD"}
		o["airPolicyRules"] = doc{"maxFlightBookingPriceInternational": doc{"maxFlightBookingPriceProps": doc{
			"type": "MINIMUM", "sign": "MORE", "difference": doc{"percentage": 10},
		}}}
	})
	body := c.searchBody(leg("LHR", "JFK", c.day(60)))
	body["legSearchParams"] = doc{"pageNumber": 0}
	found := c.call(200, "POST", "/v2/air/search-flights", body)
	its := found.list("itineraryDetails/itineraries")
	price := func(it object) float64 {
		return it.num("fareInfo/totalFare/base/amount") + it.num("fareInfo/totalFare/tax/amount")
	}
	cheapest := slices.MinFunc(its, func(a, b object) int { return int(price(a)*100 - price(b)*100) })
	dear := object(nil)
	for _, it := range its {
		above := price(it)/price(cheapest) - 1.1
		if out := len(broken(policyOf(it))) > 0; out != (above > 0) && (above > 0.0001 || above < -0.0001) {
			t.Errorf("%.2f with the cheapest at %.2f: out of policy %t", price(it), price(cheapest), out)
		}
		if above > 0.01 {
			dear = it
		}
	}
	if dear == nil {
		t.Fatal("no fare is a tenth above the cheapest")
	}
	search := found.str("searchId")
	// A page of the same search judges alike.
	body["legSearchParams"] = doc{"pageNumber": 1, "pageSize": 5}
	paged := c.call(200, "POST", "/v2/air/search-flights", body)
	if n := len(paged.list("itineraryDetails/itineraries")); n != 5 || paged.num("paginationParams/numResults") != float64(len(its)) {
		t.Errorf("a page of %d, %v in all; the whole has %d", n, paged["paginationParams"], len(its))
	}
	for _, it := range []object{cheapest, dear} {
		want := broken(policyOf(it))
		selected := c.call(200, "POST", "/v2/air/selected-itinerary", doc{"searchId": search, "itineraryId": it.str("itineraryId")})
		if got := broken(policyOf(selected["itinerary"].(map[string]any))); !slices.Equal(got, want) {
			t.Errorf("selected: %v, searched: %v", got, want)
		}
		details, _ := c.revalidate(search, it.str("itineraryId"), c.trip("Compared"))["policyDetails"].(map[string]any)
		if got := broken(details); !slices.Equal(got, want) {
			t.Errorf("revalidated: %v, searched: %v", got, want)
		}
	}
}

// Searching for nobody and booking for somebody evades no policy.
func TestThePolicyIsThatOfWhoTravels(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.defaultPolicy(airRules(doc{"restrictedAirlines": doc{"restrictedAirlinesProps": doc{"airlineCodes": []string{"BA", "VS", "AA", "DL", "UA", "B6"}}}}))
	base := "/v2/companies/" + c.srv.Demo.CompanyID + "/policies"
	c.call(201, "POST", base, doc{"name": "Guests", "type": "DEFAULT", "category": "GUEST", "currency": doc{"currencyCode": "USD"}, "userGroups": []doc{}})
	found := c.call(200, "POST", "/v2/air/search-flights", doc{
		"travelers": []doc{{"travelerType": "ADULT"}}, "legs": []doc{leg("LHR", "JFK", c.day(60))},
		"filters": []doc{{"maxNumStops": 0}},
	})
	it := found.str("itineraryDetails/itineraries/0/itineraryId")
	details, _ := c.revalidate(found.str("searchId"), it, c.trip("Named late"))["policyDetails"].(map[string]any)
	if object(details).str("policies/0/policyName") != "Default policy" || len(broken(details)) != 1 {
		t.Errorf("judged by %v", details)
	}
	c.defaultPolicy(airRules(doc{"maxFlightBookingPriceInternational": doc{"maxFlightBookingPriceProps": doc{
		"type": "MINIMUM", "sign": "MORE", "difference": doc{"percentage": 10},
	}}}))
	checkout := c.call(200, "POST", "/v2/air/flight-checkout", doc{"searchId": found.str("searchId"), "itineraryId": it})
	c.refuse(404, "CHECKOUT_EXPIRED", "POST", "/v2/air/revalidate-itinerary", c.revalidateBody(checkout.str("checkoutResponseId"), c.trip("Compared with nothing")))
}

// What the policy prevents is not booked, what waits for an approval that cannot be given is not booked either, and
// what is booked says how it fared.
func TestBookingKeepsToThePolicy(t *testing.T) {
	t.Parallel()
	c := start(t)
	late := func(approval string, prevent bool) func(object) {
		return func(o object) {
			o["rules"] = []doc{{
				"ruleType":    "FLIGHT_ADVANCE_BOOKING_WINDOW_INTERNATIONAL",
				"policyValue": doc{"universalProps": doc{"flightAdvanceBookingWindowInternationalProps": doc{"numDaysInAdvance": 90}}},
				"action":      doc{"preventBooking": doc{"prevent": prevent, "reason": "Ninety days ahead, please"}},
			}}
			o["outOfPolicyApprovalInfos"] = []doc{{"approvalProcessType": approval, "travelTypes": []string{"AIR"}}}
		}
	}
	for _, tc := range []struct {
		approval string
		prevent  bool
		status   int
		code     string
		action   string // what the itinerary announces
	}{
		{"NONE", true, 403, "POLICY_PREVENTS_BOOKING", "preventBooking"},
		{"PREVENT_BOOKING", false, 403, "POLICY_PREVENTS_BOOKING", "preventBooking"},
		{"HARD_APPROVAL", false, 501, "NOT_IMPLEMENTED", "takeApproval"},
		{"PRE_APPROVAL", false, 501, "NOT_IMPLEMENTED", "takeApproval"},
		{"SOFT_APPROVAL", false, 200, "", "takeApproval"},
		{"PASSIVE_APPROVAL", false, 200, "", "takeApproval"},
		{"NONE", false, 200, "", "flag"},
	} {
		t.Run(fmt.Sprint(tc.approval, tc.prevent), func(t *testing.T) {
			c := &client{t, c.srv, c.token}
			c.defaultPolicy(late(tc.approval, tc.prevent))
			found := c.search(leg("LHR", "JFK", c.day(60)))
			it := found.list("itineraryDetails/itineraries")[0]
			actions := policyOf(it).list("ruleResultInfos/0/actions")
			if len(actions) == 0 || actions[len(actions)-1][tc.action] == nil {
				t.Fatalf("announced: %v", policyOf(it))
			}
			trip := c.trip("Late")
			booking := doc{"bookingId": c.revalidate(found.str("searchId"), it.str("itineraryId"), trip).str("bookingId")}
			if tc.status != 200 {
				c.refuse(tc.status, tc.code, "POST", "/v2/air/create-pnr", booking)
				if n := len(c.detail(trip).list("pnrs")); n != 0 {
					t.Fatalf("the refused booking left %d PNRs", n)
				}
				c.defaultPolicy(late("NONE", false)) // once the policy allows it, the same id books
			}
			pnr := c.call(200, "POST", "/v2/air/create-pnr", booking).str("pnrId")
			info, _ := c.call(200, "GET", "/v3/trips/"+trip+"/pnrs/"+pnr, nil)["policyInfo"].(map[string]any)
			applied := object(info)
			if applied["outOfPolicy"] != true || applied.str("appliedPolicyInfo/policies/0/policyName") != "Default policy" {
				t.Errorf("the PNR says %v", info)
			}
			if want := map[bool]string{true: tc.approval}[tc.status == 200 && tc.approval != "NONE"]; applied.str("appliedPolicyInfo/policies/0/approvalType") != want {
				t.Errorf("approval %v, want %q", applied.at("appliedPolicyInfo/policies/0"), want)
			}
		})
	}
}

// The company's list of airlines is read: a blocked one is out of policy, a preferred one is named in the booking.
func TestAirlinesThatACompanyPrefersAndBlocks(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.call(200, "PUT", "/v2/companies/"+c.srv.Demo.CompanyID+"/preference-tiers", doc{"preferenceTiersPerBookingType": []doc{{
		"bookingType": "AIR", "allowedEntityTypes": []string{"COMPANY", "COUNTRY"},
		"preferenceTiers": []doc{{"level": "TIER_1", "label": "First choice", "showLabel": true}},
	}}})
	upload := func(rows string) {
		if status, answer := c.upload("AIRLINE", "code,preference,tier,entityType,entityId\n"+rows); status != 200 {
			t.Fatalf("%d %s", status, answer)
		}
	}
	upload("BA,BLOCKED,,,\nVS,PREFERRED,TIER_1,,\n")
	found := c.search(leg("LHR", "JFK", c.day(60)))
	for _, it := range found.list("itineraryDetails/itineraries") {
		if out := slices.Contains(broken(policyOf(it)), "vendorPreferences"); flies(found, it, "BA") && !out {
			t.Errorf("on BA and in policy: %v", policyOf(it))
		}
	}
	upload("BA,PREFERRED,TIER_1,,\nBA,BLOCKED,,COUNTRY,FR\n") // the demo's people are elsewhere
	found = c.search(leg("LHR", "JFK", c.day(60)))
	its := found.list("itineraryDetails/itineraries")
	at := slices.IndexFunc(its, func(it object) bool { return flies(found, it, "BA") })
	if at < 0 || len(broken(policyOf(its[at]))) != 0 {
		t.Fatal("no flight on BA, or out of policy")
	}
	trip := c.trip("Preferred")
	pnr := c.book(found.str("searchId"), its[at].str("itineraryId"), trip)
	got := c.call(200, "GET", "/v3/trips/"+trip+"/pnrs/"+pnr, nil)
	if got.str("data/airPnr/legs/0/preferences/0/label")+got.str("airPnr/legs/0/preferences/0/label") != "First choice" {
		t.Errorf("the booking says %v", got.at("airPnr/legs/0/preferences"))
	}
}
