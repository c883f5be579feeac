// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"net/http"
	"testing"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/alert"
)

// TestReadOnlyByItself: an alert about an environment closes it for writes by itself, reads go on, and the step is
// undone by whoever knows better.
func TestReadOnlyByItself(t *testing.T) {
	t.Parallel()
	far := newFar(t)
	far.does(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			answerJSON(w, 201, `{"id":"0190a0b0-0000-7000-8000-000000000001"}`)
			return
		}
		answerJSON(w, 200, `{"length":0,"elements":[]}`)
	})
	d := guarded(t, airsidetest.Upstream("production", far.URL, "far-client", "far-secret-canary"))
	g := &gateway{d.client, far}
	_, token := g.application(nil)
	writes := func(status int, code string) {
		t.Helper()
		if got := g.send(token, "POST", "/v2/companies", nil, company); got.status != status || got.code() != code {
			t.Errorf("a write: %d %s, want %d %s", got.status, got.code(), status, code)
		}
		if got := g.send(token, "GET", "/v2/companies", nil, ""); got.status != 200 {
			t.Errorf("a read: %d %s", got.status, got.body)
		}
	}
	mode := func() string {
		for _, e := range d.call(200, "GET", "/v1/airside/environments", nil).list("environments") {
			if e.str("name") == "production" {
				return e.str("mode")
			}
		}
		return "gone"
	}
	writes(201, "")
	d.call(200, "PUT", "/v1/airside/alerts/settings", doc{"escalateAfterMinutes": 0, "responses": []doc{{"rule": "upstream-failures", "minSeverity": "HIGH", "act": "READ_ONLY"}}})
	d.srv.Raise(t, airsidetest.Finding{Rule: "upstream-failures", Severity: alert.Medium, Environment: "production", Summary: "Some writes fail"})
	d.settled()
	writes(201, "")
	id := d.srv.Raise(t, airsidetest.Finding{Rule: "upstream-failures", Severity: alert.High, Environment: "production", Summary: "Most writes fail"})[0]
	d.settled()
	writes(403, "ENVIRONMENT_READ_ONLY")
	one := d.does("alerts", "show", id)
	steps := one.list("responses")
	if len(steps) != 1 || steps[0].str("act") != "READ_ONLY" || steps[0].str("state") != "DONE" || mode() != "read-only" {
		t.Fatalf("the environment is %s: %v", mode(), one)
	}
	d.does("alerts", "undo", id, steps[0].str("id"))
	writes(201, "")
	if mode() != "live" {
		t.Errorf("after the undoing it is %s", mode())
	}
	operations := map[string]int{}
	for _, e := range d.call(200, "GET", "/v1/airside/audit?limit=1000", nil).list("entries") {
		operations[e.str("operation")]++
	}
	if operations["response.read-only"] != 1 || operations["response.read-only.undo"] != 1 {
		t.Errorf("the trail has %v", operations)
	}
}
