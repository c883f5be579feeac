// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// grade gives the demo's first traveler a grade and answers its id.
func (c *client) grade(name string) string {
	c.t.Helper()
	grade := c.call(200, "POST", "/v2/companies/"+c.srv.Demo.CompanyID+"/grades", doc{"name": name}).str("id")
	path := "/v2/users/" + c.srv.Demo.UserID + "/business-info"
	info := c.call(200, "GET", path, nil)
	info["gradeRef"] = id(grade)
	c.call(204, "PUT", path, doc(info))
	return grade
}

// names of policies in force for the demo's first traveler.
func (c *client) policies() (names []string) {
	c.t.Helper()
	for _, p := range c.call(200, "GET", "/v2/users/"+c.srv.Demo.UserID+"/applicable-policies", nil).list("policies") {
		names = append(names, p.str("name"))
	}
	return names
}

// A company's policies from the one it is born with to one of its own: created, read, replaced, listed, in force for
// those it picks, deleted.
func TestPolicies(t *testing.T) {
	t.Parallel()
	c := start(t)
	base := "/v2/companies/" + c.srv.Demo.CompanyID + "/policies"
	if d := cmp.Diff([]string{"Default policy"}, c.policies()); d != "" {
		t.Fatal(d)
	}
	grade := c.grade("Senior")
	body := doc{
		"name": "Seniors", "type": "GROUP", "currency": doc{"currencyCode": "EUR"},
		"userGroups":    []doc{{"grades": []string{grade}, "legalEntityIds": []doc{id(c.srv.Demo.LegalEntityID)}}},
		"isRestrictive": true,
		"airPolicyRules": doc{
			"flightAdvanceBookingWindow": doc{"flightAdvanceBookingWindowProps": doc{"numDaysInAdvance": 14}},
			"restrictedAirlines":         doc{"isLinked": true},
		},
		"rules": []doc{{"ruleType": "BASIC_ECONOMY_FARES_DOMESTIC", "action": doc{"preventBooking": doc{"prevent": true, "reason": "No basic economy"}}}},
	}
	created := c.call(201, "POST", base, body).str("id")
	path := base + "/" + created
	if d := cmp.Diff([]string{"Seniors", "Default policy"}, c.policies()); d != "" {
		t.Error(d)
	}
	got := c.call(200, "GET", path, nil)
	if got.num("version") != 1 || got.str("category") != "EMPLOYEE" || got.num("airPolicyRules/flightAdvanceBookingWindow/flightAdvanceBookingWindowProps/numDaysInAdvance") != 14 {
		t.Errorf("created as %v", got)
	}
	// The whole object is replaced: a member that is left out is gone.
	delete(got, "isRestrictive")
	delete(got, "rules")
	c.call(204, "PUT", path, doc(got))
	c.refuse(409, "VERSION_CONFLICT", "PUT", path, doc(got)) // it carries version 1
	after := c.call(200, "GET", path, nil)
	if after.num("version") != 2 || after["rules"] != nil || after["isRestrictive"] != nil {
		t.Errorf("after the update: %v", after)
	}
	for _, m := range []object{got, after} {
		delete(m, "version")
		delete(m, "updatedAt")
	}
	if d := cmp.Diff(got, after); d != "" {
		t.Errorf("what was sent is not what is read: %s", d)
	}
	c.refuse(400, "STILL_REFERENCED", "DELETE", "/v2/companies/"+c.srv.Demo.CompanyID+"/grades/"+grade, nil)
	guests := c.call(201, "POST", base, doc{"name": "Guests", "type": "DEFAULT", "category": "GUEST", "currency": doc{"isLinked": true}, "userGroups": []doc{}}).str("id")
	for query, want := range map[string]float64{"": 2, "?categories=GUEST": 1, "?categories=GUEST&categories=EMPLOYEE": 3} {
		if list := c.call(200, "GET", base+query, nil); list.num("totalNumResults") != want || list.num("length") != want {
			t.Errorf("list%s: %v", query, list)
		}
	}
	c.refuse(400, "STATE_DOES_NOT_ALLOW", "DELETE", base+"/"+guests, nil)
	c.call(204, "DELETE", path, nil)
	c.refuse(404, "RESOURCE_NOT_FOUND", "GET", path, nil)
	if d := cmp.Diff([]string{"Default policy"}, c.policies()); d != "" {
		t.Errorf("after the deletion: %s", d)
	}
}

// The switch of the company protects its defaults, and a new company has its own.
func TestDefaultPolicies(t *testing.T) {
	t.Parallel()
	c := start(t)
	company := c.call(201, "POST", "/v2/companies", doc{"name": "Tidal Works", "billingCurrency": "GBP", "companyRoles": []string{"ORG"}}).str("id")
	base := "/v2/companies/" + company + "/policies"
	path := base + "/" + c.call(200, "GET", base, nil).str("elements/0/id")
	policy := c.call(200, "GET", path, nil)
	if policy.str("type") != "DEFAULT" || policy.str("currency/currencyCode") != "GBP" {
		t.Fatalf("born with %v", policy)
	}
	lock := func(value string) {
		c.call(200, "PATCH", "/v2/companies/"+company+"/features", doc{"featuresToUpdate": []doc{{"name": "EDITING_DEFAULT_POLICIES_DISABLED", "value": value}}})
	}
	lock("true")
	c.refuse(403, "ACCESS_DENIED", "PUT", path, doc(policy))
	lock("false")
	policy["name"] = "House rules"
	c.call(204, "PUT", path, doc(policy))
	if got := c.call(200, "GET", base, nil).str("elements/0/name"); got != "House rules" {
		t.Errorf("it is called %s", got)
	}
}

