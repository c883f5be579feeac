// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
)

// fullUser is a profile with something at each level, to break one place of it at a time.
func fullUser(d *airsidetest.Server) doc {
	return doc{
		"persona": "EMPLOYEE", "externalId": "E-2001",
		"personalInfo": doc{
			"name": doc{"given": "Lena", "family1": "Okafor"}, "email": "lena.okafor@example.com", "gender": "FEMALE",
			"dob":          iso("1990-02-03"),
			"identityDocs": []doc{{"passport": doc{"docId": "P1234567", "expiryDate": iso("2031-01-01"), "issueCountry": "GB", "nationalityCountry": "GB"}}},
		},
		"businessInfo": doc{
			"organizationRef": id(d.Demo.CompanyID), "legalEntityRef": id(d.Demo.LegalEntityID), "email": "lena.okafor@example.com",
			"phoneNumbers": []doc{{"countryCode": 44, "nationalNumber": 2079460000}},
		},
	}
}

// with sets one place of a copy of the document, by a pointer.
func with(d doc, pointer string, value any) doc {
	raw, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	var root any
	if err := json.Unmarshal(raw, &root); err != nil {
		panic(err)
	}
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	node := root
	for i, p := range parts {
		last := i == len(parts)-1
		switch t := node.(type) {
		case map[string]any:
			if last {
				t[p] = value
			}
			node = t[p]
		case []any:
			var n int
			if _, err := fmt.Sscan(p, &n); err != nil {
				panic(err)
			}
			if last {
				t[n] = value
			}
			node = t[n]
		}
	}
	return root.(map[string]any)
}

// TestRefusalsNameThePlaceAndWriteNothing sends what integrations get wrong.
func TestRefusalsNameThePlaceAndWriteNothing(t *testing.T) {
	t.Parallel()
	c := start(t)
	user := fullUser(c.srv)
	const nobody = "0190a0b0-0000-7000-8000-00000000dead"
	demoUser := "/v2/users/" + c.srv.Demo.UserID
	before := c.call(200, "POST", "/v3/users/list", doc{"companyId": id(c.srv.Demo.CompanyID), "pagination": doc{"offset": 0, "limit": 100}})
	for _, tc := range []struct {
		name, method, path string
		body               any
		status             int
		code, pointer      string
	}{
		{"malformed JSON", "POST", "/v2/users", `{"persona":`, 400, "MALFORMED_JSON", ""},
		{"duplicate key", "POST", "/v2/users", `{"persona":"EMPLOYEE","persona":"GUEST"}`, 400, "MALFORMED_JSON", "/persona"},
		{"200 deep", "POST", "/v2/users", strings.Repeat(`{"personalInfo":`, 200) + "1" + strings.Repeat("}", 200), 400, "MALFORMED_JSON", ""},
		{"11 MB", "POST", "/v2/users", `{"externalId":"` + strings.Repeat("x", 11_000_000) + `"}`, 413, "REQUEST_TOO_LARGE", ""},
		{"wrong type, level 1", "POST", "/v2/users", with(user, "/persona", 7), 400, "API_VALIDATION_FAILED", "/persona"},
		{"wrong type, level 2", "POST", "/v2/users", with(user, "/personalInfo/name", "Lena"), 400, "API_VALIDATION_FAILED", "/personalInfo/name"},
		{"wrong type, level 3", "POST", "/v2/users", with(user, "/businessInfo/organizationRef/id", true), 400, "API_VALIDATION_FAILED", "/businessInfo/organizationRef/id"},
		{"wrong type, in a list", "POST", "/v2/users", with(user, "/businessInfo/phoneNumbers/0/countryCode", "44"), 400, "API_VALIDATION_FAILED", "/businessInfo/phoneNumbers/0/countryCode"},
		{"wrong type, in a union", "POST", "/v2/users", with(user, "/personalInfo/identityDocs/0/passport/docId", 5), 400, "API_VALIDATION_FAILED", "/personalInfo/identityDocs/0/passport/docId"},
		{"unknown enum", "POST", "/v2/users", with(user, "/persona", "KING"), 400, "API_VALIDATION_FAILED", "/persona"},
		{"bad date", "POST", "/v2/users", with(user, "/personalInfo/dob/iso8601", "1990-13-40"), 400, "API_VALIDATION_FAILED", "/personalInfo/dob/iso8601"},
		{"missing reference", "POST", "/v2/users", with(user, "/businessInfo/legalEntityRef/id", nobody), 400, "REFERENCE_NOT_FOUND", "/businessInfo/legalEntityRef/id"},
		{"e-mail taken", "POST", "/v2/users", with(with(user, "/businessInfo/email", "ADA.Moreau@example.com"), "/personalInfo/email", "x@example.com"), 400, "DUPLICATE_VALUE", "/businessInfo/email"},
		{"body on a GET", "GET", demoUser, `{}`, 400, "BODY_NOT_ALLOWED", ""},
		{"unknown path", "GET", "/v2/nothing", nil, 404, "ROUTE_NOT_FOUND", ""},
		{"wrong method", "PATCH", demoUser, doc{}, 405, "METHOD_NOT_ALLOWED", ""},
		{"nobody", "GET", "/v2/users/" + nobody, nil, 404, "RESOURCE_NOT_FOUND", ""},
		{"no UUID", "GET", "/v2/users/42", nil, 400, "API_VALIDATION_FAILED", "/userId"},
		{"query without company", "GET", "/v2/users?email=a@example.com", nil, 400, "INVALID_USER_IDS_QUERY_PARAMS", ""},
		{"not built", "GET", "/v2/event-templates/" + c.srv.Demo.CompanyID, nil, 501, "NOT_IMPLEMENTED", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &client{t, c.srv, c.token}
			got := c.refuse(tc.status, tc.code, tc.method, tc.path, tc.body)
			if tc.pointer != "" && !names(got, tc.pointer) {
				t.Errorf("%s is not named in %v", tc.pointer, got)
			}
		})
	}
	after := c.call(200, "POST", "/v3/users/list", doc{"companyId": id(c.srv.Demo.CompanyID), "pagination": doc{"offset": 0, "limit": 100}})
	if b, a := before.num("pagination/totalNumResults"), after.num("pagination/totalNumResults"); b != a || b == 0 {
		t.Errorf("%v users before the refusals, %v after", b, a)
	}
	c.call(201, "POST", "/v2/users", user) // what was broken above is otherwise good
}

