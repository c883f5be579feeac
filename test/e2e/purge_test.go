// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/internal/companykey"
	"github.com/airside-travel/airside/internal/personkey"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

// canaries are what must be gone: nothing else in the world is spelled like this.
func canaries() []string {
	return []string{
		"xanthippa", "quibbleworth", "zephyrine", "xq.work@example.com", "xq.home@example.com", "7946055512", "p90155512", "1961-07-23", "23jul61",
		"55 wombat", "ba90155512", "emp-90155512", "ext-90155512",
	}
}

func (c *client) canary() doc {
	return doc{
		"persona": "EMPLOYEE", "externalId": "EXT-90155512",
		"personalInfo": doc{
			"name": doc{"given": "Xanthippa", "middle": "Zephyrine", "family1": "Quibbleworth"}, "gender": "FEMALE", "email": "xq.home@example.com",
			"dob": iso("1961-07-23"), "addresses": []doc{{"addressLines": []string{"55 Wombat Lane"}, "locality": "London", "regionCode": "GB"}},
			"phoneNumbers": []doc{{"countryCode": 44, "nationalNumber": 7946055512, "rawInput": "+447946055512"}},
			"identityDocs": []doc{{"passport": doc{"docId": "P90155512", "expiryDate": iso("2031-01-01"), "issueCountry": "GB", "nationalityCountry": "GB"}}},
		},
		"businessInfo": doc{"organizationRef": id(c.srv.Demo.CompanyID), "legalEntityRef": id(c.srv.Demo.LegalEntityID),
			"email": "xq.work@example.com", "employeeId": "EMP-90155512"},
		"membershipInfo": doc{"membershipInfos": []doc{{"id": "BA90155512", "issuedBy": "BA", "type": "AIR"}}},
	}
}

// sightings are the canaries in a text, in any letter case.
func sightings(text []byte) (found []string) {
	lower := bytes.ToLower(text)
	for _, canary := range canaries() {
		if bytes.Contains(lower, []byte(canary)) {
			found = append(found, canary)
		}
	}
	return found
}

// life leaves traces of a person wherever the platform keeps any. It answers what is looked at afterwards.
func (c *client) life() (user, trip, pnr, key string, body []byte) {
	c.t.Helper()
	body, err := json.Marshal(c.canary())
	if err != nil {
		c.t.Fatal(err)
	}
	key = "create-canary"
	answer, _ := c.withKey(c.t.(*testing.T), key, "/v2/users", string(body))
	var created struct{ ID string }
	if err := json.Unmarshal([]byte(answer), &created); err != nil || created.ID == "" {
		c.t.Fatalf("create: %s", answer)
	}
	user = created.ID
	path := "/v2/users/" + user
	c.call(204, "PUT", path+"/roles", doc{"roles": []doc{{"roleType": "TRAVEL_ARRANGER", "metadata": doc{"roleType": "TRAVEL_ARRANGER",
		"arrangerFor": []doc{{"userId": c.srv.Demo.UserID}}}}}})
	c.call(200, "POST", path+"/favorites", doc{"type": "HOTEL_SEARCH", "displayName": "Xanthippa's hotel", "params": doc{"q": "London"}})
	personal, _ := c.canary()["personalInfo"].(doc)
	delete(personal, "addresses")
	c.call(200, "PUT", path+"/personal-info", personal) // the audit notes what was left out
	// A directory of the company writes about the person, too.
	p := provision(c)
	resource, err := json.Marshal(p.scim(200, "GET", "/Users/"+user, ""))
	if err != nil {
		c.t.Fatal(err)
	}
	p.scim(200, "PUT", "/Users/"+user, string(resource))

	trip = c.call(201, "POST", "/v2/trips", doc{"tripName": "Quibbleworth to New York", "tripDescription": "for Xanthippa", "userId": id(user)}).str("id")
	day := c.day(60)
	found := c.call(200, "POST", "/v2/air/search-flights", doc{
		"travelers": []doc{{"travelerType": "ADULT", "travelerInfo": doc{"userId": id(user)}}}, "legs": []doc{leg("LHR", "JFK", day)}})
	offer := found.list("itineraryDetails/itineraries")[0]
	checkout := c.call(200, "POST", "/v2/air/flight-checkout", doc{"searchId": found.str("searchId"), "itineraryId": offer.str("itineraryId")})
	booking := c.call(200, "POST", "/v2/air/revalidate-itinerary", doc{
		"workflowIds": doc{"checkoutResponseId": checkout.str("checkoutResponseId")}, "tripId": id(trip),
		"travelers": []doc{{"travelerDetails": doc{"travelerInfo": doc{"userId": id(user)}, "travelerType": "ADULT", "gender": "FEMALE",
			"name": doc{"given": "Xanthippa", "family1": "Quibbleworth"}, "dob": iso("1961-07-23"), "email": "xq.work@example.com"},
			"seats": []doc{}, "baggages": []doc{}}},
	})
	pnr = c.call(200, "POST", "/v2/air/create-pnr", doc{"bookingId": booking.str("bookingId"),
		"remarks": []doc{}}).str("pnrId")
	c.call(201, "POST", "/v2/trips/"+trip+"/agent-notes", doc{"pnrId": pnr, "note": "Xanthippa likes the aisle, call +447946055512"})
	return user, trip, pnr, key, body
}

