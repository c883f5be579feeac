// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/webhook"
)

// The secret with which the edge signs for its consumers: 32 bytes of one letter, invented.
const consumerSecret = "whsec_Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2M="

// applicationBehind is an application that takes webhooks from the edge, with package webhook.
type applicationBehind struct {
	url  string
	mu   sync.Mutex
	got  []webhook.Event
	fail error
}

func newApplicationBehind(t *testing.T) *applicationBehind {
	t.Helper()
	a := &applicationBehind{}
	h, err := webhook.NewHandler([]string{consumerSecret}, func(_ context.Context, e webhook.Event) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.fail == nil {
			a.got = append(a.got, e)
		}
		return a.fail
	}, webhook.Options{Report: func(_ *http.Request, err error) { t.Logf("consumer: %v", err) }})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	a.url = srv.URL
	return a
}

func (a *applicationBehind) operations(kind string) (out []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.got {
		if e.Type == kind {
			out = append(out, e.Operation)
		}
	}
	return out
}

// inboxOf starts an edge whose environment production has the upstream's webhooks, and points the upstream's
// subscription at it.
func inboxOf(t *testing.T, up *client, consumer string, more ...airsidetest.Option) *client {
	t.Helper()
	sub := up.subscribe("http://127.0.0.1:9/", "PNR_V3", "TRIP_DETAILS_V3", "TRAVELER_V2")
	edge := start(t, append([]airsidetest.Option{
		airsidetest.Upstream("production", up.srv.URL, up.srv.Demo.ClientID, up.srv.Demo.ClientSecret),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_WEBHOOK_SECRETS", "env:HOOK_NEXT,env:HOOK"),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_WEBHOOK_TARGETS", consumer),
		airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_WEBHOOK_SIGN", "env:HOOK_SIGN"),
		airsidetest.Secrets(map[string]string{"HOOK": sub.str("hmacSigningSecret"), "HOOK_SIGN": consumerSecret,
			"HOOK_NEXT": "whsec_ZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGQ="}),
	}, more...)...)
	up.call(200, "PATCH", "/v3/webhooks/subscriptions/"+sub.str("id"), doc{"url": edge.srv.URL + "/v1/airside/inbox/production"})
	return edge
}

// A booking in the real API arrives at an application behind the edge, signed by the edge, in order.
func TestInboxEndToEnd(t *testing.T) {
	t.Parallel()
	up, app := start(t), newApplicationBehind(t)
	edge := inboxOf(t, up, app.url)
	trip := up.trip("Told")
	found := up.search(leg("LHR", "JFK", up.day(60)))
	pnr := up.book(found.str("searchId"), found.list("itineraryDetails/itineraries")[0].str("itineraryId"), trip)
	up.settle()
	edge.srv.SettleInbox(t)
	if diff := cmp.Diff([]string{"BOOKING_CREATED", "BOOKING_TICKETED"}, app.operations("PNR_V3")); diff != "" {
		t.Errorf("the application was told (-want +got):\n%s", diff)
	}
	sent := up.call(200, "GET", "/v1/airside/webhooks/deliveries?limit=1000", nil).list("deliveries")
	receipts := edge.call(200, "GET", "/v1/airside/inbox/receipts?limit=1000", nil).list("receipts")
	if len(receipts) != len(sent) || len(sent) == 0 {
		t.Errorf("%d receipts of %d deliveries", len(receipts), len(sent))
	}
	for _, r := range receipts {
		if r.str("result") != "ACCEPTED" || r.str("secretReference") != "env:HOOK" || r.str("webhookId") == "" || r.str("traceId") == "" {
			t.Errorf("a receipt: %v", r)
		}
	}
	// The body is what the real API sent, to the byte: the application has it, and the edge shows it.
	ticketed := edge.call(200, "GET", "/v1/airside/inbox/receipts?resource=PNR/"+pnr+"&limit=1", nil).list("receipts")[0]
	shown := edge.call(200, "GET", "/v1/airside/inbox/receipts/"+ticketed.str("id"), nil)
	original := up.call(200, "GET", "/v1/airside/webhooks/deliveries/"+ticketed.str("webhookId"), nil)
	if diff := cmp.Diff(original.at("event"), shown.at("body")); diff != "" {
		t.Errorf("the body (-sent +received):\n%s", diff)
	}
	// Sent again by the real API it is answered 200 and the application hears nothing; passed on again by hand, the
	// application knows the delivery by its id.
	heard := len(app.got)
	up.call(200, "POST", "/v1/airside/webhooks/deliveries/"+ticketed.str("webhookId")+"/replay", nil)
	up.settle()
	if d := up.call(200, "GET", "/v1/airside/webhooks/deliveries/"+ticketed.str("webhookId"), nil); d.str("delivery/state") != "DELIVERED" {
		t.Errorf("the replay is %v", d)
	}
	if got := edge.call(200, "GET", "/v1/airside/inbox/receipts/"+ticketed.str("id"), nil); got.num("attempts") != 2 {
		t.Errorf("after the replay: %v", got)
	}
	edge.call(200, "POST", "/v1/airside/inbox/receipts/"+ticketed.str("id")+"/forward", nil)
	edge.srv.SettleInbox(t)
	if len(app.got) != heard {
		t.Errorf("the application handled %d events, after %d", len(app.got), heard)
	}
	st := edge.call(200, "GET", "/v1/airside/inbox", nil).list("inboxes")[0]
	if st.str("secrets/0/lastMatchedAt") != "" || st.str("secrets/1/lastMatchedAt") == "" || st.at("consumers/0") != app.url {
		t.Errorf("status: %v", st)
	}
}

