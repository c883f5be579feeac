// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	t.Parallel()
	c := start(t)
	frozen := c.call(200, "POST", "/v1/airside/world/clock/freeze", nil)
	if again := c.call(200, "GET", "/v1/airside/world/clock", nil); again.str("now") != frozen.str("now") || again.at("frozen") != true {
		t.Errorf("a frozen clock moved from %v to %v", frozen, again)
	}
	at := func(o object) time.Time {
		v, err := time.Parse(time.RFC3339, o.str("now"))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	ahead := c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "P1DT30M"})
	if got := at(ahead).Sub(at(frozen)); got != 24*time.Hour+30*time.Minute {
		t.Errorf("P1DT30M moved it by %v", got)
	}
	c.token = c.srv.Token(t) // the old one expired on the way, on this clock
	back := c.call(200, "POST", "/v1/airside/world/clock/set", doc{"now": "2026-03-01T00:00:00Z"})
	if !at(back).Equal(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("set answered %v", back)
	}
	if resumed := c.call(200, "POST", "/v1/airside/world/clock/resume", nil); resumed.at("frozen") != false || at(resumed).Year() != 2026 {
		t.Errorf("resume answered %v", resumed)
	}
	for _, d := range []string{"24H", "P", "PT", "P1W", "-PT1H"} {
		c.refuse(400, "API_VALIDATION_FAILED", "POST", "/v1/airside/world/clock/advance", doc{"duration": d})
	}
	c.refuse(400, "API_VALIDATION_FAILED", "POST", "/v1/airside/world/clock/advance", doc{"duration": "P401D"})
}

// TestEveryErrorExplainsItself follows a debugIdentifier, which in dev needs no token.
func TestEveryErrorExplainsItself(t *testing.T) {
	t.Parallel()
	c := start(t)
	refused := c.refuse(400, "API_VALIDATION_FAILED", "GET", "/v2/users/42", nil)
	path := strings.TrimPrefix(refused.str("debugIdentifier"), c.srv.URL)
	e := (&client{t, c.srv, ""}).call(200, "GET", path, nil)
	stages := e.list("stages")
	if e.str("operation") != "getUserInfo" || e.num("status") != 400 || len(stages) == 0 {
		t.Fatalf("explanation: %v", e)
	}
	if last := stages[len(stages)-1]; last.str("stage") != "validate" || last.str("decision") != "REFUSED" || last.str("rule") != "format" {
		t.Errorf("the refusing stage is %v", last)
	}
	if e.str("hint") == "" {
		t.Error("no hint")
	}
	code := c.call(200, "GET", "/v1/airside/errors/"+e.str("errorCode"), nil)
	if code.num("status") != 400 || code.str("remedy") == "" {
		t.Errorf("code: %v", code)
	}
}

func TestAuditTrailOfWrites(t *testing.T) {
	t.Parallel()
	c := start(t)
	trip := c.trip("Audited")
	c.refuse(404, "RESOURCE_NOT_FOUND", "POST", "/v2/api-users/rotate", doc{"clientId": "0190a0b0-0000-7000-8000-00000000dead"})
	entries := c.call(200, "GET", "/v1/airside/audit?limit=100", nil).list("entries")
	var made, refused bool
	for _, e := range entries {
		made = made || e.str("operation") == "createTrip" && e.str("resource") == trip && e.str("outcome") == "ALLOWED"
		refused = refused || e.str("operation") == "rotateClientSecret" && e.str("outcome") == "REFUSED"
	}
	if !made || !refused {
		t.Errorf("made %v, refused %v in %v", made, refused, entries)
	}
	if v := c.call(200, "GET", "/v1/airside/audit/verify", nil); v.at("intact") != true || v.num("entries") < 2 {
		t.Errorf("chain: %v", v)
	}
}

func TestIdempotencyKeyReplaysTheAnswer(t *testing.T) {
	t.Parallel()
	c := start(t)
	body := `{"tripName":"Once","userId":{"id":"` + c.srv.Demo.UserID + `"}}`
	first, replayed := c.withKey(t, "k-1", "/v2/trips", body)
	again, was := c.withKey(t, "k-1", "/v2/trips", body)
	if first != again || replayed || !was {
		t.Errorf("first %s (%v), again %s (%v)", first, replayed, again, was)
	}
	refusedBody, _ := c.withKey(t, "k-1", "/v2/trips", strings.Replace(body, "Once", "Twice", 1))
	var o object
	if err := json.Unmarshal([]byte(refusedBody), &o); err != nil || o.str("errorMessages/0/errorCode") != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("another body under the key: %s", refusedBody)
	}
}
