// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// with sends a body with headers, given as names and values, and answers status, ETag and body.
func (c *client) with(method, path, body string, header ...string) (status int, etag, answer string) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.srv.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("ETag"), string(raw)
}

// Every document that can be replaced has a version: a read shows it, a write asks for it.
func TestVersionsOfDocuments(t *testing.T) {
	t.Parallel()
	c := start(t)
	company, user := "/v2/companies/"+c.srv.Demo.CompanyID, "/v2/users/"+c.srv.Demo.UserID
	trip := "/v2/trips/" + c.trip("Versions")
	for _, path := range []string{
		company, company + "/legal-entities/" + c.srv.Demo.LegalEntityID, user, user + "/business-info", user + "/personal-info",
		user + "/travel-preferences", user + "/membership-info", user + "/notification-preferences", user + "/roles",
	} {
		status, etag, body := c.with("GET", path, "")
		if status != 200 || etag == "" {
			t.Errorf("GET %s: %d, ETag %q", path, status, etag)
			continue
		}
		if status, _, answer := c.with("PUT", path, body, "If-Match", `"999"`); status != 412 || !strings.Contains(answer, "PRECONDITION_FAILED") {
			t.Errorf("PUT %s with another version: %d %s", path, status, answer)
		}
		status, next, answer := c.with("PUT", path, body, "If-Match", etag)
		if status/100 != 2 || next == "" || next == etag {
			t.Errorf("PUT %s with the version that was read: %d, ETag %q after %q, %s", path, status, next, etag, answer)
		}
		if _, now, again := c.with("GET", path, ""); now != next || !same(body, again) {
			t.Errorf("GET %s after the PUT: ETag %q, want %q\n%s\n%s", path, now, next, body, again)
		}
	}
	if status, etag, _ := c.with("GET", trip, ""); status != 200 || etag == "" {
		t.Errorf("GET %s: %d, ETag %q", trip, status, etag)
	}
	if status, _, _ := c.with("DELETE", user, "", "If-Match", `"1"`); status != 412 {
		t.Errorf("DELETE of an old version: %d", status)
	}
}

func same(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return bytes.Equal(p, q)
}

func TestLossyUpdates(t *testing.T) {
	t.Parallel()
	c := start(t)
	path := "/v2/users/" + c.srv.Demo.UserID
	user := c.call(200, "GET", path, nil)
	personal := user.at("personalInfo").(map[string]any)
	delete(personal, "dob")
	lossy, err := json.Marshal(user)
	if err != nil {
		t.Fatal(err)
	}
	guard := "/v1/airside/api-users/" + c.srv.Demo.ClientID + "/safeguards"
	c.call(204, "PUT", guard, doc{"refuseLossyUpdates": true})
	if got := c.call(200, "GET", guard, nil); got.at("refuseLossyUpdates") != true {
		t.Errorf("safeguards: %v", got)
	}
	if got := c.refuse(409, "LOSSY_UPDATE", "PUT", path, string(lossy)); got.str("errorMessages/0/errorParameters/1/value") != "/personalInfo/dob" {
		t.Errorf("refusal: %v", got)
	}
	if got := c.call(200, "GET", path, nil); got.at("personalInfo/dob") == nil {
		t.Error("a refused update was written")
	}
	if status, _, answer := c.with("PUT", path, string(lossy), "Airside-Removes", "/personalInfo/dob"); status != 200 {
		t.Errorf("removing on purpose: %d %s", status, answer)
	}
	audit := c.call(200, "GET", "/v1/airside/audit?operation=updateUser", nil)
	if got := audit.str("entries/0/detail"); got != "removed /personalInfo/dob" {
		t.Errorf("the audit says %q", got)
	}
}

func TestIdsAreFoundAgain(t *testing.T) {
	t.Parallel()
	c := start(t)
	body := fullUser(c.srv)
	body["externalId"] = "LEDGER-1"
	user := c.call(201, "POST", "/v2/users", body).str("id")
	office := c.call(201, "POST", "/v2/companies/"+c.srv.Demo.CompanyID+"/departments", doc{"name": "Found", "externalId": "LEDGER-1"}).str("id")
	trip := c.trip("Found")
	got := c.call(200, "GET", "/v1/airside/ids?externalId=LEDGER-1", nil).list("matches")
	if len(got) != 2 || got[0].str("id") != user || got[0].str("kind") != "USER" || got[0].str("operation") != "createUser" ||
		got[0].str("clientId") != c.srv.Demo.ClientID || got[0].str("companyId") != c.srv.Demo.CompanyID || got[0].str("issuedAt") == "" ||
		got[1].str("id") != office || got[1].str("kind") != "DEPARTMENT" {
		t.Errorf("found %v", got)
	}
	if got := c.call(200, "GET", "/v1/airside/ids?id="+trip, nil); got.str("matches/0/kind") != "TRIP" {
		t.Errorf("the trip: %v", got)
	}
	c.refuse(400, "API_VALIDATION_FAILED", "GET", "/v1/airside/ids", nil)
	if got := c.call(200, "GET", "/v1/airside/ids?externalId=NOBODY", nil); len(got.list("matches")) != 0 {
		t.Errorf("nobody: %v", got)
	}
	// A refused creation leaves no line.
	c.call(400, "POST", "/v2/users", body)
	if got := c.call(200, "GET", "/v1/airside/ids?externalId=LEDGER-1", nil).list("matches"); len(got) != 2 {
		t.Errorf("after a refusal: %v", got)
	}
}