// What is refused gets its code, an entry in the audit trail and a receipt, and reaches no application.
func TestInboxRefuses(t *testing.T) {
	t.Parallel()
	up, app := start(t), newApplicationBehind(t)
	edge := inboxOf(t, up, app.url, airsidetest.Setting("AIRSIDE_ENV_PRODUCTION_WEBHOOK_BEARER", "true"))
	g := &gateway{edge, newFar(t)}
	body := `{"event_type":"PNR_V3","operation":"BOOKING_CREATED","payload":{"pnrId":"9199471293","version":1},"timestamp":"2026-11-02T09:29:00.000Z"}`
	_, granted := g.application(doc{"grants": []doc{{"operations": []string{"receiveWebhook"}}}})
	_, other := g.application(nil)
	forged := http.Header{webhook.HeaderID: {"x"}, webhook.HeaderTimestamp: {"1793611800"}, webhook.HeaderSignature: {"AAAA"}}
	for name, tc := range map[string]struct {
		token  string
		path   string
		header http.Header
		body   string
		status int
		code   string
	}{
		"no signature":                        {"", "production", nil, body, 401, "WEBHOOK_NOT_SIGNED"},
		"a signature of nobody":               {"", "production", forged, body, 401, "WEBHOOK_SIGNATURE_REFUSED"},
		"an application without the grant":    {other, "production", nil, body, 403, "OPERATION_NOT_GRANTED"},
		"a user of this server":               {edge.token, "production", nil, body, 403, "ENVIRONMENT_NOT_ACCESSIBLE"},
		"a token that is none":                {"ast_nothing", "production", nil, body, 401, "ACCESS_TOKEN_INVALID"},
		"an environment that is not there":    {"", "staging", nil, body, 404, "RESOURCE_NOT_FOUND"},
		"what is larger than a webhook":       {granted, "production", nil, string(bytes.Repeat([]byte("x"), 1<<20+1)), 413, "REQUEST_TOO_LARGE"},
		"what is no event":                    {granted, "production", nil, `{"hello":1}`, 400, "API_VALIDATION_FAILED"},
		"no body":                             {granted, "production", nil, "", 400, "API_VALIDATION_FAILED"},
		"an application with the grant":       {granted, "production", nil, body, 200, ""},
		"the same again, of another type too": {granted, "production", http.Header{"Content-Type": {"text/plain"}}, body, 200, ""},
	} {
		got := g.send(tc.token, "POST", "/v1/airside/inbox/"+tc.path, tc.header, tc.body)
		if got.status == 413 && !bytes.Contains(got.body, []byte("webhooks have at most 1 MiB")) {
			t.Errorf("%s: the limit is not named: %s", name, got.body)
		}
		if got.status != tc.status || got.code() != tc.code {
			t.Errorf("%s: %d %s, want %d %s: %.300s", name, got.status, got.code(), tc.status, tc.code, got.body)
		}
	}
	results := map[string]int{}
	for _, r := range edge.call(200, "GET", "/v1/airside/inbox/receipts", nil).list("receipts") {
		results[r.str("result")]++
	}
	want := map[string]int{"NOT_SIGNED": 1, "SIGNATURE_REFUSED": 1, "BEARER_REFUSED": 3, "TOO_LARGE": 1, "NOT_AN_EVENT": 2, "ACCEPTED": 1}
	if diff := cmp.Diff(want, results); diff != "" {
		t.Errorf("receipts (-want +got):\n%s", diff)
	}
	edge.srv.SettleInbox(t)
	if diff := cmp.Diff([]string{"BOOKING_CREATED"}, app.operations("PNR_V3")); diff != "" {
		t.Errorf("the application was told (-want +got):\n%s", diff)
	}
	refused := map[string]int{}
	for line := range bytes.SplitSeq(bytes.TrimSpace(edge.srv.PlatformTrail(t)), []byte("\n")) {
		var e struct{ Operation, Outcome string }
		if json.Unmarshal(line, &e) == nil && e.Operation == "receiveWebhook" {
			refused[e.Outcome]++
		}
	}
	if refused["REFUSED"] != 5 {
		t.Errorf("the audit trail has %v of it", refused)
	}
}
