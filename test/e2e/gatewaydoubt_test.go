// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// TestGatewayDoubt: a creation whose answer was lost is sent once more only if a list says that nothing is there. Whatever
// else the API answers, one that may have been carried out is not repeated.
func TestGatewayDoubt(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, token := g.application(nil)
	body := strings.Replace(company, `{`, `{"externalId":"C-7",`, 1)
	const id = "0190a0b0-0000-7000-8000-000000000009"
	for name, tc := range map[string]struct {
		list   string
		status int
		code   string
		made   int64 // creations that the API received
	}{
		"it is there":                 {`{"length":1,"elements":[{"id":"` + id + `","name":"Quay Instruments"}]}`, 201, "", 1},
		"it is there, with its id":    {`{"length":1,"elements":[{"id":"` + id + `","name":"Quay","externalId":"C-7"}]}`, 201, "", 1},
		"it is not there":             {`{"length":0,"elements":[]}`, 409, "OUTCOME_UNKNOWN", 2}, // whose answers are lost, too
		"an empty object":             {`{}`, 409, "OUTCOME_UNKNOWN", 1},
		"a list of another name":      {`{"results":[{"id":"` + id + `"}]}`, 409, "OUTCOME_UNKNOWN", 1},
		"no list":                     {`{"length":0,"elements":null}`, 409, "OUTCOME_UNKNOWN", 1},
		"something else than a list":  {`{"elements":{}}`, 409, "OUTCOME_UNKNOWN", 1},
		"an envelope of an error":     {`{"errorMessages":[{"errorCode":"DOWN","message":"later"}]}`, 409, "OUTCOME_UNKNOWN", 1},
		"a page":                      {`<p>Please sign in.</p>`, 409, "OUTCOME_UNKNOWN", 1},
		"another one":                 {`{"elements":[{"id":"` + id + `","externalId":"C-8"}]}`, 409, "OUTCOME_UNKNOWN", 1},
		"one without an id":           {`{"elements":[{"name":"Quay Instruments"}]}`, 409, "OUTCOME_UNKNOWN", 1},
		"two, and nobody knows which": {`{"elements":[{"id":"` + id + `"},{"id":"0190a0b0-0000-7000-8000-000000000010"}]}`, 409, "OUTCOME_UNKNOWN", 1},
	} {
		var made atomic.Int64
		g.far.does(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				made.Add(1)
				panic(http.ErrAbortHandler) // it was carried out, and the answer is lost
			}
			answerJSON(w, 200, tc.list)
		})
		got := g.send(token, "POST", "/v2/companies", nil, body)
		if got.status != tc.status || got.code() != tc.code || made.Load() != tc.made {
			t.Errorf("%s: %d %s after %d creations, want %d %s after %d", name, got.status, got.code(), made.Load(), tc.status, tc.code, tc.made)
		}
	}
}
