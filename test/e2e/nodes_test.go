// SPDX-License-Identifier: Apache-2.0

//go:build pg

package e2e_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store/pgtest"
)

// never is a bound so long that a server compares only inside its writes.
const never = time.Hour

// database makes an empty database and a key file.
func database(t *testing.T) (target, key string) {
	t.Helper()
	key = filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(base64.StdEncoding.EncodeToString(ids.Bytes(32))), 0o600); err != nil {
		t.Fatal(err)
	}
	return pgtest.Database(t), key
}

// pair is one caller with one token at two servers that share a database. Both have met the tenant.
func pair(t *testing.T, within time.Duration) (a, b *client) {
	t.Helper()
	target, key := database(t)
	opts := []airsidetest.Option{airsidetest.Postgres(target, key), airsidetest.FollowWithin(within)}
	a = start(t, opts...)
	srv := airsidetest.Start(t, opts...)
	srv.Demo.ClientSecret = a.srv.Demo.ClientSecret
	b = &client{t, srv, a.token}
	b.call(200, "GET", "/v2/companies/"+srv.Demo.CompanyID, nil) // the other one's token is good here at once
	return a, b
}

// bearing is a client with another token.
func (c *client) bearing(token string) *client { return &client{c.t, c.srv, token} }

// admin makes an API user at one server.
func (c *client) admin() (clientID, secret string) {
	c.t.Helper()
	made := c.call(200, "POST", "/v2/api-users", doc{"role": "TMC_ADMIN"})
	return made.str("clientId"), made.str("clientSecret")
}

func companies(c *client) string { return "/v2/companies/" + c.srv.Demo.CompanyID }

// TestCredentialsOfTwoNodes: what one server issues, rotates and revokes counts at the other one with the
// next request.
func TestCredentialsOfTwoNodes(t *testing.T) {
	t.Parallel()
	a, b := pair(t, 0)
	id, secret := a.admin()
	token := b.srv.TokenOf(t, id, secret)
	for _, c := range []*client{a, b} {
		c.bearing(token).call(200, "GET", companies(c), nil)
	}
	rotated := a.call(200, "POST", "/v2/api-users/rotate", doc{"clientId": id}).str("clientSecret")
	for _, c := range []*client{b, a} {
		c.bearing(token).refuse(401, "ACCESS_TOKEN_INVALID", "GET", companies(c), nil)
	}
	if status := tokenStatus(t, b, id, secret); status != 403 {
		t.Errorf("the other server answers %d for a secret that was rotated", status)
	}
	token = b.srv.TokenOf(t, id, rotated)
	a.bearing(token).call(200, "GET", companies(a), nil)
	b.call(204, "POST", "/v2/api-users/revoke", doc{"clientId": id})
	for _, c := range []*client{a, b} {
		c.bearing(token).refuse(401, "ACCESS_TOKEN_INVALID", "GET", companies(c), nil)
		if status := tokenStatus(t, c, id, rotated); status != 403 {
			t.Errorf("%d for a secret that was revoked", status)
		}
	}
	// The safeguard of a client too.
	path := "/v1/airside/api-users/" + a.srv.Demo.ClientID + "/safeguards"
	company := b.call(200, "GET", companies(b), nil)
	delete(company, "externalId")
	a.call(204, "PUT", path, doc{"refuseLossyUpdates": true})
	b.refuse(409, "LOSSY_UPDATE", "PUT", companies(b), company)
}

func tokenStatus(t *testing.T, c *client, id, secret string) int {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
	res, err := http.DefaultTransport.RoundTrip(formRequest(t, c.srv.URL+"/v2/auth/oauth2-token", form))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// TestRevokedAtAnotherNode: a write decides inside its transaction, so that a token which was revoked
// elsewhere writes nothing even at a server that has not compared for long. The usual bound is short.
func TestRevokedAtAnotherNode(t *testing.T) {
	t.Parallel()
	a, b := pair(t, never)
	id, secret := a.admin()
	old := b.bearing(b.srv.TokenOf(t, id, secret))
	old.call(200, "GET", companies(b), nil)
	a.call(204, "POST", "/v2/api-users/revoke", doc{"clientId": id})
	old.call(200, "GET", companies(b), nil) // what the bound allows
	old.refuse(401, "ACCESS_TOKEN_INVALID", "POST", "/v2/users", fullUser(b.srv))
	// Nor does it move the clock, which takes several transactions.
	id, secret = a.admin()
	old = b.bearing(b.srv.TokenOf(t, id, secret))
	old.call(200, "GET", "/v1/airside/world/clock", nil)
	a.call(204, "POST", "/v2/api-users/revoke", doc{"clientId": id})
	old.refuse(401, "ACCESS_TOKEN_INVALID", "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT1M"})

	a, b = pair(t, 250*time.Millisecond)
	id, secret = a.admin()
	token := b.srv.TokenOf(t, id, secret)
	a.call(204, "POST", "/v2/api-users/revoke", doc{"clientId": id})
	deadline := time.After(time.Minute)
	for {
		if status, _ := b.srv.Call(t, token, "GET", companies(b), nil); status == 401 {
			return
		}
		select {
		case <-deadline:
			t.Fatal("the other server never heard of it")
		default:
		}
	}
}