// names reports whether an envelope names a pointer.
func names(o object, pointer string) bool {
	for _, m := range o.list("errorMessages") {
		for _, p := range m.list("errorParameters") {
			if p.str("name") == "pointer" && p.str("value") == pointer {
				return true
			}
		}
	}
	return false
}

func TestTokensAndTenants(t *testing.T) {
	t.Parallel()
	c := start(t)
	d := c.srv.Demo

	anonymous := &client{t, c.srv, ""}
	anonymous.refuse(401, "USER_NOT_AUTHENTICATED", "GET", "/v2/companies", nil)
	(&client{t, c.srv, "ast_nonsense"}).refuse(401, "ACCESS_TOKEN_INVALID", "GET", "/v2/companies", nil)

	// Wrong role: a company's API user may not make companies, nor reach another company.
	other := c.call(201, "POST", "/v2/companies", doc{"name": "Pelican Freight", "billingCurrency": "EUR", "companyRoles": []string{"ORG"}}).str("id")
	made := c.call(200, "POST", "/v2/api-users", doc{"role": "COMPANY_ADMIN", "orgId": other})
	limited := &client{t, c.srv, c.srv.TokenOf(t, made.str("clientId"), made.str("clientSecret"))}
	limited.refuse(403, "ACCESS_DENIED", "POST", "/v2/companies", doc{"name": "X", "billingCurrency": "EUR", "companyRoles": []string{"ORG"}})
	limited.refuse(403, "COMPANY_NOT_ACCESSIBLE", "GET", "/v2/companies/"+d.CompanyID, nil)
	limited.refuse(404, "RESOURCE_NOT_FOUND", "GET", "/v2/users/"+d.UserID, nil)
	limited.call(200, "GET", "/v2/companies/"+other, nil)

	// Another TMC's administrator sees nothing of this one's, whatever ids it knows.
	tmc := c.srv.TMC(t, "Meridian Travel")
	foreign := &client{t, c.srv, c.srv.TokenOf(t, tmc.ClientID, tmc.ClientSecret)}
	trip := c.trip("Not yours")
	for _, path := range []string{"/v2/companies/" + d.CompanyID, "/v2/users/" + d.UserID, "/v3/trips/" + trip + "/detail", "/v2/companies/" + d.CompanyID + "/legal-entities/" + d.LegalEntityID} {
		foreign.refuse(404, "RESOURCE_NOT_FOUND", "GET", path, nil)
	}
	foreign.refuse(404, "RESOURCE_NOT_FOUND", "PUT", "/v2/trips/"+trip, doc{"tripId": trip, "tripName": "Mine now"})
	foreign.refuse(404, "RESOURCE_NOT_FOUND", "POST", "/v2/api-users/rotate", doc{"clientId": d.ClientID})
	if name := c.detail(trip).str("basicTripInfo/tripName"); name != "Not yours" {
		t.Errorf("the trip is now called %q", name)
	}

	// Rotation kills the secret and its tokens at once; the other client's live on.
	rotated := c.call(200, "POST", "/v2/api-users/rotate", doc{"clientId": made.str("clientId")})
	limited.refuse(401, "ACCESS_TOKEN_INVALID", "GET", "/v2/companies/"+other, nil)
	status, raw := c.srv.Call(t, "", "POST", "/get-auth-token", doc{"clientId": made.str("clientId"), "clientSecret": made.str("clientSecret")})
	if status != 403 || !strings.Contains(string(raw), "CLIENT_CREDENTIALS_INVALID") {
		t.Errorf("the old secret answered %d %s", status, raw)
	}
	limited.token = c.srv.TokenOf(t, rotated.str("clientId"), rotated.str("clientSecret"))
	limited.call(200, "GET", "/v2/companies/"+other, nil)

	// Expiry is on the tenant's clock.
	c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT59M"})
	c.call(200, "GET", "/v2/companies", nil)
	c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT2M"})
	c.refuse(401, "ACCESS_TOKEN_INVALID", "GET", "/v2/companies", nil)
	c.token = c.srv.Token(t)

	// Revocation is for good and frees the place: five are allowed, the sixth is refused.
	c.call(204, "POST", "/v2/api-users/revoke", doc{"clientId": made.str("clientId")})
	for range 4 {
		c.call(200, "POST", "/v2/api-users", doc{})
	}
	c.refuse(409, "API_USER_LIMIT_REACHED", "POST", "/v2/api-users", doc{})
	c.refuse(404, "RESOURCE_NOT_FOUND", "POST", "/v2/api-users/rotate", doc{"clientId": made.str("clientId")})
}

