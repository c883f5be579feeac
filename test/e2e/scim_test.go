// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const (
	scimCore       = "urn:ietf:params:scim:schemas:core:2.0:User"
	scimEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	scimPatch      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// provisioner is a directory such as Entra ID or Okta with a SCIM token.
type provisioner struct {
	*client
	token    string
	clientID string
}

func provision(c *client) *provisioner {
	c.t.Helper()
	made := c.call(200, "POST", "/v2/api-users", doc{"orgId": c.srv.Demo.CompanyID, "role": "COMPANY_ADMIN", "credentialType": "SCIM_TOKEN"})
	return &provisioner{c, made.str("scimToken"), made.str("clientId")}
}

// scim sends JSON text as a directory does and expects a status.
func (p *provisioner) scim(want int, method, path, body string) object {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.srv.URL+"/v2/scim"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if res.StatusCode != want {
		p.t.Fatalf("%s %s answered %d, want %d: %s", method, path, res.StatusCode, want, raw)
	}
	if len(raw) == 0 {
		return nil
	}
	if media := res.Header.Get("Content-Type"); want < 400 && media != "application/scim+json" {
		p.t.Errorf("%s %s answered %s", method, path, media)
	}
	var o object
	if err := json.Unmarshal(raw, &o); err != nil {
		p.t.Fatal(err)
	}
	if want == 201 && res.Header.Get("Location") != o.str("meta/location") {
		p.t.Errorf("Location %q, meta says %q", res.Header.Get("Location"), o.str("meta/location"))
	}
	return o
}

func (p *provisioner) find(filter string) object {
	p.t.Helper()
	return p.scim(200, "GET", "/Users?startIndex=1&count=100&filter="+url.QueryEscape(filter), "")
}

func (p *provisioner) patch(id, operations string) object {
	p.t.Helper()
	return p.scim(200, "PATCH", "/Users/"+id, `{"schemas":["`+scimPatch+`"],"Operations":[`+operations+`]}`)
}

// travelerEvents are the operations told about one user so far.
func travelerEvents(c *client, events <-chan received, user string) []string {
	c.t.Helper()
	c.settle()
	var ops []string
	for len(events) > 0 {
		if e := <-events; e.event.str("payload/id") == user {
			ops = append(ops, e.event.str("operation"))
		}
	}
	return ops
}