// TestRightsOfTwoNodes: roles and groups that change at one server count at the other one.
func TestRightsOfTwoNodes(t *testing.T) {
	t.Parallel()
	for name, within := range map[string]time.Duration{"each request": 0, "writes only": never} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := pair(t, within)
			c := &crew{client: a, p: newPartner(t, "crew-1"), company: a.srv.Demo.CompanyID, people: map[string]string{}}
			a.call(201, "POST", "/v2/companies/"+c.company+"/partner-public-keys", doc{"keyType": "JWKS", "jwks": doc{"keys": []doc{c.p.jwk()}}})
			for _, u := range a.call(200, "GET", "/v2/users?companyId="+c.company, nil).list("elements") {
				c.people[u.str("email")] = u.str("id")
			}
			ada := b.bearing(c.as(adaMail).token)
			roles := "/v2/users/" + c.people[adaMail] + "/roles"
			rename := func(want int, n string) {
				t.Helper()
				ada.call(want, "PUT", "/v2/users/"+c.people[tomasMail]+"/external-id", doc{"externalId": n})
			}
			list := doc{"companyId": id(c.company), "pagination": doc{}}
			a.call(204, "PUT", roles, doc{"roles": []doc{{"roleType": "COMPANY_ADMIN"}}})
			rename(200, "T-1") // a server that knows the user for the first time
			a.call(204, "PUT", roles, doc{"roles": []doc{}})
			rename(403, "T-2")
			if within == 0 {
				a.call(204, "PUT", roles, doc{"roles": []doc{{"roleType": "COMPANY_ADMIN"}}})
				ada.call(200, "POST", "/v3/users/list", list)
				a.call(204, "PUT", roles, doc{"roles": []doc{}})
				ada.refuse(403, "ACCESS_DENIED", "POST", "/v3/users/list", list)
				group, _ := c.group("User Admins")
				members := c.groups() + "/" + group + "/members"
				a.call(204, "POST", members+"/add", doc{"userIds": []string{c.people[adaMail]}})
				ada.call(200, "POST", "/v3/users/list", list)
				a.call(204, "POST", members+"/remove", doc{"userIds": []string{c.people[adaMail]}})
				ada.refuse(403, "ACCESS_DENIED", "POST", "/v3/users/list", list)
				a.call(204, "DELETE", "/v2/users/"+c.people[adaMail], nil)
				ada.refuse(401, "ACCESS_TOKEN_INVALID", "GET", "/v2/users/"+c.people[adaMail], nil)
			}
		})
	}
}

// TestClockOfTwoNodes: a tenant has one clock, whoever moves it.
func TestClockOfTwoNodes(t *testing.T) {
	t.Parallel()
	a, b := pair(t, 0)
	start := a.call(200, "POST", "/v1/airside/world/clock/freeze", nil).str("now")
	if got := b.call(200, "GET", "/v1/airside/world/clock", nil).str("now"); got != start {
		t.Fatalf("frozen at %s, the other server shows %s", start, got)
	}
	first, err := time.Parse(time.RFC3339, start)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []*client{a, b, a, b} {
		c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT10M"})
		for _, d := range []*client{a, b} {
			if got := d.now().Sub(first); got != time.Duration(i+1)*10*time.Minute {
				t.Errorf("after %d advances of 10 minutes: %v", i+1, got)
			}
		}
	}
	// A token expires by it at both.
	b.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT21M"})
	a.refuse(401, "ACCESS_TOKEN_INVALID", "GET", companies(a), nil)
	b.refuse(401, "ACCESS_TOKEN_INVALID", "GET", companies(b), nil)
}