func TestPurge(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "airside.db")
	var user, trip, pnr string
	var before, sealedKey []byte
	t.Run("while it runs", func(t *testing.T) {
		c := start(t, airsidetest.Database(file))
		dead := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
		t.Cleanup(dead.Close)
		c.subscribe(dead.URL, "PNR_V3", "TRIP_DETAILS_V3", "TRAVELER_V2")
		var key string
		var body []byte
		user, trip, pnr, key, body = c.life()
		path := "/v1/airside/users/" + user + "/purge"
		money := c.call(200, "GET", "/v3/trips/"+trip+"/pnrs/"+pnr, nil)

		preview := c.call(200, "GET", path, nil)
		for what, n := range map[string]float64{"profile": 1, "favorites": 1, "roleLists": 1, "scimResources": 1, "externalIdsOfLedger": 1,
			"trips": 1, "pnrs": 1, "agentNotes": 1, "supplierOrders": 1} {
			lines := preview.list("lines")
			i := slices.IndexFunc(lines, func(o object) bool { return o.str("what") == what })
			if i < 0 || lines[i].num("count") != n {
				t.Errorf("preview of %s: %v, want %v", what, lines, n)
			}
		}
		if c.call(200, "GET", "/v2/users/"+user, nil).str("externalId") != "EXT-90155512" {
			t.Error("the preview changed something")
		}
		before = everything(t, c.everythingOf(user, trip, pnr))
		if seen := sightings(before); len(seen) < len(canaries())-2 {
			t.Fatalf("only %v are to be seen before the purge: the test proves nothing", seen)
		}
		sealedKey = storedKey(t, file, user)

		report := c.call(200, "POST", path, nil)
		if report.str("purgedAt") == "" {
			t.Errorf("report: %v", report)
		}
		c.refuse(404, "RESOURCE_NOT_FOUND", "POST", path, nil)
		if got := c.refuse(404, "RESOURCE_NOT_FOUND", "GET", "/v2/users/"+user+"?includeInactive=true", nil); !strings.Contains(fmt.Sprint(got), "purged") {
			t.Errorf("a purged user reads as %v", got)
		}
		c.refuse(404, "RESOURCE_NOT_FOUND", "POST", "/v2/users/"+user+"/activate", nil)
		if seen := sightings(everything(t, c.everythingOf(user, trip, pnr))); seen != nil {
			t.Errorf("the API still shows %v", seen)
		}
		after := c.call(200, "GET", "/v3/trips/"+trip+"/pnrs/"+pnr, nil)
		for _, kept := range []string{"totalFareAmount", "airPnr/travelerInfos/0/tickets", "costOfGoodsSold", "airPnr/legs", "sourceInfo", "pnrTravelers/0/userId"} {
			if a, b := fmt.Sprint(money.at(kept)), fmt.Sprint(after.at(kept)); a != b || a == "<nil>" {
				t.Errorf("%s of the booking was %.300s and is %.300s", kept, a, b)
			}
		}
		if got := after.str("pnrTravelers/0/personalInfo/name/family1"); got != "PURGED" {
			t.Errorf("the traveler is called %q", got)
		}
		// What was said then is not said again.
		if again, replayed := c.withKey(t, key, "/v2/users", string(body)); replayed || !strings.Contains(again, "purged") {
			t.Errorf("replay of the creation: %s", again)
		}
		c.oldEvents(user)
		if v := c.call(200, "GET", "/v1/airside/audit/verify", nil); v["intact"] != true {
			t.Errorf("audit: %v", v)
		}
		entries := c.call(200, "GET", "/v1/airside/audit?operation=updatePersonalInfo", nil).list("entries")
		if len(entries) != 1 || entries[0].str("sourceIp") != "" || !strings.Contains(entries[0].str("detail"), "purged") {
			t.Errorf("audit entry about the person: %v", entries)
		}
	})
	if t.Failed() {
		return
	}
	// What is on disk, opened with every key there is.
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if log, err := os.ReadFile(file + "-wal"); err == nil {
		raw = append(raw, log...)
	}
	if seen := sightings(raw); seen != nil || bytes.Contains(raw, sealedKey[len(sealedKey)-24:]) {
		t.Errorf("in the file: %v; the person's key: %t", seen, bytes.Contains(raw, sealedKey[len(sealedKey)-24:]))
	}
	opened := dump(t, file)
	if seen := sightings(opened); seen != nil {
		t.Errorf("in the opened store: %v", seen)
	}
	// The control: somebody who was not purged is all over it.
	if n := bytes.Count(opened, []byte("Moreau")); n < 3 {
		t.Errorf("the store was not opened: another person is in it %d times", n)
	}
}