// The sequence of Microsoft's SCIM tutorial: probe for a user that cannot exist, look for the one to be
// provisioned, create, update in Entra's dialect, deactivate, find and reactivate, delete.
func TestEntraProvisions(t *testing.T) {
	t.Parallel()
	c := start(t)
	hook, events := receiver(t)
	c.subscribe(hook, "TRAVELER_V2")
	c.call(201, "POST", "/v2/companies/"+c.srv.Demo.CompanyID+"/departments", doc{"name": "Engineering", "externalId": "ENG"})
	p := provision(c)

	if got := p.find(`userName eq "0f4f16d5-8a1c-4f0e-b9e4-4f3d2f1d1c11"`); got.num("totalResults") != 0 {
		t.Errorf("the connection test found %v", got)
	}
	if got := p.find(`userName eq "nils.aker@example.com"`); got.num("totalResults") != 0 {
		t.Errorf("found before it was created: %v", got)
	}
	created := p.scim(201, "POST", "/Users", `{"schemas":["`+scimCore+`","`+scimEnterprise+`"],
		"externalId":"nils.aker","userName":"nils.aker@example.com","active":true,"displayName":"Nils Aker",
		"emails":[{"primary":true,"type":"work","value":"nils.aker@example.com"}],
		"meta":{"resourceType":"User"},
		"name":{"formatted":"Nils Aker","familyName":"Aker","givenName":"Nils"},"roles":[],
		"`+scimEnterprise+`":{"employeeNumber":"E-7001","department":"Engineering","manager":{"value":"`+c.srv.Demo.UserID+`"}}}`)
	user := created.str("id")
	if got := travelerEvents(c, events, user); !slices.Equal(got, []string{"CREATE"}) {
		t.Errorf("events of the creation: %v", got)
	}
	profile := c.call(200, "GET", "/v2/users/"+user, nil)
	for path, want := range map[string]string{
		"persona": "EMPLOYEE", "externalId": "nils.aker", "businessInfo/email": "nils.aker@example.com", "businessInfo/employeeId": "E-7001",
		"businessInfo/managerRef/id": c.srv.Demo.UserID, "businessInfo/legalEntityRef/id": c.srv.Demo.LegalEntityID,
		"personalInfo/name/given": "Nils", "personalInfo/name/family1": "Aker", "personalInfo/name/preferred": "Nils Aker",
	} {
		if got := profile.str(path); got != want {
			t.Errorf("profile %s is %q, want %q", path, got, want)
		}
	}
	if profile.str("businessInfo/departmentRef/id") == "" {
		t.Error("the department is not in the profile")
	}
	if got := p.scim(200, "GET", "/Users/"+user, ""); got.str(scimEnterprise+"/department") != "Engineering" || got.at("active") != true {
		t.Errorf("read back: %v", got)
	}

	changed := p.patch(user, `
		{"op":"Replace","path":"emails[type eq \"work\"].value","value":"nils.aker@mail.example.com"},
		{"op":"Replace","path":"name.familyName","value":"Aker-Lund"},
		{"op":"Add","path":"title","value":"Engineer"},
		{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+47 22 55 01 34"},
		{"op":"Replace","path":"`+scimEnterprise+`:employeeNumber","value":"E-7002"},
		{"op":"Add","path":"`+scimEnterprise+`:manager","value":"`+c.srv.Demo.UserID+`"}`)
	for path, want := range map[string]string{
		"emails/0/value": "nils.aker@mail.example.com", "name/familyName": "Aker-Lund", "title": "Engineer", "userName": "nils.aker@example.com",
		"phoneNumbers/0/type": "mobile", "phoneNumbers/0/value": "+47 22 55 01 34", scimEnterprise + "/employeeNumber": "E-7002",
	} {
		if got := changed.str(path); got != want {
			t.Errorf("after the patch %s is %q, want %q", path, got, want)
		}
	}
	profile = c.call(200, "GET", "/v2/users/"+user, nil)
	if profile.str("personalInfo/name/family1") != "Aker-Lund" || profile.str("businessInfo/designation") != "Engineer" ||
		profile.str("businessInfo/phoneNumbers/0/rawInput") != "+47 22 55 01 34" {
		t.Errorf("the profile did not follow: %v", profile)
	}
	// Entra also replaces without a path, with keys that are paths.
	if got := p.patch(user, `{"op":"replace","value":{"displayName":"Nils","name.givenName":"Nils Olav","`+scimEnterprise+`:department":"ENG"}}`); got.str("name/givenName") != "Nils Olav" ||
		got.str("displayName") != "Nils" || got.str(scimEnterprise+"/department") != "ENG" {
		t.Errorf("a change without a path: %v", got)
	}
	travelerEvents(c, events, user)

	if got := p.patch(user, `{"op":"Replace","path":"active","value":"False"}`); got.at("active") != false || got.str("id") != user {
		t.Errorf("deactivated: %v", got)
	}
	if got := travelerEvents(c, events, user); !slices.Equal(got, []string{"DELETE"}) {
		t.Errorf("events of the deactivation: %v", got)
	}
	c.refuse(404, "RESOURCE_NOT_FOUND", "GET", "/v2/users/"+user, nil)
	if got := p.find(`externalId eq "nils.aker"`); got.str("Resources/0/id") != user || got.at("Resources/0/active") != false {
		t.Errorf("an inactive user is found: %v", got)
	}
	if got := p.scim(409, "POST", "/Users", `{"schemas":["`+scimCore+`"],"userName":"NILS.aker@example.com","name":{"givenName":"N","familyName":"A"}}`); got.str("scimType") != "uniqueness" {
		t.Errorf("a taken userName: %v", got)
	}
	if got := p.patch(user, `{"op":"Replace","path":"active","value":"True"}`); got.at("active") != true || got.str("id") != user {
		t.Errorf("reactivated: %v", got)
	}
	if got := travelerEvents(c, events, user); !slices.Equal(got, []string{"UPDATE"}) {
		t.Errorf("events of the reactivation: %v", got)
	}
	p.scim(204, "DELETE", "/Users/"+user, "")
	p.scim(404, "GET", "/Users/"+user, "")
	if got := p.find(`userName eq "nils.aker@example.com"`); got.num("totalResults") != 0 {
		t.Errorf("found after the deletion: %v", got)
	}
}

