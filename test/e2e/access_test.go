// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"
	"time"
)

// crew is a company whose people call with tokens that were exchanged for their partner's.
type crew struct {
	*client
	p       *partner
	company string
	people  map[string]string // e-mail to user id
}

func newCrew(t *testing.T) *crew {
	t.Helper()
	c := &crew{client: start(t), p: newPartner(t, "crew-1"), people: map[string]string{}}
	c.company = c.srv.Demo.CompanyID
	c.call(201, "POST", "/v2/companies/"+c.company+"/partner-public-keys", doc{"keyType": "JWKS", "jwks": doc{"keys": []doc{c.p.jwk()}}})
	for _, u := range c.call(200, "GET", "/v2/users?companyId="+c.company, nil).list("elements") {
		c.people[u.str("email")] = u.str("id")
	}
	return c
}

// as is a client with the token of a person.
func (c *crew) as(email string) *client {
	c.t.Helper()
	status, token, code := c.exchange(c.p.sign(c.t.(*testing.T), doc{"alg": "RS256", "kid": "crew-1"}, doc{"email": email, "exp": c.now().Add(time.Hour).Unix()}))
	if status != 200 {
		c.t.Fatalf("token for %s: %d %s", email, status, code)
	}
	return &client{c.t, c.srv, token}
}

func (c *crew) groups() string { return "/v3/companies/" + c.company + "/user-groups" }

// group finds a group by name; the first step of most workflows.
func (c *crew) group(name string) (id string, unmodifiable bool) {
	c.t.Helper()
	for _, g := range c.call(200, "POST", c.groups()+"/list", doc{"searchText": name, "pagination": doc{}}).list("userGroups") {
		if g.str("name") == name {
			return g.str("id"), g.at("isUnmodifiable") == true
		}
	}
	c.t.Fatalf("no group %q", name)
	return "", false
}

func (c *crew) role(name string) string {
	c.t.Helper()
	for _, r := range c.call(200, "POST", "/v3/companies/"+c.company+"/roles", doc{"searchText": name}).list("roles") {
		if r.str("name") == name {
			return r.str("id")
		}
	}
	c.t.Fatalf("no role %q", name)
	return ""
}

func scopeOf(kind, id string) doc {
	return doc{"audiences": []doc{{"predicates": []doc{{"type": kind, "comparator": "IN", "values": []string{id}}}}}}
}

const (
	adaMail   = "ada.moreau@example.com"
	tomasMail = "tomas.lindqvist@example.com"
)

// TestAddUserToGroup is the workflow of that name: list, get, members, add. The token that the user
// holds already gets the right with the next request, and loses it as fast.
func TestAddUserToGroup(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	ada := c.as(adaMail)
	id, fixed := c.group("User Admins")
	if !fixed {
		t.Error("a standard group is unmodifiable")
	}
	if got := c.call(200, "GET", c.groups()+"/"+id, nil); got.str("companyId") != c.company {
		t.Errorf("%v", got)
	}
	members := c.groups() + "/" + id + "/members"
	list := doc{"companyId": doc{"id": c.company}, "pagination": doc{}}
	ada.refuse(403, "ACCESS_DENIED", "POST", "/v3/users/list", list)
	for range 2 {
		c.call(204, "POST", members+"/add", doc{"userIds": []string{c.people[adaMail]}})
		if got := c.call(200, "POST", members, doc{}); got.num("pagination/totalNumResults") != 1 || got.str("members/0/userId") != c.people[adaMail] {
			t.Errorf("members: %v", got)
		}
		ada.call(200, "POST", "/v3/users/list", list)
		ada.call(200, "PUT", "/v2/users/"+c.people[tomasMail]+"/external-id", doc{"externalId": "T-1"})
		c.call(204, "POST", members+"/remove", doc{"userIds": []string{c.people[adaMail]}})
		ada.refuse(403, "ACCESS_DENIED", "POST", "/v3/users/list", list)
	}
	// The same for the older roles, and for being there at all.
	c.call(204, "PUT", "/v2/users/"+c.people[adaMail]+"/roles", doc{"roles": []doc{{"roleType": "COMPANY_ADMIN"}}})
	ada.call(200, "POST", "/v3/users/list", list)
	c.call(204, "PUT", "/v2/users/"+c.people[adaMail]+"/roles", doc{"roles": []doc{}})
	ada.refuse(403, "ACCESS_DENIED", "POST", "/v3/users/list", list)
	c.call(204, "DELETE", "/v2/users/"+c.people[adaMail], nil)
	ada.refuse(401, "ACCESS_TOKEN_INVALID", "GET", "/v2/users/"+c.people[adaMail], nil)
}

