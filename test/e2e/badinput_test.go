// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What HR systems and integrations get wrong about a directory: each is refused with the place that is wrong, and
// afterwards everything is as it was.
func TestBadInputNamesTheField(t *testing.T) {
	t.Parallel()
	c := start(t)
	company, entity, ada := "/v2/companies/"+c.srv.Demo.CompanyID, c.srv.Demo.LegalEntityID, c.srv.Demo.UserID
	address := doc{"addressLines": []string{"1 Quay"}, "regionCode": "GB"}
	rival := c.call(201, "POST", "/v2/companies", doc{"name": "Rival", "billingCurrency": "EUR", "companyRoles": []string{"ORG"}}).str("id")
	rivalEntity := c.call(201, "POST", "/v2/companies/"+rival+"/legal-entities", doc{"name": "Rival Ltd", "billingCurrency": "EUR", "address": address}).str("id")
	rivalOffice := c.call(201, "POST", "/v2/companies/"+rival+"/legal-entities/"+rivalEntity+"/offices", doc{"name": "Theirs", "address": address}).str("id")
	tomas := c.call(200, "GET", "/v2/users?companyId="+c.srv.Demo.CompanyID+"&employeeId=E-1002", nil).str("elements/0/id")
	boss := c.call(200, "GET", "/v2/users/"+tomas+"/business-info", nil)
	boss["managerRef"] = id(ada)
	c.call(204, "PUT", "/v2/users/"+tomas+"/business-info", boss)
	info := c.call(200, "GET", "/v2/users/"+ada+"/business-info", nil)
	const nobody = "0190a0b0-0000-7000-8000-00000000dead"
	long := strings.Repeat("x", 200_000)
	user := fullUser(c.srv)
	office := doc{"name": "Pier", "address": address}
	legal := doc{"name": "Pier Ltd", "billingCurrency": "GBP", "address": address}
	offices := company + "/legal-entities/" + entity + "/offices"
	everything := func() []object {
		return []object{
			c.call(200, "POST", "/v3/users/list", doc{"companyId": id(c.srv.Demo.CompanyID), "pagination": doc{}, "userStatusFilter": "ALL"}),
			c.call(200, "GET", "/v2/users/"+ada, nil), c.call(200, "GET", company, nil), c.call(200, "GET", company+"/legal-entities", nil),
			c.call(200, "POST", company+"/office-list", doc{"paginationParams": doc{}}), c.call(200, "GET", "/v2/companies", nil),
		}
	}
	before := everything()
	for _, tc := range []struct {
		name, method, path string
		body               any
		code, pointer      string
	}{
		{"duplicate e-mail", "POST", "/v2/users", with(user, "/businessInfo/email", "Ada.Moreau@EXAMPLE.com"), "DUPLICATE_VALUE", "/businessInfo/email"},
		{"duplicate employee id", "POST", "/v2/users", with(user, "/businessInfo/employeeId", "E-1001"), "DUPLICATE_VALUE", "/businessInfo/employeeId"},
		{"unknown office", "POST", "/v2/users", with(user, "/businessInfo/officeRef", id(nobody)), "REFERENCE_NOT_FOUND", "/businessInfo/officeRef/id"},
		{"office of another company", "POST", "/v2/users", with(user, "/businessInfo/officeRef", id(rivalOffice)), "REFERENCE_NOT_FOUND", "/businessInfo/officeRef/id"},
		{"legal entity of another company", "POST", "/v2/users", with(user, "/businessInfo/legalEntityRef", id(rivalEntity)), "REFERENCE_NOT_FOUND", "/businessInfo/legalEntityRef/id"},
		{"office of another company, update", "PUT", "/v2/users/" + ada + "/business-info", with(doc(info), "/officeRef", id(rivalOffice)), "REFERENCE_NOT_FOUND", "/officeRef/id"},
		{"own manager", "PUT", "/v2/users/" + ada + "/business-info", with(doc(info), "/managerRef", id(ada)), "API_VALIDATION_FAILED", "/managerRef/id"},
		{"cyclic manager", "PUT", "/v2/users/" + ada + "/business-info", with(doc(info), "/managerRef", id(tomas)), "API_VALIDATION_FAILED", "/managerRef/id"},
		{"name of 200 kB", "POST", "/v2/users", with(user, "/personalInfo/name/given", long), "API_VALIDATION_FAILED", "/personalInfo/name/given"},
		{"name of 200 kB, company", "POST", "/v2/companies", doc{"name": long, "billingCurrency": "EUR", "companyRoles": []string{"ORG"}}, "API_VALIDATION_FAILED", "/name"},
		{"name of 200 kB, office", "POST", offices, with(office, "/name", long), "API_VALIDATION_FAILED", "/name"},
		{"name of 200 kB, department", "POST", company + "/departments", doc{"name": long}, "API_VALIDATION_FAILED", "/name"},
		{"time zone", "POST", offices, with(office, "/address/timezone", "Europe/Atlantis"), "API_VALIDATION_FAILED", "/address/timezone"},
		{"time zone, user", "POST", "/v2/users", with(user, "/personalInfo/addresses", []doc{{"addressLines": []string{"1"}, "regionCode": "GB", "timezone": "Mars"}}), "API_VALIDATION_FAILED", "/personalInfo/addresses/0/timezone"},
		{"country", "POST", offices, with(office, "/address/regionCode", "XX"), "API_VALIDATION_FAILED", "/address/regionCode"},
		{"country, legal entity", "POST", company + "/legal-entities", with(legal, "/address/regionCode", "ZZ"), "API_VALIDATION_FAILED", "/address/regionCode"},
		{"country, user", "POST", "/v2/users", with(user, "/businessInfo/countryCode", "QQ"), "API_VALIDATION_FAILED", "/businessInfo/countryCode"},
		{"country, passport", "POST", "/v2/users", with(user, "/personalInfo/identityDocs/0/passport/issueCountry", "XX"), "API_VALIDATION_FAILED", "/personalInfo/identityDocs/0/passport/issueCountry"},
		{"currency", "POST", "/v2/companies", doc{"name": "Dim", "billingCurrency": "XYZ", "companyRoles": []string{"ORG"}}, "API_VALIDATION_FAILED", "/billingCurrency"},
		{"currency, legal entity", "POST", company + "/legal-entities", with(legal, "/billingCurrency", "EURO"), "API_VALIDATION_FAILED", "/billingCurrency"},
		{"currency, preferences", "PUT", "/v2/users/" + ada + "/travel-preferences", doc{"preferences": doc{"preferredCurrency": "AAA"}}, "API_VALIDATION_FAILED", "/preferences/preferredCurrency"},
		{"currency, policy", "POST", company + "/policies", doc{"name": "P", "type": "GROUP", "currency": doc{"currencyCode": "ABC"}, "userGroups": []doc{}}, "API_VALIDATION_FAILED", "/currency/currencyCode"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &client{t, c.srv, c.token}
			got := c.refuse(400, tc.code, tc.method, tc.path, tc.body)
			if !names(got, tc.pointer) {
				t.Errorf("%s is not named in %.600v", tc.pointer, got)
			}
		})
	}
	if diff := cmp.Diff(before, everything()); diff != "" {
		t.Errorf("a refused request left something behind (-before +after):\n%s", diff)
	}
}