func TestExpiredSearchAndSoldOutSeat(t *testing.T) {
	t.Parallel()
	c := start(t)
	found := c.search(leg("LHR", "JFK", c.day(60)))
	search, itinerary := found.str("searchId"), found.str("itineraryDetails/itineraries/0/itineraryId")
	selected := doc{"searchId": search, "itineraryId": itinerary}
	c.call(200, "POST", "/v2/air/selected-itinerary", selected)

	altered := maps.Clone(selected)
	altered["itineraryId"] = itinerary[:len(itinerary)-2] + "AA"
	c.refuse(404, "SEARCH_EXPIRED", "POST", "/v2/air/selected-itinerary", altered)
	c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT31M"})
	c.refuse(404, "SEARCH_EXPIRED", "POST", "/v2/air/flight-checkout", selected)

	// ZZ 100 has one seat: whoever books second is refused and nothing is written.
	searchID, itineraryID := c.zz("100")
	first, second := c.trip("First"), c.trip("Second")
	bookings := []string{
		c.revalidate(searchID, itineraryID, first).str("bookingId"),
		c.revalidate(searchID, itineraryID, second).str("bookingId"),
	}
	c.call(200, "POST", "/v2/air/create-pnr", doc{"bookingId": bookings[0]})
	c.refuse(409, "SOLD_OUT", "POST", "/v2/air/create-pnr", doc{"bookingId": bookings[1]})
	c.refuse(404, "BOOKING_EXPIRED", "POST", "/v2/air/create-pnr", doc{"bookingId": bookings[0]})
	if n := len(c.detail(second).list("pnrs")); n != 0 {
		t.Errorf("the refused booking left %d PNRs", n)
	}
}

// zz searches for one flight of the simulation's own carrier, whose numbers carry scenarios.
func (c *client) zz(number string) (searchID, itineraryID string) {
	c.t.Helper()
	body := c.searchBody(leg("LHR", "JFK", c.day(60)))
	body["filters"] = []doc{{"flightNumber": doc{"flightNumber": doc{"airlineCode": "ZZ", "num": number}}}}
	found := c.call(200, "POST", "/v2/air/search-flights", body)
	if itineraryID = found.str("itineraryDetails/itineraries/0/itineraryId"); itineraryID == "" {
		c.t.Fatalf("no flight ZZ %s", number)
	}
	return found.str("searchId"), itineraryID
}

func TestStaleVersion(t *testing.T) {
	t.Parallel()
	c := start(t)
	found := c.search(leg("LHR", "JFK", c.day(60)))
	trip := c.trip("Versions")
	pnrID := c.book(found.str("searchId"), found.str("itineraryDetails/itineraries/0/itineraryId"), trip)
	path := "/v3/trips/" + trip + "/pnrs/" + pnrID
	pnr := c.call(200, "GET", path, nil)
	c.call(204, "PUT", path, pnr)
	c.refuse(409, "VERSION_CONFLICT", "PUT", path, pnr)
	again := c.call(200, "GET", path, nil)
	if v := again.num("version"); v != pnr.num("version")+1 {
		t.Errorf("version %v after one update of %v", v, pnr.num("version"))
	}
}

func TestAllowAndMediaType(t *testing.T) {
	t.Parallel()
	c := start(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, c.srv.URL+"/v2/companies", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	allow := strings.Split(res.Header.Get("Allow"), ", ")
	if slices.Sort(allow); res.StatusCode != 405 || !slices.Equal(allow, []string{"GET", "POST"}) {
		t.Errorf("%d, Allow %v", res.StatusCode, allow)
	}
	req, err = http.NewRequestWithContext(t.Context(), http.MethodPost, c.srv.URL+"/v2/companies", strings.NewReader("name=x"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/plain")
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err = http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 415 {
		t.Errorf("text/plain answered %d", res.StatusCode)
	}
}