// A custom field whose options are the company's departments.
func TestQuestions(t *testing.T) {
	t.Parallel()
	c := start(t)
	company := "/v2/companies/" + c.srv.Demo.CompanyID
	for _, name := range []string{"Research", "Sales"} {
		c.call(201, "POST", company+"/departments", doc{"name": name})
	}
	created := c.call(200, "POST", company+"/questions", doc{
		"name": "Who pays?", "questionFormat": "RADIO_BUTTON", "isRequired": true, "isDisabled": false,
		"customFieldLocations": []string{"TRIP_EMAIL"},
		"optionInfo":           doc{"source": "COMPANY_CONFIG", "sourceMetadata": doc{"companyConfig": doc{"optionsParam": "DEPARTMENT"}}},
	}).str("id")
	path := company + "/questions/" + created
	got := c.call(200, "GET", path, nil)
	if got.num("optionInfo/totalNumOptions") != 2 || got.str("optionInfo/options/1/displayValue") != "Sales" {
		t.Fatalf("options: %v", got["optionInfo"])
	}
	delete(got, "customFieldLocations")
	c.call(200, "PUT", path, doc(got))
	if d := cmp.Diff(got, c.call(200, "GET", path, nil)); d != "" {
		t.Errorf("what was sent is not what is read: %s", d)
	}
	if list := c.call(200, "GET", company+"/questions", nil); list.num("length") != 1 || list.str("elements/0/id") != created {
		t.Errorf("list: %v", list)
	}
	c.refuse(400, "REFERENCE_NOT_FOUND", "POST", company+"/questions", doc{
		"name": "Where?", "questionFormat": "INPUT_BOX", "isRequired": false, "isDisabled": true,
		"matchConditions": doc{"travelerConditions": doc{"offices": []doc{id(c.srv.Demo.UserID)}}},
	})
	c.call(200, "DELETE", path, nil)
	c.refuse(404, "RESOURCE_NOT_FOUND", "GET", path, nil)
	if list := c.call(200, "GET", company+"/questions", nil); list.num("totalNumResults") != 0 {
		t.Errorf("after the deletion: %v", list)
	}
}

func TestServiceCharges(t *testing.T) {
	t.Parallel()
	c := start(t)
	path := "/v2/license/company/" + c.srv.Demo.CompanyID + "/service-charge/per-trip"
	if got := c.call(200, "GET", path, nil); got["enabled"] != false {
		t.Errorf("never set: %v", got)
	}
	c.call(204, "POST", path, doc{"config": doc{
		"charges": []doc{{"amount": 9.5, "currencyCode": "EUR"}}, "defaultCurrencyCode": "EUR",
		"tierCharges": []doc{{"tier": "SEAT1A", "charges": []doc{{"amount": 0, "currencyCode": "EUR"}}}},
	}})
	if got := c.call(200, "GET", path, nil); got["enabled"] != true || got.num("config/charges/0/amount") != 9.5 {
		t.Errorf("set: %v", got)
	}
	c.call(204, "POST", path, doc{"config": doc{"charges": []doc{{"amount": 7, "currencyCode": "EUR"}}}})
	if got := c.call(200, "GET", path, nil); got.at("config/tierCharges") != nil || got.at("config/defaultCurrencyCode") != nil {
		t.Errorf("what was left out is still there: %v", got)
	}
	trip := c.trip("Quarterly review")
	for _, entity := range []string{"TRIP/" + trip, "USER/" + c.srv.Demo.UserID} {
		if got := c.call(200, "POST", "/v2/service-charge/"+entity+"/types/TMC_CHARGE/list", doc{}); len(got.list("serviceCharges")) != 0 {
			t.Errorf("%s: %v", entity, got)
		}
	}
	c.refuse(404, "RESOURCE_NOT_FOUND", "POST", "/v2/service-charge/TRIP/1111111111/types/TMC_CHARGE/list", doc{})
}

// upload posts a file of vendors and answers status and body.
func (c *client) upload(kind, file string) (int, string) {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "vendors.csv")
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err != nil || form.WriteField("vendorType", kind) != nil || form.Close() != nil {
		c.t.Fatal("the form cannot be written")
	}
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.srv.URL+"/v2/companies/"+c.srv.Demo.CompanyID+"/vendor-preferences", &body)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", form.FormDataContentType())
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(res.Body); err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, answer.String()
}

func TestVendorUpload(t *testing.T) {
	t.Parallel()
	c := start(t)
	if status, answer := c.upload("AIRLINE", "code,preference\nAF,PREFERRED\nLH,BLOCKED\n"); status != 200 {
		t.Errorf("%d %s", status, answer)
	}
	if status, answer := c.upload("AIRLINE", "code,preference\nAF,LIKED\n"); status != 400 || !bytes.Contains([]byte(answer), []byte("line 2, column 2 (preference)")) {
		t.Errorf("%d %s", status, answer)
	}
	if status, answer := c.upload("SHIP", "code\nQM2\n"); status != 400 {
		t.Errorf("%d %s", status, answer)
	}
}
