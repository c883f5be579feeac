// SPDX-License-Identifier: Apache-2.0

// Package load measures the whole program over HTTP on loopback: CPU time of this process per
// operation, client and server together, so that the numbers do not depend on what else the machine
// does. Run it with
//
//	go test -run '^$' -bench . ./test/load
package load_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/airside-travel/airside/airsidetest"
)

// callers is how many clients write at once: the gates are for 16.
const callers = 16

type bench struct {
	b      *testing.B
	srv    *airsidetest.Server
	token  string
	client *http.Client
}

func setup(b *testing.B) *bench {
	b.Helper()
	srv := airsidetest.Start(b, airsidetest.Database(filepath.Join(b.TempDir(), "airside.db")), airsidetest.Unjudged())
	return &bench{b, srv, srv.Token(b), &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * callers}}}
}

// call is a request that must answer with a status; it is safe to use from several goroutines.
func (x *bench) call(want int, method, path string, body []byte) []byte {
	req, err := http.NewRequestWithContext(x.b.Context(), method, x.srv.URL+path, bytes.NewReader(body))
	if err != nil {
		x.b.Error(err)
		return nil
	}
	req.Header.Set("Authorization", "Bearer "+x.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := x.client.Do(req)
	if err != nil {
		x.b.Error(err)
		return nil
	}
	defer res.Body.Close()
	var raw []byte
	if res.StatusCode == want && res.ContentLength > 64<<10 {
		_, err = io.Copy(io.Discard, res.Body) // a client would decode it as it comes; keeping it costs more than serving it
	} else {
		raw, err = io.ReadAll(res.Body)
	}
	if err != nil || res.StatusCode != want {
		x.b.Errorf("%s %s: %d %.300s %v", method, path, res.StatusCode, raw, err)
	}
	return raw
}

// cpu is the processor time this process has used.
func cpu(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// measure reports the CPU per operation of what run does b.N times.
func measure(b *testing.B, run func()) {
	b.Helper()
	b.ReportAllocs()
	before := cpu(b)
	b.ResetTimer()
	run()
	b.StopTimer()
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// parallel runs f from 16 goroutines, b.N times in all.
func parallel(b *testing.B, f func(worker, i int)) {
	var next atomic.Int64
	done := make(chan struct{}, callers)
	for w := range callers {
		go func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				f(w, int(i))
			}
			done <- struct{}{}
		}()
	}
	for range callers {
		<-done
	}
}

func BenchmarkUserPut(b *testing.B) {
	x := setup(b)
	users := make([]string, callers)
	bodies := make([][]byte, callers)
	for i := range users {
		body := user(x.srv, i)
		var out struct{ ID string }
		if err := json.Unmarshal(x.call(201, "POST", "/v2/users", body), &out); err != nil {
			b.Fatal(err)
		}
		users[i], bodies[i] = out.ID, body
	}
	measure(b, func() {
		parallel(b, func(w, _ int) { x.call(200, "PUT", "/v2/users/"+users[w], bodies[w]) })
	})
}

func BenchmarkUserGet(b *testing.B) {
	x := setup(b)
	path := "/v2/users/" + x.srv.Demo.UserID
	measure(b, func() {
		parallel(b, func(_, _ int) { x.call(200, "GET", path, nil) })
	})
}

func BenchmarkAirSearch(b *testing.B) {
	x := setup(b)
	day := time.Now().AddDate(0, 0, 60).Format(time.DateOnly)
	pairs := [][2]string{{"LHR", "JFK"}, {"SFO", "SIN"}, {"CDG", "GRU"}, {"FRA", "SYD"}, {"ORD", "HND"}, {"DXB", "MEX"}, {"OSL", "BKK"}, {"BOS", "NRT"}}
	bodies := make([][]byte, len(pairs))
	for i, p := range pairs {
		bodies[i] = search(x.srv.Demo.UserID, p[0], p[1], day)
	}
	took := make([]time.Duration, b.N)
	measure(b, func() {
		for i := range b.N {
			began := time.Now()
			x.call(200, "POST", "/v2/air/search-flights", bodies[i%len(bodies)])
			took[i] = time.Since(began)
		}
	})
	quantiles(b, took)
}

func BenchmarkCreatePnr(b *testing.B) {
	x := setup(b)
	// Everything up to the bookingId is prepared outside the measurement.
	bookings := make([][]byte, b.N)
	start := time.Now()
	for i := range bookings {
		bookings[i] = x.booking(i, start)
	}
	measure(b, func() {
		parallel(b, func(_, i int) { x.call(200, "POST", "/v2/air/create-pnr", bookings[i-1]) })
	})
}

// booking prepares the body of one create-pnr, on a flight of the simulation's own carrier that never
// sells out and never changes its price, so that the bookings do not refuse each other.
func (x *bench) booking(i int, from time.Time) []byte {
	day := from.AddDate(0, 0, 20+i%300).Format(time.DateOnly)
	var found struct {
		SearchID         string
		ItineraryDetails struct {
			Itineraries []struct{ ItineraryID string }
		}
	}
	x.decode(x.call(200, "POST", "/v2/air/search-flights", zz(search(x.srv.Demo.UserID, "LHR", "JFK", day))), &found)
	offers := found.ItineraryDetails.Itineraries
	if len(offers) == 0 {
		x.b.Fatalf("no flights on %s", day)
	}
	var trip struct{ ID string }
	x.decode(x.call(201, "POST", "/v2/trips", fmt.Appendf(nil, `{"tripName":"Bench","userId":{"id":%q}}`, x.srv.Demo.UserID)), &trip)
	var checkout struct{ CheckoutResponseID string }
	x.decode(x.call(200, "POST", "/v2/air/flight-checkout", fmt.Appendf(nil, `{"searchId":%q,"itineraryId":%q}`, found.SearchID, offers[i%len(offers)].ItineraryID)), &checkout)
	var booking struct{ BookingID string }
	x.decode(x.call(200, "POST", "/v2/air/revalidate-itinerary", fmt.Appendf(nil, `{"workflowIds":{"checkoutResponseId":%q},"tripId":{"id":%q},
		"travelers":[{"travelerDetails":{"travelerInfo":{"userId":{"id":%q}},"travelerType":"ADULT","name":{"family1":"Moreau","given":"Ada"},
		"gender":"FEMALE","dob":{"iso8601":"1988-04-12"},"email":"ada.moreau@example.com"},"seats":[],"baggages":[]}]}`,
		checkout.CheckoutResponseID, trip.ID, x.srv.Demo.UserID)), &booking)
	return fmt.Appendf(nil, `{"bookingId":%q}`, booking.BookingID)
}

func (x *bench) decode(raw []byte, to any) {
	if err := json.Unmarshal(raw, to); err != nil {
		x.b.Fatal(err)
	}
}

func search(user, from, to, day string) []byte {
	return fmt.Appendf(nil, `{"travelers":[{"travelerType":"ADULT","travelerInfo":{"userId":{"id":%q}}}],
		"legs":[{"origin":{"airport":%q},"destination":{"airport":%q},"date":{"iso8601":%q}}]}`, user, from, to, day)
}

// zz narrows a search to flight ZZ 1.
func zz(search []byte) []byte {
	return append(search[:len(search)-1], `,"filters":[{"flightNumber":{"flightNumber":{"airlineCode":"ZZ","num":"1"}}}]}`...)
}

// user is a profile of about 4 KB.
func user(srv *airsidetest.Server, i int) []byte {
	var loyalty []map[string]any
	for n := range 24 {
		loyalty = append(loyalty, map[string]any{"id": fmt.Sprintf("L%06d", n), "issuedBy": "BA", "type": "AIR", "appliedTo": []string{"BA", "IB", "AA"}, "linked": false})
	}
	mail := fmt.Sprintf("load%d@example.com", i)
	body, err := json.Marshal(map[string]any{
		"persona": "EMPLOYEE", "externalId": fmt.Sprintf("LOAD-%d", i),
		"personalInfo": map[string]any{"name": map[string]any{"given": "Lena", "family1": "Okafor"}, "email": mail, "gender": "FEMALE", "dob": map[string]any{"iso8601": "1990-02-03"}},
		"businessInfo": map[string]any{
			"organizationRef": map[string]any{"id": srv.Demo.CompanyID}, "legalEntityRef": map[string]any{"id": srv.Demo.LegalEntityID},
			"email": mail, "employeeId": fmt.Sprintf("L-%d", i),
		},
		"membershipInfo": map[string]any{"membershipInfos": loyalty},
	})
	if err != nil {
		panic(err)
	}
	return body
}
