// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strings"
	"testing"
)

// UUIDs may come in upper case, wherever they stand in a path or query.
func TestUUIDsInUpperCase(t *testing.T) {
	t.Parallel()
	c := start(t)
	d := c.srv.Demo
	up := strings.ToUpper
	if got := c.call(200, "GET", "/v2/users/"+up(d.UserID), nil).str("id"); got != d.UserID {
		t.Errorf("user %s", got)
	}
	if got := c.call(200, "GET", "/v2/companies/"+up(d.CompanyID), nil).str("id/id"); got != d.CompanyID {
		t.Errorf("company %s", got)
	}
	if got := c.call(200, "GET", "/v2/companies/"+up(d.CompanyID)+"/legal-entities/"+up(d.LegalEntityID), nil).str("id"); got != d.LegalEntityID {
		t.Errorf("legal entity %s", got)
	}
	if got := c.call(200, "GET", "/v2/users?companyId="+up(d.CompanyID)+"&email=ada.moreau@example.com", nil); got.str("elements/0/id") != d.UserID {
		t.Errorf("query: %v", got)
	}
	list := c.call(200, "GET", "/v2/companies?companyIds="+up(d.CompanyID)+"&companyIds="+up(d.TMCID), nil)
	if got := len(list.list("elements")); got != 2 {
		t.Errorf("list of two companies: %v", list)
	}
}

// The ids of a user query have a code of their own, whether the contract's check or the search refuses them.
func TestIDsOfAUserQuery(t *testing.T) {
	t.Parallel()
	c := start(t)
	id := c.srv.Demo.CompanyID
	for _, query := range []string{
		"email=a@example.com", "companyId=42", "tmcId=acme&email=a@example.com", "companyId=" + id + "&companyId=" + id, "companyId=" + id + "&tmcId=" + id,
	} {
		c.refuse(400, "INVALID_USER_IDS_QUERY_PARAMS", "GET", "/v2/users?"+query, nil)
	}
	c.refuse(400, "API_VALIDATION_FAILED", "GET", "/v2/users?companyId="+id+"&email=nobody", nil)
}