// oldEvents checks that deliveries of a purged person's events say so, and that the last one tells of the purge.
func (c *client) oldEvents(user string) {
	c.t.Helper()
	c.call(200, "POST", "/v1/airside/world/clock/advance", doc{"duration": "PT30M"})
	list := c.call(200, "GET", "/v1/airside/webhooks/deliveries?limit=100&resource=USER/"+user, nil).list("deliveries")
	ops := map[string]int{}
	for _, d := range list {
		op := d.str("operation")
		ops[op]++
		one := c.call(200, "GET", "/v1/airside/webhooks/deliveries/"+d.str("id"), nil)
		if op == "PURGE" {
			if one.str("event/payload/id") != user || one.at("event/payload/personalInfo") != nil {
				c.t.Errorf("the event of the purge: %v", one.at("event"))
			}
			continue
		}
		if d.str("state") != "SKIPPED" || !strings.Contains(d.str("lastError"), "purged") {
			c.t.Errorf("a delivery of %s is %v", op, d)
		}
		c.refuse(400, "STATE_DOES_NOT_ALLOW", "POST", "/v1/airside/webhooks/deliveries/"+d.str("id")+"/replay", nil)
	}
	if ops["CREATE"] != 1 || ops["PURGE"] != 1 {
		c.t.Errorf("events of the person: %v", ops)
	}
}

