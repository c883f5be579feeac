// SPDX-License-Identifier: Apache-2.0

// Package fuzz throws arbitrary bytes at the running platform, through the whole pipeline: whatever
// comes, the answer is never a 5xx and always JSON. Plain `go test` runs the seeds; `make fuzz` looks
// for more.
package fuzz_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
)

// target is one server and a way into it.
type target struct {
	srv   *airsidetest.Server
	token string
}

func newTarget(f *testing.F) *target {
	f.Helper()
	srv := airsidetest.Start(f, airsidetest.Unjudged())
	return &target{srv, srv.Token(f)}
}

// send puts a request through the pipeline and looks at the answer. It answers the status.
func (x *target) send(t *testing.T, method, path, contentType, body string) int {
	t.Helper()
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return 0 // no client can send it
	}
	r := httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(body))
	r.URL, r.RequestURI = u, path
	r.Header.Set("Authorization", "Bearer "+x.token)
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	x.srv.Handler().ServeHTTP(w, r)
	if w.Code >= 500 && w.Code != http.StatusNotImplemented {
		t.Fatalf("%s %s answered %d: %s", method, path, w.Code, w.Body)
	}
	if w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
		t.Fatalf("%s %s answered %d with something that is not JSON: %q", method, path, w.Code, w.Body)
	}
	return w.Code
}

func FuzzTokenForm(f *testing.F) {
	x := newTarget(f)
	for _, s := range []string{
		"grant_type=client_credentials&client_id=" + x.srv.Demo.ClientID + "&client_secret=x", "grant_type=client_credentials", "%zz", "a=1;b=2",
		"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&client_id=" + x.srv.Demo.ClientID + "&client_secret=" + url.QueryEscape(x.srv.Demo.ClientSecret) + "&subject_token=eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.AA",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, form string) {
		if code := x.send(t, "POST", "/v2/auth/oauth2-token", "application/x-www-form-urlencoded", form); code == 200 && !strings.Contains(form, url.QueryEscape(x.srv.Demo.ClientSecret)) {
			t.Fatalf("a token for %q", form)
		}
	})
}

func FuzzUser(f *testing.F) {
	x := newTarget(f)
	business := `"businessInfo":{"organizationRef":{"id":"` + x.srv.Demo.CompanyID + `"},"legalEntityRef":{"id":"` + x.srv.Demo.LegalEntityID + `"}`
	for _, s := range []string{
		`{"persona":"EMPLOYEE",` + business + `}}`,
		`{"persona":"EMPLOYEE",` + business + `,"email":"ada.moreau@example.com","phoneNumbers":[{"countryCode":44}]},"personalInfo":{"identityDocs":[{"passport":{"docId":"1","expiryDate":{"iso8601":"2030-01-01"},"issueCountry":"GB"}}]}}`,
		`{}`, `[]`, `{"persona":`, `null`, "\xff", `{"persona":"EMPLOYEE","persona":"GUEST"}`,
	} {
		f.Add(s)
	}
	path := "/v2/users/" + x.srv.Demo.UserID
	f.Fuzz(func(t *testing.T, body string) {
		x.send(t, "PUT", path, "application/json", body)
		x.send(t, "PUT", path+"/personal-info", "application/json", body)
	})
}

func FuzzSearch(f *testing.F) {
	x := newTarget(f)
	leg := `{"origin":{"airport":"LHR"},"destination":{"city":"NYC"},"date":{"iso8601":"2027-02-01"}}`
	pax := `"travelers":[{"travelerType":"ADULT","travelerInfo":{"userId":{"id":"` + x.srv.Demo.UserID + `"}}}]`
	for _, s := range []string{
		`{` + pax + `,"legs":[` + leg + `]}`,
		`{` + pax + `,"legs":[` + leg + `,` + leg + `],"filters":[{"maxNumStops":0},{"fareRange":{"min":{"amount":1,"currencyCode":"USD"}}}],"sortOptions":[{"sortBy":"PRICE","sortOrder":"ASCENDING"}]}`,
		`{` + pax + `,"legs":[` + leg + `],"legSearchParams":{"pageNumber":0,"pageSize":1000000}}`,
		`{` + pax + `,"legs":[{"origin":{"airport":"XXX"},"destination":{"airport":"LHR"},"date":{"iso8601":"0001-01-01"}}]}`,
		`{}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		x.send(t, "POST", "/v2/air/search-flights", "application/json", body)
	})
}

func FuzzPNR(f *testing.F) {
	x := newTarget(f)
	status, raw := x.srv.Call(f, x.token, "POST", "/v2/trips", `{"tripName":"Fuzz","userId":{"id":"`+x.srv.Demo.UserID+`"}}`)
	var trip struct{ ID string }
	if err := json.Unmarshal(raw, &trip); err != nil || status != 201 {
		f.Fatalf("%d %s", status, raw)
	}
	traveler := `"pnrTravelers":[{"userId":{"id":"` + x.srv.Demo.UserID + `"}}]`
	for _, s := range []string{
		`{` + traveler + `,"costOfGoodsSold":{"payments":[]},"miscPnr":{"description":"Taxi","startDateTime":{"iso8601":"2027-01-01T10:00"},"endDateTime":{"iso8601":"2027-01-01T11:00"},"rate":{"base":{"amount":1,"currencyCode":"USD"},"tax":{"amount":0,"currencyCode":"USD"}},"vendorConfirmationNumber":"A"}}`,
		`{` + traveler + `}`, `{"version":1}`, `{"airPnr":{"legs":[]}}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		x.send(t, "POST", "/v3/trips/"+trip.ID+"/pnrs", "application/json", body)
	})
}

// FuzzCursor covers what clients echo: page numbers, search and booking ids.
func FuzzCursor(f *testing.F) {
	x := newTarget(f)
	for _, s := range []string{"", "0", "-1", "99999999999999999999", "a", "%00", "AQYAAAAAawQWNQ", "💺"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x.send(t, "GET", "/v2/companies?limit="+url.QueryEscape(a)+"&offset="+url.QueryEscape(b), "", "")
		ids, err := json.Marshal(map[string]string{"searchId": a, "itineraryId": b, "bookingId": a, "pnrId": a, "optionId": b})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/v2/air/selected-itinerary", "/v2/air/flight-checkout", "/v2/air/create-pnr", "/v2/air/cancel-pnr"} {
			x.send(t, "POST", path, "application/json", string(ids))
		}
		x.send(t, "GET", "/v3/trips/"+url.PathEscape(a)+"/pnrs/"+url.PathEscape(b), "", "")
	})
}
