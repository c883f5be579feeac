// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/contract"
)

// TestStaysAndCarsUnderACap: what the price checks of hotels and cars say counts against a cap on the amount, and a
// purchase that did not happen is given back.
func TestStaysAndCarsUnderACap(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	_, token := g.application(doc{
		"grants":    []doc{{"scopes": []string{"hotel:book", "hotel:shop", "car:book", "car:shop"}, "effects": []string{"purchase", "read"}}},
		"purchases": doc{"amountPerDay": doc{"minor": 100000, "currency": "USD"}},
	})
	example := func(operation string) string { return string(contract.Example(operation).Request.Body) }
	usd := func(amount string) string { return `{"amount":` + amount + `,"currencyCode":"USD"}` }
	g.far.does(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v2/hotel/price-check":
			answerJSON(w, 200, `{"bookingKey":"key-2041","timeout":900,"priceChange":false,"price":{"base":`+usd("400")+`,"tax":`+usd("90")+`,"roomFees":[{"amount":`+usd("10")+`}]}}`)
		case "/v2/car/price-check":
			answerJSON(w, 200, `{"bookingKey":"key-2041","hasPriceChanged":false,"finalRateInfo":{"rateType":"GUARANTEED","carRateComponents":[{"componentType":"APPROXIMATE_TOTAL_PRICE","amount":`+usd("300.5")+`}]}}`)
		case "/v2/hotel/create-pnr":
			answerJSON(w, 200, `{"pnrId":"1234567890","pnrStatus":"SUCCESS"}`)
		default:
			answerJSON(w, 409, `{"debugIdentifier":"d","errorMessages":[{"errorCode":"SOLD_OUT","message":"gone"}]}`)
		}
	})
	stay, car := strings.NewReplacer(`"ancillaryKeys"`, `"ancillaryKeysOfTheExample"`).Replace(example("hotelCreatePnr")), example("carCreatePnr")
	car = strings.Replace(car, `"specialEquipmentTypes"`, `"specialEquipmentTypesOfTheExample"`, 1)
	for i, tc := range []struct {
		path, body string
		status     int
		code, says string
	}{
		{"/v2/hotel/create-pnr", stay, 403, "PRICE_UNKNOWN", "no answer to this server said what its key costs"},
		{"/v2/hotel/price-check", example("hotelPriceCheck"), 200, "", ""},
		{"/v2/hotel/create-pnr", example("hotelCreatePnr"), 403, "PRICE_UNKNOWN", "ancillaryKeys"},
		{"/v2/hotel/create-pnr", stay, 200, "", ""},
		{"/v2/car/create-pnr", car, 403, "PRICE_UNKNOWN", "no answer to this server said what its key costs"},
		{"/v2/car/price-check", example("carPriceCheck"), 200, "", ""},
		{"/v2/car/create-pnr", example("carCreatePnr"), 403, "PRICE_UNKNOWN", "at the counter"},
		{"/v2/car/create-pnr", car, 409, "SOLD_OUT", ""}, // 500 + 300.50, given back
		{"/v2/car/create-pnr", car, 409, "SOLD_OUT", ""},
		{"/v2/hotel/create-pnr", stay, 200, "", ""},
		{"/v2/car/create-pnr", car, 403, "SPEND_CAP_REACHED", "spent 1000.00 USD of 1000.00 USD today, and this purchase is 300.50 USD"},
		{"/v2/hotel/create-pnr", stay, 403, "SPEND_CAP_REACHED", "this purchase is 500.00 USD"},
	} {
		got := g.send(token, "POST", tc.path, nil, tc.body)
		if got.status != tc.status || got.code() != tc.code || !strings.Contains(string(got.body), tc.says) {
			t.Errorf("%d. %s: %d %s", i, tc.path, got.status, got.body)
		}
	}
}

// TestQuotaSurvivesARestart: a server that is stopped gives back what it did not use, and no fresh quota begins. What
// was called is known afterwards.
func TestQuotaSurvivesARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.db")
	const quota, each = 450, 200 // a server takes four at once
	var secret, id, appSecret string
	sum := 0
	for run := range 3 {
		t.Run(fmt.Sprint("run ", run), func(t *testing.T) {
			srv := airsidetest.Start(t, airsidetest.Database(file))
			if secret == "" {
				secret = srv.Demo.ClientSecret
			}
			srv.Demo.ClientSecret = secret
			c := &client{t, srv, srv.Token(t)}
			if id == "" {
				a := c.call(201, "POST", "/v1/airside/applications", doc{"name": "eager", "owner": "lena.okafor@example.com", "role": "TMC_ADMIN",
					"grants": []doc{{"scopes": []string{"user:read"}}}, "requestsPerDay": quota})
				id, appSecret = a.str("clientId"), a.str("clientSecret")
			}
			list := c.call(200, "GET", "/v1/airside/applications", nil)
			if known := list.str("callsRecordedSince") != "" && list.str("applications/0/lastCallAt") != ""; known != (run > 0) {
				t.Errorf("in run %d, what is known of its calls: %v", run, list)
			}
			token := srv.TokenOf(t, id, appSecret)
			for range each + 1 {
				status, raw := srv.Call(t, token, "GET", "/v2/users/"+srv.Demo.UserID, nil)
				switch {
				case status == 200:
					sum++
				case status != 429 || !strings.Contains(string(raw), "QUOTA_REACHED"):
					t.Fatalf("%d %s", status, raw)
				}
			}
		})
	}
	if sum != quota {
		t.Errorf("%d calls of %d in three runs of a server", sum, quota)
	}
}

// TestEgressLimit: what this server may send to the real API is limited by its operator. A call that finds no place in its
// time is told so, and when to come back; it never left.
func TestEgressLimit(t *testing.T) {
	t.Parallel()
	g := startGateway(t, airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_RATE", "0.01"), airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_TIMEOUT", "1s"))
	_, token := g.application(nil)
	if got := g.send(token, "GET", "/v2/companies", nil, ""); got.status != 200 {
		t.Fatalf("the first call: %d %s", got.status, got.body)
	}
	for _, x := range []struct {
		method, body string
		trail        []string
	}{{"GET", "", nil}, {"POST", company, []string{"INTENT", "REFUSED EGRESS_LIMIT_REACHED"}}} {
		got := g.send(token, x.method, "/v2/companies", nil, x.body)
		if got.status != 503 || got.code() != "EGRESS_LIMIT_REACHED" || !strings.Contains(string(got.body), "has reached its limit of calls per second") || g.far.calls.Load() != 1 {
			t.Errorf("%s: %d after %d calls: %s", x.method, got.status, g.far.calls.Load(), got.body)
		}
		if diff := cmp.Diff(x.trail, g.trail(got.header.Get("X-Request-Id"))); diff != "" {
			t.Errorf("%s: the trail: %s", x.method, diff)
		}
		if wait, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || wait < 2 || wait > 100 {
			t.Errorf("%s: Retry-After %q", x.method, got.header.Get("Retry-After"))
		}
	}
}
