// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"path/filepath"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
)

// A company gets a key of its own, rotates it after an hour, and is read as before, also after a restart.
func TestCompanyKey(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "airside.db")
	var api object
	t.Run("provision and rotate", func(t *testing.T) {
		c := start(t, airsidetest.Database(file))
		api = c.call(200, "POST", "/v2/api-users", doc{"role": "TMC_ADMIN"})
		path := "/v3/tenant-encryption/" + c.srv.Demo.CompanyID + "/key"
		first := c.call(200, "POST", path, nil)
		if first["created"] != true || first.str("configId") == "" {
			t.Errorf("first call: %v", first)
		}
		c.refuse(429, "TOO_MANY_REQUESTS", "POST", path, nil)
		user := "/v2/users/" + c.srv.Demo.UserID
		c.call(200, "PUT", user+"/external-id", doc{"externalId": "E-7"})
		trip := c.trip("Sealed")
		c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT1H"})
		c.token = c.srv.Token(t) // the old one has expired
		again := c.call(200, "POST", path, nil)
		if again["created"] != false || again.str("configId") != first.str("configId") {
			t.Errorf("rotation: %v after %v", again, first)
		}
		if got := c.call(200, "GET", user, nil).str("externalId"); got != "E-7" {
			t.Errorf("user after the rotation: %s", got)
		}
		if got := c.call(200, "GET", "/v2/trips/"+trip, nil).str("tripName"); got != "Sealed" {
			t.Errorf("trip after the rotation: %s", got)
		}
		found := c.call(200, "GET", "/v2/users?companyId="+c.srv.Demo.CompanyID+"&externalId=E-7", nil)
		if found.str("elements/0/id") != c.srv.Demo.UserID {
			t.Errorf("query after the rotation: %v", found)
		}
	})
	t.Run("after a restart", func(t *testing.T) {
		srv := airsidetest.Start(t, airsidetest.Database(file))
		c := &client{t, srv, srv.TokenOf(t, api.str("clientId"), api.str("clientSecret"))}
		if got := c.call(200, "GET", "/v2/users/"+srv.Demo.UserID, nil).str("externalId"); got != "E-7" {
			t.Errorf("user: %s", got)
		}
		if got := c.call(200, "GET", "/v2/companies/"+srv.Demo.CompanyID+"/legal-entities/"+srv.Demo.LegalEntityID, nil).str("id"); got != srv.Demo.LegalEntityID {
			t.Errorf("legal entity: %s", got)
		}
	})
}