// The sequence of Okta's SCIM 2.0 specification tests and of its life cycle: list, filter, create, read,
// complete update by PUT, deactivate by a PATCH without a path, reactivate.
func TestOktaProvisions(t *testing.T) {
	t.Parallel()
	c := start(t)
	p := provision(c)

	page := p.scim(200, "GET", "/Users?startIndex=1&count=2", "")
	if page.num("itemsPerPage") != 2 || page.num("totalResults") != 3 || len(page.list("Resources")) != 2 {
		t.Errorf("first page: %v", page)
	}
	if got := p.scim(200, "GET", "/Users?count=1&attributes=userName", "").list("Resources")[0]; got.str("userName") == "" || got.at("name") != nil || got.str("id") == "" {
		t.Errorf("only userName was asked for: %v", got)
	}
	if got := p.find(`userName eq "alma.berg@example.com"`); got.num("totalResults") != 0 {
		t.Errorf("found before it was created: %v", got)
	}
	create := `{"schemas":["` + scimCore + `"],"userName":"alma.berg@example.com","name":{"givenName":"Alma","familyName":"Berg"},
		"emails":[{"primary":true,"value":"alma.berg@example.com","type":"work"},{"value":"alma@example.com","type":"home"}],
		"displayName":"Alma Berg","locale":"en-US","externalId":"00ujl29u0le5T6Aj10h7","groups":[],"password":"1mz050nq","active":true}`
	created := p.scim(201, "POST", "/Users", create)
	user := created.str("id")
	if created.at("password") != nil {
		t.Error("a password came back")
	}
	if got := p.scim(409, "POST", "/Users", create); got.str("status") != "409" || got.str("schemas/0") != "urn:ietf:params:scim:api:messages:2.0:Error" {
		t.Errorf("created twice: %v", got)
	}
	if got := p.scim(200, "GET", "/Users/"+user, ""); got.str("emails/1/value") != "alma@example.com" || got.str("locale") != "en-US" {
		t.Errorf("read back: %v", got)
	}
	replaced := p.scim(200, "PUT", "/Users/"+user, `{"schemas":["`+scimCore+`"],"id":"`+user+`","userName":"alma.berg@example.com",
		"name":{"givenName":"Alma","middleName":"Ruth","familyName":"Berg"},"emails":[{"primary":true,"value":"alma.berg@example.com","type":"work"}],
		"phoneNumbers":[{"value":"555-0114","type":"work"}],"active":true,"groups":[],"externalId":"00ujl29u0le5T6Aj10h7",
		"meta":{"resourceType":"User"}}`)
	if replaced.str("name/middleName") != "Ruth" || replaced.at("locale") != nil || len(replaced.list("emails")) != 1 {
		t.Errorf("replaced: %v", replaced)
	}
	if got := c.call(200, "GET", "/v2/users/"+user, nil); got.at("personalInfo/email") != nil || got.str("personalInfo/name/middle") != "Ruth" {
		t.Errorf("the profile did not follow: %v", got)
	}
	for active, status := range map[bool]int{false: 404, true: 200} {
		if got := p.patch(user, fmt.Sprintf(`{"op":"replace","value":{"active":%t}}`, active)); active && got.at("active") != true {
			t.Errorf("active %t: %v", active, got)
		}
		if status == 404 {
			c.call(404, "GET", "/v2/users/"+user, nil)
			continue
		}
		c.call(200, "GET", "/v2/users/"+user, nil)
	}
	p.scim(404, "GET", "/Users/0199a0c4-5d1e-7c33-9a41-2f6c1e0b7d99", "")
	p.scim(200, "GET", "/ServiceProviderConfig", "")
	p.scim(200, "GET", "/ResourceTypes", "")
	p.scim(200, "GET", "/Schemas", "")
}