// TestTransferUser moves a user from one group to another.
func TestTransferUser(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	from, _ := c.group("Report Viewers")
	to, _ := c.group("Travel Arrangers")
	users := doc{"userIds": []string{c.people[adaMail]}}
	c.call(204, "POST", c.groups()+"/"+from+"/members/add", users)
	if got := c.call(200, "POST", c.groups()+"/"+from+"/members", doc{}); got.num("pagination/totalNumResults") != 1 {
		t.Errorf("source: %v", got)
	}
	c.call(204, "POST", c.groups()+"/"+to+"/members/add", users)
	c.call(204, "POST", c.groups()+"/"+from+"/members/remove", users)
	got := c.call(200, "POST", "/v3/users/"+c.people[adaMail]+"/user-groups", doc{"pagination": doc{}}).list("userGroups")
	if len(got) != 1 || got[0].str("name") != "Travel Arrangers" {
		t.Errorf("groups: %v", got)
	}
	ada := c.as(adaMail)
	trip := ada.call(201, "POST", "/v2/trips", doc{"tripName": "Oslo", "userId": doc{"id": c.people[tomasMail]}}).str("id")
	ada.call(200, "GET", "/v3/trips/"+trip+"/detail", nil)
}

// TestDuplicateStandardGroup copies the roles of a standard group into a custom one, which is the way to change it.
func TestDuplicateStandardGroup(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	original, _ := c.group("User Admins")
	c.refuse(403, "ACCESS_DENIED", "PATCH", c.groups()+"/"+original+"/roles", doc{"rolesToAdd": []doc{{"roleId": c.role("Trip Manager"), "scope": scopeOf("COMPANY", c.company)}}})
	c.refuse(403, "ACCESS_DENIED", "PUT", c.groups()+"/"+original, doc{"name": "Mine", "description": ""})
	c.refuse(403, "ACCESS_DENIED", "DELETE", c.groups()+"/"+original, nil)
	var add []doc
	for _, r := range c.call(200, "GET", c.groups()+"/"+original+"/roles", nil).list("roles") {
		add = append(add, doc{"roleId": r.str("roleId"), "scope": r.at("scope")})
	}
	add = append(add, doc{"roleId": c.role("Trip Manager"), "scope": scopeOf("COMPANY", c.company)})
	copied := c.call(200, "POST", c.groups(), doc{"name": "People and trips", "description": "User Admins who also manage trips"}).str("id")
	c.call(204, "PATCH", c.groups()+"/"+copied+"/roles", doc{"rolesToAdd": add})
	if got := c.call(200, "GET", c.groups()+"/"+copied+"/roles", nil).list("roles"); len(got) != 2 || got[1].str("roleName") != "Trip Manager" {
		t.Errorf("roles: %v", got)
	}
	c.call(204, "POST", c.groups()+"/"+copied+"/members/add", doc{"userIds": []string{c.people[adaMail]}})
	info := c.call(200, "GET", "/v3/users/"+c.people[adaMail]+"/rbac-info", nil)
	held := map[string]bool{}
	for _, p := range info.list("permissions") {
		held[p.str("permission")+" "+p.str("actions/0")] = true
	}
	if !held["USER_MANAGEMENT ALL"] || !held["TRIP_MANAGEMENT ALL"] || info.at("hasOthersTripAccess") != true {
		t.Errorf("rbac-info: %v", info)
	}
}

