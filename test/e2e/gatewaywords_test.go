// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestGatewayCarriesNoOtherPath: a grant for one operation opens no other one at the real API, whatever the path's
// values decode to there.
func TestGatewayCarriesNoOtherPath(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	var seen string
	g.far.does(func(w http.ResponseWriter, r *http.Request) { seen = r.RequestURI; answerJSON(w, 200, `{}`) })
	_, token := g.application(doc{"grants": []doc{{"operations": []string{"updateTripV3", "readCompany", "listCompanies"}}}})
	for _, path := range []string{
		"1234567890%2Fpnrs%2F9876543210%2Fcancel", "1234567890%2fpnrs", "a%5Cb", "1%252Fpnrs", "1;a=b", "1%3Ba", "1%00x", "1%0D%0Ax",
		"1%2F..%2F2", "%2E%2E%2F2", "1%FF",
	} {
		got := g.send(token, "POST", "/v3/trips/"+path, nil, `{"tripName":"Spring fair"}`)
		if got.status != 400 && got.status != 404 || got.status == 400 && !strings.Contains(string(got.body), `"/tripId"`) {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		if got := g.send(token, "GET", "/v2/companies/"+path, nil, ""); got.status != 400 && got.status != 404 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	for _, query := range []string{"a=1;limit=banana", "limit=%zz", "limit=1&limit=2", "limit=%FF"} {
		if got := g.send(token, "GET", "/v2/companies?"+query, nil, ""); got.status != 400 || !strings.Contains(string(got.body), `"query"`) {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
	if n := g.far.calls.Load(); n > 0 {
		t.Errorf("%d calls reached the real API, the last one at %s", n, seen)
	}
	// What is odd and harmless arrives as it was meant.
	if got := g.send(token, "POST", "/v3/trips/a%20b%3Fc%23d+e", nil, `{"tripName":"Spring fair"}`); got.status != 200 || seen != "/v3/trips/a%20b%3Fc%23d+e" {
		t.Errorf("%d %s; the API got %s", got.status, got.body, seen)
	}
}

// TestGatewayDoubtsForeignWords: what is not the real API's own word on a write is not passed on as its success.
func TestGatewayDoubtsForeignWords(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, token := g.application(doc{"grants": []doc{{"scopes": []string{"company:read", "company:write", "user:write"}}}})
	words := func(status int, media, body string, headers ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			if media != "" {
				w.Header().Set("Content-Type", media)
			}
			for i := 0; i < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	const page, id = "<p>Sign in to the network</p>", `{"id":"0190a0b0-0000-7000-8000-000000000009"}`
	const update = `{"id":{"id":"0190a0b0-0000-7000-8000-000000000009"},"name":"Quay","billingCurrency":"USD","companyRoles":["ORG"]}`
	for _, tc := range []struct {
		name, method, body string
		far                http.HandlerFunc
		status             int
	}{
		{"a page", "POST", company, words(200, "text/html", page), 409},
		{"a page that was accepted", "POST", company, words(202, "text/html", page), 409},
		{"a page in the status of a creation", "POST", company, words(201, "text/html", page), 409},
		{"a page to keep", "POST", company, words(503, "text/html", page, "Location", "https://login.example.com/", "Content-Disposition", "attachment"), 409},
		{"half a document", "POST", company, words(201, "application/json", `{"id":`), 409},
		{"nothing", "POST", company, words(201, "", ""), 409},
		{"nothing, of another status", "POST", company, words(200, "", ""), 409},
		{"a way to somewhere else", "POST", company, words(302, "", "", "Location", "https://login.example.com/"), 409},
		{"an encoding nobody asked for", "POST", company, words(201, "application/json", "xx", "Content-Encoding", "br"), 409},
		{"JSON in another type", "POST", company, words(201, "text/plain", id), 201},
		{"the API's word", "POST", company, words(201, "application/json", id), 201},
		{"a page for an update", "PUT", update, words(200, "text/html", page), 409},
		{"nothing for an update", "PUT", update, words(200, "", ""), 200},
		{"no content for an update", "PUT", update, words(204, "", ""), 204},
	} {
		g.far.does(tc.far)
		path, key := "/v2/companies", http.Header{"Idempotency-Key": {tc.name}}
		if tc.method == "PUT" {
			path += "/0190a0b0-0000-7000-8000-000000000009"
		}
		got := g.send(token, tc.method, path, key, tc.body)
		if got.status != tc.status || tc.status == 409 && got.code() != "OUTCOME_UNKNOWN" {
			t.Errorf("%s: %d %s, want %d", tc.name, got.status, got.body, tc.status)
		}
		if tc.status != 409 {
			continue
		}
		for name, want := range map[string]string{"Content-Type": "application/json", "Location": "", "Retry-After": "", "Content-Disposition": ""} {
			if v := got.header.Get(name); v != want {
				t.Errorf("%s: our answer has %s %q", tc.name, name, v)
			}
		}
		g.far.does(words(201, "application/json", id))
		if again := g.send(token, tc.method, path, key, tc.body); again.status != 409 || again.code() != "OUTCOME_UNKNOWN" {
			t.Errorf("%s, repeated with its key: %d %s", tc.name, again.status, again.body)
		}
	}
}

// TestGatewayKeepsNoForeignWords: what came instead of an answer is not what a repeated key gets, when the second attempt
// did not leave.
func TestGatewayKeepsNoForeignWords(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, token := g.application(nil)
	creations := 0
	g.far.does(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet { // the look-up, during which somebody closes the environment
			g.call(200, "PUT", "/v1/airside/environments/production/mode", doc{"mode": "read-only", "reason": "maintenance"})
			answerJSON(w, 200, `{"length":0,"elements":[]}`)
			return
		}
		creations++
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<p>Sign in to the network</p>")
	})
	const named = `{"name":"Quay Instruments","billingCurrency":"USD","companyRoles":["ORG"],"externalId":"C-7"}`
	key := http.Header{"Idempotency-Key": {"once"}}
	if got := g.send(token, "POST", "/v2/companies", key, named); got.status != 403 || got.code() != "ENVIRONMENT_READ_ONLY" || creations != 1 {
		t.Errorf("%d %s after %d attempts", got.status, got.body, creations)
	}
	g.call(200, "PUT", "/v1/airside/environments/production/mode", doc{"mode": "live", "reason": "over"})
	g.far.does(func(w http.ResponseWriter, _ *http.Request) {
		answerJSON(w, 201, `{"id":"0190a0b0-0000-7000-8000-000000000009"}`)
	})
	if got := g.send(token, "POST", "/v2/companies", key, named); got.status != 201 || got.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("the same key again: %d %s", got.status, got.body)
	}
}

// TestGatewayComparesWhatIsThere: an update that may lose nothing is not sent when what is there cannot be read.
func TestGatewayComparesWhatIsThere(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, token := g.application(doc{"refuseLossyUpdates": true})
	const there = `{"id":{"id":"0190a0b0-0000-7000-8000-000000000009"},"name":"Quay","externalId":"C-7","billingCurrency":"USD","companyRoles":["ORG"]}`
	for name, tc := range map[string]struct {
		encoding string
		body     string
		status   int
		code     string
	}{
		"packed":      {"gzip", there, 409, "LOSSY_UPDATE"},
		"a page":      {"", "<p>Sign in to the network</p>", 502, "UPSTREAM_ANSWER_BROKEN"},
		"unknown":     {"br", there, 502, "UPSTREAM_ANSWER_BROKEN"},
		"as it is":    {"", there, 409, "LOSSY_UPDATE"},
		"half of it":  {"", there[:40], 502, "UPSTREAM_ANSWER_BROKEN"},
		"not packed":  {"gzip", "no gzip", 502, "UPSTREAM_ANSWER_BROKEN"},
		"nothing yet": {"", "", 502, "UPSTREAM_ANSWER_BROKEN"},
	} {
		sent := 0
		g.far.does(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				sent++
			}
			w.Header().Set("Content-Type", "application/json")
			if tc.encoding != "" {
				w.Header().Set("Content-Encoding", tc.encoding)
			}
			if tc.encoding != "gzip" || tc.body != there {
				_, _ = io.WriteString(w, tc.body)
				return
			}
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, tc.body)
			_ = z.Close()
		})
		got := g.send(token, "PUT", "/v2/companies/0190a0b0-0000-7000-8000-000000000009", nil, strings.Replace(there, `"externalId":"C-7",`, "", 1))
		if got.status != tc.status || got.code() != tc.code || sent > 0 {
			t.Errorf("%s: %d %s, sent %d times", name, got.status, got.body, sent)
		}
	}
}