// TestWritesByTheClockOfAnotherNode: a write is dated by the clock as it is, also at a server that has not
// compared for long, and does not undo what another one set.
func TestWritesByTheClockOfAnotherNode(t *testing.T) {
	t.Parallel()
	a, b := pair(t, never)
	a.call(200, "POST", "/v1/airside/world/clock/freeze", nil)
	a.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT50M"})
	if got := b.srv.TokenOf(t, b.srv.Demo.ClientID, b.srv.Demo.ClientSecret); got == "" {
		t.Fatal("no token")
	}
	// The token was made at the new time, and so does not end 50 minutes early.
	token := b.srv.TokenOf(t, b.srv.Demo.ClientID, b.srv.Demo.ClientSecret)
	moved := a.bearing(token)
	moved.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT30M"})
	moved.call(200, "GET", companies(a), nil)
	want := moved.now().Add(5 * time.Minute)
	b.bearing(token).call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT5M"})
	if got := b.bearing(token).now(); !got.Equal(want) {
		t.Errorf("the clock shows %v, want %v", got, want)
	}
}

// TestLastSeatOfTwoNodes: a seat is sold once, though each server believes it is free; and once the servers
// compare, searches know.
func TestLastSeatOfTwoNodes(t *testing.T) {
	t.Parallel()
	a, b := pair(t, never)
	offer := func(c *client, trip string) string {
		t.Helper()
		search, itinerary := c.zz("100") // has one seat
		return c.revalidate(search, itinerary, trip).str("bookingId")
	}
	nodes := []*client{a, b}
	bookings := make([]string, 12)
	for i := range bookings {
		bookings[i] = offer(nodes[i%2], a.trip("Wants the seat"))
	}
	var wg sync.WaitGroup
	answers := make([]int, len(bookings))
	for i, booking := range bookings {
		wg.Go(func() {
			c := nodes[i%2]
			answers[i], _ = c.srv.Call(t, c.token, "POST", "/v2/air/create-pnr", doc{"bookingId": booking})
		})
	}
	wg.Wait()
	count := map[int]int{}
	for _, status := range answers {
		count[status]++
	}
	if count[200] != 1 || count[409] != len(bookings)-1 {
		t.Errorf("one seat, %d bookings: answers %v", len(bookings), answers)
	}

	a, b = pair(t, 0)
	trip := a.trip("Books and cancels")
	pnr := a.call(200, "POST", "/v2/air/create-pnr", doc{"bookingId": offer(a, trip)}).str("pnrId")
	body := b.searchBody(leg("LHR", "JFK", b.day(60)))
	body["filters"] = []doc{{"flightNumber": doc{"flightNumber": doc{"airlineCode": "ZZ", "num": "100"}}}}
	if found := b.call(200, "POST", "/v2/air/search-flights", body).list("itineraryDetails/itineraries"); len(found) != 0 {
		t.Errorf("%d offers of a seat that the other server sold", len(found))
	}
	option := findOption(b.call(200, "GET", "/v2/trips/"+trip+"/pnrs/"+pnr+"/cancellation-details", nil), "VOID")
	b.call(200, "POST", "/v2/air/cancel-pnr", doc{"pnrId": pnr, "optionId": option})
	a.call(200, "POST", "/v2/air/create-pnr", doc{"bookingId": offer(a, trip)})
}