// TestClientScope lets agents serve one client and no other: the TMC's own people, in a group of the
// TMC, with roles that hold for the client.
func TestClientScope(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	tmc := c.srv.Demo.TMCID
	entity := c.call(201, "POST", "/v2/companies/"+tmc+"/legal-entities", doc{
		"name": "Agency", "address": doc{"addressLines": []string{"1 Quay"}, "regionCode": "GB"}, "billingCurrency": "GBP"}).str("id")
	agent := c.call(201, "POST", "/v2/users", doc{"persona": "EMPLOYEE", "businessInfo": doc{
		"organizationRef": id(tmc), "legalEntityRef": id(entity), "email": "mira.okafor@example.com"}}).str("id")
	rival := c.call(201, "POST", "/v2/companies", doc{"name": "Rival", "billingCurrency": "EUR", "companyRoles": []string{"ORG"}}).str("id")
	own := &crew{client: c.client, p: c.p, company: tmc}
	if got := c.call(200, "POST", "/v3/users/"+agent+"/user-groups", doc{"pagination": doc{}}).list("userGroups"); len(got) != 0 {
		t.Errorf("no other group may widen the access: %v", got)
	}
	group := own.call(200, "POST", own.groups(), doc{"name": "Dedicated Client Agents", "description": ""}).str("id")
	var add []doc
	for _, name := range []string{"Agent", "Trip Manager", "Company Management Admin (Read Only)"} {
		add = append(add, doc{"roleId": own.role(name), "scope": scopeOf("COMPANY", c.company)})
	}
	own.call(204, "PATCH", own.groups()+"/"+group+"/roles", doc{"rolesToAdd": add})
	own.call(204, "POST", own.groups()+"/"+group+"/members/add", doc{"userIds": []string{agent}})

	mira := c.as("mira.okafor@example.com")
	mira.call(200, "GET", "/v2/companies/"+c.company, nil)
	mira.refuse(403, "COMPANY_NOT_ACCESSIBLE", "GET", "/v2/companies/"+rival, nil)
	mira.refuse(403, "COMPANY_NOT_ACCESSIBLE", "GET", "/v2/companies/"+tmc, nil)
	if got := mira.call(200, "GET", "/v2/companies", nil).list("elements"); len(got) != 1 || got[0].str("id") != c.company {
		t.Errorf("the list shows %v", got)
	}
	mira.call(200, "GET", "/v2/users/"+c.people[adaMail], nil)
	mira.refuse(403, "ACCESS_DENIED", "PUT", "/v2/companies/"+c.company, doc{"name": "Mine", "billingCurrency": "EUR", "companyRoles": []string{"ORG"}})
	search := mira.call(200, "POST", "/v2/air/search-flights", doc{
		"travelers": []doc{{"travelerType": "ADULT", "travelerInfo": doc{"userId": id(c.people[adaMail])}}},
		"legs":      []doc{{"origin": doc{"airport": "LHR"}, "destination": doc{"airport": "JFK"}, "date": doc{"iso8601": c.now().AddDate(0, 2, 0).Format("2006-01-02")}}},
	})
	if len(search.list("itineraryDetails/itineraries")) == 0 {
		t.Errorf("nothing found for the traveler of a client: %v", search)
	}
	trip := mira.call(201, "POST", "/v2/trips", doc{"tripName": "Oslo", "userId": id(c.people[adaMail])}).str("id")
	mira.call(200, "GET", "/v2/trips/"+trip, nil)
	c.as(tomasMail).refuse(404, "RESOURCE_NOT_FOUND", "GET", "/v2/trips/"+trip, nil)
}
