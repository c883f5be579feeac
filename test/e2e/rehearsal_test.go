// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
)

// TestRehearsal: in dry-run a call is refused for what a live one would be refused for, nothing counts, and what was
// rehearsed is in the trail once.
func TestRehearsal(t *testing.T) {
	t.Parallel()
	g := startGateway(t, airsidetest.Setting("AIRSIDE_AUDIT_READS", "true"))
	_, plain := g.application(nil)
	purchases := []doc{{"scopes": []string{"air:book", "hotel:book"}, "effects": []string{"purchase"}}}
	id, once := g.application(doc{"grants": purchases, "purchases": doc{"countPerDay": 1}})
	_, never := g.application(doc{"grants": purchases, "purchases": doc{"countPerDay": 0}})
	_, poor := g.application(doc{"grants": purchases, "purchases": doc{"amountPerDay": doc{"minor": 100, "currency": "USD"}}})
	g.far.does(func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, `{"pnrId":"1234567890"}`) })
	key := http.Header{"Idempotency-Key": {"k-1"}}
	g.call(200, "PUT", "/v1/airside/environments/production/mode", doc{"mode": "dry-run"})
	const pnr, pnrBody = "/v2/air/create-pnr", `{"bookingId":"b"}`
	for _, tc := range []struct {
		name, token, method, path, body string
		header                          http.Header
		says                            string
		trail                           []string
	}{
		{"a purchase", once, "POST", pnr, pnrBody, key, "DRY_RUN", []string{"DRY_RUN"}},
		{"the same again", once, "POST", pnr, pnrBody, key, "DRY_RUN", []string{"DRY_RUN"}},
		{"a purchase above the cap", never, "POST", pnr, pnrBody, nil, "SPEND_CAP_REACHED", []string{"REFUSED SPEND_CAP_REACHED"}},
		{"a purchase nobody knows the price of", poor, "POST", pnr, pnrBody, nil, "PRICE_UNKNOWN", []string{"REFUSED PRICE_UNKNOWN"}},
		{"a key that is too long", plain, "POST", "/v2/companies", company, http.Header{"Idempotency-Key": {strings.Repeat("k", 256)}}, "/Idempotency-Key", nil},
		{"a condition that cannot be read", plain, "PUT", "/v2/companies/0190a0b0-0000-7000-8000-000000000001", companyNow, http.Header{"If-Match": {"7"}}, "/If-Match", nil},
		{"a write", plain, "POST", "/v2/companies", company, nil, "DRY_RUN", []string{"DRY_RUN"}},
		{"a read", plain, "GET", "/v2/companies", "", nil, "DRY_RUN", []string{"DRY_RUN"}},
	} {
		got := g.send(tc.token, tc.method, tc.path, tc.header, tc.body)
		if !strings.Contains(string(got.body), tc.says) {
			t.Errorf("%s: %d %s", tc.name, got.status, got.body)
		}
		if diff := cmp.Diff(tc.trail, g.trail(got.header.Get("X-Request-Id"))); diff != "" {
			t.Errorf("%s: the trail: %s", tc.name, diff)
		}
	}
	if n := g.far.calls.Load(); n > 0 {
		t.Errorf("%d calls reached the real API", n)
	}
	g.call(200, "PUT", "/v1/airside/environments/production/mode", doc{"mode": "live"})
	if got := g.send(once, "POST", pnr, key, pnrBody); got.status != 200 || got.header.Get("Idempotency-Replayed") != "" {
		raw, _ := json.Marshal(g.call(200, "GET", "/v1/airside/applications/"+id, nil))
		t.Errorf("the purchase after its rehearsals: %d %s of %s", got.status, got.body, raw)
	}
	if got := g.send(once, "POST", pnr, nil, pnrBody); got.code() != "SPEND_CAP_REACHED" {
		t.Errorf("the second one: %d %s", got.status, got.body)
	}
}