// TestWebhooksOfTwoNodes: a subscription that was made at one server is told of what happens at the other one,
// and what is due is done once, by whichever server.
func TestWebhooksOfTwoNodes(t *testing.T) {
	t.Parallel()
	a, b := pair(t, 250*time.Millisecond)
	target, events := receiver(t)
	sub := b.subscribe(target, "PNR_V3", "TRAVELER_V2")
	user := a.call(201, "POST", "/v2/users", fullUser(a.srv)).str("id")
	search, itinerary := a.zz("190") // is ticketed ten minutes after the booking
	pnr := a.book(search, itinerary, a.trip("Told by both"))
	var wg sync.WaitGroup
	for _, c := range []*client{a, b} {
		wg.Go(func() { c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT25M"}) })
	}
	wg.Wait()
	a.settle()
	b.settle()
	told, seen := map[string]int{}, map[string]bool{}
	for len(events) > 0 {
		e := <-events
		if key := e.header.Get("X-Spotnana-Webhook-Id"); seen[key] { // both may send one delivery; receivers tell by its id
			continue
		} else if seen[key] = true; key == "" {
			t.Fatalf("a delivery without an id: %v", e.header)
		}
		told[e.event.str("operation")+" "+e.event.str("payload/pnrId")+e.event.str("payload/id")]++
	}
	for _, want := range []string{"BOOKING_CREATED " + pnr, "BOOKING_TICKETED " + pnr} {
		if told[want] != 1 {
			t.Errorf("%s was told %d times: %v", want, told[want], told)
		}
	}
	if len(told) < 3 {
		t.Errorf("user %s was not told of: %v", user, told)
	}
	a.call(204, "DELETE", "/v1/airside/webhooks/subscriptions/"+sub.str("id"), nil)
	b.call(201, "POST", "/v2/trips", doc{"tripName": "Untold", "userId": id(b.srv.Demo.UserID)})
}

// TestApplicationsOfTwoNodes: an application that was registered, narrowed or suspended at one server is so at the
// other one, and its old secret works there for as long as was said.
func TestApplicationsOfTwoNodes(t *testing.T) {
	t.Parallel()
	a, b := pair(t, 0)
	settings := doc{"name": "reader", "owner": "lena.okafor@example.com", "environment": "sandbox", "role": "TMC_ADMIN",
		"grants": []doc{{"scopes": []string{"company:read", "user:read"}}}}
	made := a.call(201, "POST", "/v1/airside/applications", settings)
	path := "/v1/airside/applications/" + made.str("clientId")
	there := b.bearing(b.srv.TokenOf(t, made.str("clientId"), made.str("clientSecret")))
	there.call(200, "GET", companies(b), nil)
	there.refuse(403, "OPERATION_NOT_GRANTED", "POST", "/v2/companies", doc{"name": "Quay", "billingCurrency": "USD", "companyRoles": []string{"ORG"}})
	settings["grants"] = []doc{{"scopes": []string{"user:read"}}}
	a.call(200, "PUT", path, settings)
	there.refuse(403, "OPERATION_NOT_GRANTED", "GET", companies(b), nil)
	settings["grants"] = []doc{{"scopes": []string{"company:read"}}}
	b.call(200, "PUT", path, settings)
	there.call(200, "GET", companies(b), nil)
	a.call(200, "POST", path+"/rotate-secret", doc{"overlapSeconds": 3600})
	b.srv.TokenOf(t, made.str("clientId"), made.str("clientSecret"))
	a.call(200, "POST", path+"/suspend", doc{"reason": "left"})
	there.refuse(403, "APPLICATION_SUSPENDED", "GET", companies(b), nil)
	a.call(204, "DELETE", path, nil)
	there.refuse(401, "ACCESS_TOKEN_INVALID", "GET", companies(b), nil)
}

// TestNewApplicationAtAnotherNode: a server that has not heard of an application yet lets it do what it was granted and
// nothing else, with the bound that is usual.
func TestNewApplicationAtAnotherNode(t *testing.T) {
	t.Parallel()
	far := newFar(t)
	far.does(func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, `{"elements":[]}`) })
	for name, within := range map[string]time.Duration{"usual bound": 250 * time.Millisecond, "writes only": never} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, key := database(t)
			opts := []airsidetest.Option{airsidetest.Postgres(target, key), airsidetest.FollowWithin(within), airsidetest.Upstream("production", far.URL, "far-client", "far-secret-canary")}
			a := start(t, opts...)
			b := &client{t, airsidetest.Start(t, opts...), a.token}
			for i := range 8 {
				b.call(200, "GET", companies(b), nil) // it has compared just now
				made := a.call(201, "POST", "/v1/airside/applications", doc{"name": fmt.Sprint("reader ", i), "owner": "lena.okafor@example.com",
					"environment": "sandbox", "role": "TMC_ADMIN", "grants": []doc{{"scopes": []string{"company:read"}}}})
				token := a.srv.TokenOf(t, made.str("clientId"), made.str("clientSecret"))
				live := a.call(201, "POST", "/v1/airside/applications", doc{"name": fmt.Sprint("mailer ", i), "owner": "lena.okafor@example.com",
					"environment": "production", "grants": []doc{{"scopes": []string{"user:read"}}}})
				far := a.srv.TokenOf(t, live.str("clientId"), live.str("clientSecret"))
				var burst sync.WaitGroup
				for range 6 {
					burst.Go(func() {
						if status, raw := b.srv.Call(t, token, "GET", "/v1/airside/applications", nil); status != 403 {
							t.Errorf("%d %.200s for what was not granted", status, raw)
						}
						if status, raw := b.srv.Call(t, far, "GET", "/v2/users?companyId="+b.srv.Demo.CompanyID, nil); status != 200 || strings.Contains(string(raw), b.srv.Demo.CompanyID) {
							t.Errorf("%d %.200s from the real API", status, raw)
						}
					})
				}
				burst.Wait()
				b.bearing(token).call(200, "GET", companies(b), nil)
			}
			if far.calls.Load() == 0 {
				t.Error("no call reached the real API")
			}
		})
	}
}