// TestGatewayTakesEncodingsOff: callers and the contract see JSON, although something in front of the API has packed it.
func TestGatewayTakesEncodingsOff(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, token := g.application(nil)
	packed := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(status)
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, body)
			_ = z.Close()
		}
	}
	const list, id = `{"length":0,"elements":[]}`, `{"id":"0190a0b0-0000-7000-8000-000000000009"}`
	g.far.does(packed(200, list))
	if got := g.send(token, "GET", "/v2/companies", nil, ""); got.status != 200 || string(got.body) != list || got.header.Get("Content-Encoding") != "" {
		t.Errorf("a read: %d %s", got.status, got.body)
	}
	g.far.does(packed(201, id))
	if got := g.send(token, "POST", "/v2/companies", nil, company); got.status != 201 || string(got.body) != id {
		t.Errorf("a creation: %d %s", got.status, got.body)
	}
	g.far.does(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		answerJSON(w, 200, "no gzip")
	})
	if got := g.send(token, "POST", "/v2/companies", nil, company); got.status != 409 || got.code() != "OUTCOME_UNKNOWN" {
		t.Errorf("a creation whose answer cannot be unpacked: %d %s", got.status, got.body)
	}
	g.far.does(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		answerJSON(w, 200, "xx")
	})
	if got := g.send(token, "GET", "/v2/companies", nil, ""); got.status != 502 || got.code() != "UPSTREAM_ANSWER_BROKEN" {
		t.Errorf("a read in an encoding nobody knows: %d %s", got.status, got.body)
	}
}

// TestGatewaySaysWhenToComeBack: Retry-After stands beside every 429 and 503, and is one that clients can read.
func TestGatewaySaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, token := g.application(nil)
	for _, tc := range []struct{ said, want string }{
		{"7", "7"}, {"", "1"}, {"-5", "1"}, {"soon", "1"}, {"Sun, 29 Nov 2026 08:00:00 GMT", "Sun, 29 Nov 2026 08:00:00 GMT"},
	} {
		for _, status := range []int{429, 503} {
			g.far.does(func(w http.ResponseWriter, _ *http.Request) {
				if tc.said != "" {
					w.Header().Set("Retry-After", tc.said)
				}
				answerJSON(w, status, `{}`)
			})
			if got := g.send(token, "GET", "/v2/companies", nil, ""); got.status != status || got.header.Get("Retry-After") != tc.want {
				t.Errorf("%d after %q: %d, Retry-After %q, want %q", status, tc.said, got.status, got.header.Get("Retry-After"), tc.want)
			}
		}
	}
	g.far.does(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		_, _ = io.WriteString(w, `{"length":0,"elements":[]}`)
	})
	if got := g.send(token, "GET", "/v2/companies", nil, ""); got.status != 200 || got.header["Content-Type"] != nil {
		t.Errorf("a type was made up: %q", got.header["Content-Type"])
	}
}