func TestScimRefusals(t *testing.T) {
	t.Parallel()
	c := start(t)
	p := provision(c)
	ada := "/Users/" + c.srv.Demo.UserID
	before := p.scim(200, "GET", ada, "")
	for _, tc := range []struct{ name, method, path, body, kind, names string }{
		{"filter", "GET", "/Users?filter=" + url.QueryEscape(`userName eq`), "", "invalidFilter", "filter"},
		{"filter of nothing", "GET", "/Users?filter=" + url.QueryEscape(`shoeSize eq "44"`), "", "invalidFilter", "shoeSize"},
		{"filter too deep", "GET", "/Users?filter=" + url.QueryEscape(strings.Repeat("(", 50)+`id pr`+strings.Repeat(")", 50)), "", "invalidFilter", "deep"},
		{"no address", "POST", "/Users", `{"schemas":["` + scimCore + `"],"userName":"nils"}`, "invalidValue", "userName"},
		{"half a name", "POST", "/Users", `{"schemas":["` + scimCore + `"],"userName":"n@example.com","name":{"familyName":"Aker"}}`, "invalidValue", "givenName"},
		{"unknown department", "POST", "/Users", `{"schemas":["` + scimCore + `"],"userName":"n@example.com","` + scimEnterprise + `":{"department":"Nowhere"}}`, "invalidValue", "Nowhere"},
		{"path", "PATCH", ada, `{"op":"replace","path":"shoeSize","value":"44"}`, "invalidPath", "shoeSize"},
		{"read only", "PATCH", ada, `{"op":"replace","path":"id","value":"44"}`, "mutability", "id"},
		{"type", "PATCH", ada, `{"op":"replace","path":"active","value":"perhaps"}`, "invalidValue", "active"},
		{"no path to remove", "PATCH", ada, `{"op":"remove"}`, "noTarget", "path"},
		{"own manager", "PATCH", ada, `{"op":"add","path":"` + scimEnterprise + `:manager","value":"` + c.srv.Demo.UserID + `"}`, "invalidValue", "manager"},
		{"the second of two", "PATCH", ada, `{"op":"replace","path":"title","value":"Pilot"},{"op":"replace","path":"nope","value":"x"}`, "invalidPath", "Operations/1"},
	} {
		body := tc.body
		if tc.method == "PATCH" {
			body = `{"schemas":["` + scimPatch + `"],"Operations":[` + body + `]}`
		}
		got := p.scim(400, tc.method, tc.path, body)
		if got.str("scimType") != tc.kind || !strings.Contains(got.str("detail"), tc.names) {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
	if after := p.scim(200, "GET", ada, ""); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("a refused change was written:\n%v\n%v", before, after)
	}
}

func TestScimTokenReachesScimOnlyAndDiesAtOnce(t *testing.T) {
	t.Parallel()
	c := start(t)
	p := provision(c)
	if status, raw := c.srv.Call(t, p.token, "GET", "/v2/users/"+c.srv.Demo.UserID, nil); status != 403 {
		t.Errorf("another operation answered %d %s", status, raw)
	}
	rotated := c.call(200, "POST", "/v2/api-users/rotate", doc{"clientId": p.clientID}).str("clientSecret")
	if got := p.scim(401, "GET", "/Users", ""); got.str("status") != "401" || got.str("detail") == "" {
		t.Errorf("the old token after a rotation: %v", got)
	}
	p.token = rotated
	p.scim(200, "GET", "/Users", "")
	c.call(204, "POST", "/v2/api-users/revoke", doc{"clientId": p.clientID})
	p.scim(401, "GET", "/Users", "")
}

// Whatever goes wrong, a client of SCIM reads one shape of error (RFC 7644, section 3.12).
func TestScimErrorsHaveOneShape(t *testing.T) {
	t.Parallel()
	c := start(t)
	p := provision(c)
	for name, tc := range map[string]struct {
		token, method, path, media, body string
		status                           int
	}{
		"no token":             {"", "GET", "/Users", "", "", 401},
		"a dead token":         {"ast_x", "GET", "/Users", "", "", 401},
		"another role's token": {c.token, "GET", "/Users", "", "", 403},
		"another content type": {p.token, "POST", "/Users", "text/plain", "{}", 415},
		"not JSON":             {p.token, "POST", "/Users", "application/scim+json", "{", 400},
		"nobody":               {p.token, "GET", "/Users/0190a0b0-0000-7000-8000-00000000dead", "", "", 404},
		"no such resource":     {p.token, "GET", "/Groups", "", "", 404},
		"another method":       {p.token, "PATCH", "/Users", "application/scim+json", "{}", 405},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), tc.method, c.srv.URL+"/v2/scim"+tc.path, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			if tc.token != "" {
				req.Header.Set("Authorization", "Bearer "+tc.token)
			}
			if tc.media != "" {
				req.Header.Set("Content-Type", tc.media)
			}
			res, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			var o object
			if err := json.NewDecoder(res.Body).Decode(&o); err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != tc.status || res.Header.Get("Content-Type") != "application/scim+json" || o.str("status") != fmt.Sprint(tc.status) ||
				o.str("schemas/0") != "urn:ietf:params:scim:api:messages:2.0:Error" || o.str("detail") == "" {
				t.Errorf("%d %s %v", res.StatusCode, res.Header.Get("Content-Type"), o)
			}
		})
	}
}
