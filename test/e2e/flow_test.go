// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/airsidetest"
)

// client is an integration: a server, a token, and short ways to say what it does.
type client struct {
	t     testing.TB
	srv   *airsidetest.Server
	token string
}

func start(t testing.TB, opts ...airsidetest.Option) *client {
	t.Helper()
	srv := airsidetest.Start(t, opts...)
	return &client{t, srv, srv.Token(t)}
}

// object is a decoded JSON object with reads by path: "a/0/b".
type object map[string]any

func (o object) at(path string) any {
	var v any = map[string]any(o)
	for p := range strings.SplitSeq(path, "/") {
		switch t := v.(type) {
		case map[string]any:
			v = t[p]
		case []any:
			var i int
			if _, err := fmt.Sscanf(p, "%d", &i); err != nil || i >= len(t) {
				return nil
			}
			v = t[i]
		default:
			return nil
		}
	}
	return v
}

func (o object) str(path string) string { s, _ := o.at(path).(string); return s }

func (o object) num(path string) float64 { f, _ := o.at(path).(float64); return f }

func (o object) list(path string) []object {
	list, _ := o.at(path).([]any)
	out := make([]object, 0, len(list))
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// call sends and expects a status; it answers the decoded body.
func (c *client) call(want int, method, path string, body any) object {
	c.t.Helper()
	status, raw := c.srv.Call(c.t, c.token, method, path, body)
	if status != want {
		c.t.Fatalf("%s %s answered %d, want %d: %s", method, path, status, want, raw)
	}
	if len(raw) == 0 {
		return nil
	}
	var o object
	if err := json.Unmarshal(raw, &o); err != nil {
		c.t.Fatalf("%s %s: %v in %s", method, path, err, raw)
	}
	return o
}

// refuse sends and expects an error envelope with a code.
func (c *client) refuse(want int, code, method, path string, body any) object {
	c.t.Helper()
	o := c.call(want, method, path, body)
	if got := o.str("errorMessages/0/errorCode"); got != code {
		c.t.Fatalf("%s %s: code %s, want %s: %v", method, path, got, code, o)
	}
	return o
}

type doc = map[string]any

func id(v string) doc { return doc{"id": v} }

func iso(v string) doc { return doc{"iso8601": v} }

// now is the tenant's time.
func (c *client) now() time.Time {
	c.t.Helper()
	at, err := time.Parse(time.RFC3339, c.call(200, "GET", "/v1/airside/world/clock", nil).str("now"))
	if err != nil {
		c.t.Fatal(err)
	}
	return at
}

// day is a local date so many days from the tenant's today.
func (c *client) day(days int) string { return c.now().AddDate(0, 0, days).Format(time.DateOnly) }

// leg is one leg of a search; three letters name an airport, or a city when they begin with "city:".
func leg(from, to, date string) doc {
	place := func(p string) doc {
		if city, ok := strings.CutPrefix(p, "city:"); ok {
			return doc{"city": city}
		}
		return doc{"airport": p}
	}
	return doc{"origin": place(from), "destination": place(to), "date": iso(date)}
}

// search shops for the demo's first traveler.
func (c *client) search(legs ...doc) object {
	c.t.Helper()
	return c.call(200, "POST", "/v2/air/search-flights", c.searchBody(legs...))
}

func (c *client) searchBody(legs ...doc) doc {
	return doc{
		"travelers": []doc{{"travelerType": "ADULT", "travelerInfo": doc{"userId": id(c.srv.Demo.UserID)}}},
		"legs":      legs,
	}
}

func (c *client) trip(name string) string {
	c.t.Helper()
	return c.call(201, "POST", "/v2/trips", doc{"tripName": name, "userId": id(c.srv.Demo.UserID)}).str("id")
}

// traveler is the traveler block of revalidate.
func (c *client) traveler() doc {
	return doc{"travelerDetails": doc{
		"travelerInfo": doc{"userId": id(c.srv.Demo.UserID)}, "travelerType": "ADULT",
		"name": doc{"family1": "Moreau", "given": "Ada"}, "gender": "FEMALE", "dob": iso("1988-04-12"), "email": "ada.moreau@example.com",
	}, "seats": []doc{}, "baggages": []doc{}}
}

// revalidate goes from an itinerary to a bookingId.
func (c *client) revalidate(searchID, itineraryID, tripID string) object {
	c.t.Helper()
	checkout := c.call(200, "POST", "/v2/air/flight-checkout", doc{"searchId": searchID, "itineraryId": itineraryID})
	return c.call(200, "POST", "/v2/air/revalidate-itinerary", c.revalidateBody(checkout.str("checkoutResponseId"), tripID))
}

func (c *client) revalidateBody(checkoutID, tripID string) doc {
	return doc{
		"workflowIds": doc{"checkoutResponseId": checkoutID}, "tripId": id(tripID), "travelers": []doc{c.traveler()},
	}
}

// book takes an itinerary to a PNR.
func (c *client) book(searchID, itineraryID, tripID string) string {
	c.t.Helper()
	booking := c.revalidate(searchID, itineraryID, tripID)
	created := c.call(200, "POST", "/v2/air/create-pnr", doc{"bookingId": booking.str("bookingId")})
	if got := created.str("pnrStatus"); got != "SUCCESS" {
		c.t.Fatalf("create-pnr answered %v", created)
	}
	return created.str("pnrId")
}

func (c *client) detail(tripID string) object {
	c.t.Helper()
	return c.call(200, "GET", "/v3/trips/"+tripID+"/detail", nil)
}

// withKey posts with an Idempotency-Key and says whether the answer was a replay.
func (c *client) withKey(t *testing.T, key, path, body string) (answer string, replayed bool) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.srv.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), res.Header.Get("Idempotency-Replayed") == "true"
}
