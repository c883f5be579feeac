// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// received is one delivery as it came.
type received struct {
	header http.Header
	body   []byte
	event  object
}

// receiver takes deliveries and answers what it is told to.
func receiver(t *testing.T) (url string, events <-chan received) {
	t.Helper()
	ch := make(chan received, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		got := received{header: r.Header, body: body}
		if err := json.Unmarshal(body, &got.event); err != nil {
			t.Errorf("event: %v in %s", err, body)
		}
		ch <- got
	}))
	t.Cleanup(srv.Close)
	return srv.URL, ch
}

func (c *client) subscribe(url string, types ...string) object {
	c.t.Helper()
	return c.call(201, "POST", "/v3/webhooks/subscriptions", doc{
		"name": "test", "url": url, "eventTypes": types, "subscriberId": c.srv.Demo.CompanyID,
		"eventSource": doc{"scopes": []doc{{"predicates": []doc{{"type": "COMPANY", "values": []string{c.srv.Demo.CompanyID}}}}}},
	})
}

// settle performs everything that is due, deliveries included.
func (c *client) settle() {
	c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT1S"})
}

func TestWebhooksTellTheWholeStory(t *testing.T) {
	t.Parallel()
	c := start(t)
	url, events := receiver(t)
	sub := c.subscribe(url, "PNR_V3", "TRIP_DETAILS_V3", "TRAVELER_V2")

	user := c.call(201, "POST", "/v2/users", fullUser(c.srv)).str("id")
	trip := c.trip("Told")
	found := c.search(leg("LHR", "JFK", c.day(60)))
	itineraries := found.list("itineraryDetails/itineraries")
	offer := itineraries[slices.IndexFunc(itineraries, func(o object) bool { return o.at("fareAttributes/isVoidable") == true })]
	pnrID := c.book(found.str("searchId"), offer.str("itineraryId"), trip)
	c.settle()
	pnr := c.call(200, "GET", "/v3/trips/"+trip+"/pnrs/"+pnrID, nil)
	detail := c.detail(trip)
	option := findOption(c.call(200, "GET", "/v2/trips/"+trip+"/pnrs/"+pnrID+"/cancellation-details", nil), "VOID")
	c.call(200, "POST", "/v2/air/cancel-pnr", doc{"pnrId": pnrID, "optionId": option})
	c.settle()

	// The signature is verified by an implementation that is not ours.
	wh, err := standardwebhooks.NewWebhook(sub.str("hmacSigningSecret"))
	if err != nil {
		t.Fatal(err)
	}
	var pnrOps, tripOps, userOps []string
	for len(events) > 0 {
		e := <-events
		standard := http.Header{}
		for _, h := range []string{"id", "timestamp"} {
			standard.Set("webhook-"+h, e.header.Get("x-spotnana-webhook-"+h))
		}
		standard.Set("webhook-signature", "v1,"+strings.TrimPrefix(e.header.Get("x-spotnana-webhook-signature"), "v1,"))
		if err := wh.Verify(e.body, standard); err != nil {
			t.Errorf("signature of %s: %v", e.event.str("operation"), err)
		}
		if len(e.header.Get("X-B3-Traceid")) != 32 || len(e.header.Get("X-B3-Spanid")) != 16 {
			t.Errorf("trace headers: %v", e.header)
		}
		op := e.event.str("operation")
		payload, _ := e.event.at("payload").(map[string]any)
		switch e.event.str("event_type") {
		case "PNR_V3":
			pnrOps = append(pnrOps, op)
			if op == "BOOKING_TICKETED" {
				if diff := cmp.Diff(map[string]any(pnr), payload); diff != "" {
					t.Errorf("the payload is not what GET answered (-get +payload):\n%s", diff)
				}
				if len(e.event.at("operationSummary/ticketsIssued").([]any)) == 0 {
					t.Error("operationSummary names no ticket")
				}
			}
		case "TRIP_DETAILS_V3":
			tripOps = append(tripOps, op)
			if p := object(payload); len(p.list("pnrs")) == 1 && p.str("tripBookingStatus") == "CONFIRMED_STATUS" {
				if diff := cmp.Diff(map[string]any(detail), payload); diff != "" {
					t.Errorf("the trip's payload is not what GET answered (-get +payload):\n%s", diff)
				}
			}
		case "TRAVELER_V2":
			userOps = append(userOps, op)
			if payload["id"] != user {
				t.Errorf("an event of user %v", payload["id"])
			}
		}
	}
	if diff := cmp.Diff([]string{"BOOKING_CREATED", "BOOKING_TICKETED", "TICKET_VOIDED"}, pnrOps); diff != "" {
		t.Errorf("PNR operations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"CREATE"}, userOps); diff != "" {
		t.Errorf("user operations:\n%s", diff)
	}
	if len(tripOps) < 3 || tripOps[0] != "TRIP_CREATED" {
		t.Errorf("trip operations: %v", tripOps)
	}
}