// everythingOf is what the API shows around a person.
func (c *client) everythingOf(user, trip, pnr string) []string {
	c.t.Helper()
	var out []string
	get := func(method, path string, body any) {
		_, raw := c.srv.Call(c.t, c.token, method, path, body)
		out = append(out, string(raw))
	}
	u := "/v2/users/" + user
	company := c.srv.Demo.CompanyID
	for _, path := range []string{
		u, u + "/personal-info", u + "/business-info", u + "/membership-info", u + "/external-id", u + "/roles", u + "/favorites", u + "?includeInactive=true",
		"/v2/users?companyId=" + company + "&includeInactive=true",
		"/v2/users/" + c.srv.Demo.UserID, "/v2/users/" + c.srv.Demo.UserID + "/travel-arrangers", "/v3/trips/" + trip + "/detail",
		"/v3/trips/" + trip + "/pnrs/" + pnr, "/v2/trips/" + trip, "/v2/trips/" + trip + "/agent-notes", "/v2/trips/" + trip + "/pnrs/" + pnr + "/cancellation-details",
		"/v1/airside/ids?id=" + user, "/v1/airside/audit?limit=100", "/v1/airside/webhooks/deliveries?limit=100",
	} {
		get("GET", path, nil)
	}
	get("POST", "/v3/users/list", doc{"companyId": id(company), "userStatusFilter": "ALL", "pagination": doc{"offset": 0, "limit": 100}})
	get("POST", "/v3/companies/"+company+"/trip-summaries", doc{})
	for _, d := range c.call(200, "GET", "/v1/airside/webhooks/deliveries?limit=100", nil).list("deliveries") {
		get("GET", "/v1/airside/webhooks/deliveries/"+d.str("id"), nil)
	}
	return out
}

// everything joins answers as a reader of their JSON would see them.
func everything(t *testing.T, answers []string) []byte {
	t.Helper()
	return []byte(strings.Join(answers, "\n"))
}

func storedKey(t *testing.T, file, user string) (sealed []byte) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), "SELECT doc FROM entity WHERE kind = 'person_key' AND id = ?", user).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	return sealed
}

// dump reads everything that a store can give, with the keys of the installation, the tenants, the companies and
// the people.
func dump(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file + ".key")
	if err != nil {
		t.Fatal(err)
	}
	master, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	kinds := column(t, file, "SELECT DISTINCT kind FROM entity")
	deliveries := column(t, file, "SELECT id FROM delivery")
	keys := column(t, file, "SELECT client || ' ' || key FROM idem")
	engine, err := sqlite.Open(t.Context(), sqlite.Options{Path: file, MasterKey: master})
	if err != nil {
		t.Fatal(err)
	}
	st := personkey.Wrap(companykey.Wrap(engine, master))
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	var out bytes.Buffer
	users, events, audited := 0, 0, 0
	err = st.View(t.Context(), func(ctx context.Context) error {
		r := store.Read(ctx)
		tenants, err := r.Tenants()
		if err != nil {
			return err
		}
		for _, tenant := range tenants {
			for _, kind := range kinds {
				for rec, err := range r.List(store.Query{Tenant: tenant, Kind: kind, Deleted: true}) {
					if err != nil {
						return err
					}
					if kind == "user" {
						users++
					}
					fmt.Fprintf(&out, "%s %s %s\n%s\n", kind, rec.ID, rec.Parent, rec.Doc)
				}
			}
			for e, err := range r.Events(store.EventQuery{Tenant: tenant}) {
				if err != nil {
					return err
				}
				events++
				fmt.Fprintf(&out, "%s\n%s\n", e.Resource, e.Body)
			}
			for e, err := range r.Audit(tenant, 0) {
				if err != nil {
					return err
				}
				audited++
				fmt.Fprintf(&out, "%+v %s\n", e, e.Detail)
			}
			for _, id := range deliveries {
				attempts, err := r.Attempts(tenant, id)
				if err != nil {
					return err
				}
				for _, a := range attempts {
					fmt.Fprintln(&out, a.Error)
				}
			}
			for _, name := range keys {
				client, key, _ := strings.Cut(name, " ")
				if i, err := r.Idempotent(tenant, client, key); err == nil {
					fmt.Fprintf(&out, "%s\n", i.Body)
				}
			}
			jobs, err := r.DueJobs(tenant, time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), 0)
			if err != nil {
				return err
			}
			for _, j := range jobs {
				fmt.Fprintf(&out, "%s %s %s\n", j.Kind, j.Key, j.Payload)
			}
		}
		return nil
	})
	if err != nil || users == 0 || events == 0 || audited == 0 {
		t.Fatalf("dumped %d users, %d events, %d audit entries: %v", users, events, audited, err)
	}
	return out.Bytes()
}

func column(t *testing.T, file, query string) (out []string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
