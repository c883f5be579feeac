// SPDX-License-Identifier: Apache-2.0

// Package fault kills the program in the middle of its work and looks what is left. How often is set
// by -kills: a few in an ordinary test run, twenty in CI.
package fault_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/cli"
)

var kills = flag.Int("kills", 3, "how often to kill the server under load")

// asServer makes this test binary run the program itself, so that it can be killed like one.
const asServer = "FAULT_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		main := cli.Main{Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
		os.Exit(main.Run(context.Background()))
	}
	os.Exit(m.Run())
}

// ledger is what the server acknowledged, and what its webhooks told.
type ledger struct {
	mu     sync.Mutex
	users  map[string]string // id → external id
	trips  map[string]string // id → name
	booked map[string]string // pnr → trip
	events map[string]map[string]bool
}

func (l *ledger) note(m map[string]string, k, v string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m[k] = v
}

// receive is the receiver's endpoint.
func (l *ledger) receive(w http.ResponseWriter, r *http.Request) {
	var e struct {
		Operation string
		Payload   struct{ PnrID string }
	}
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.events[e.Payload.PnrID] == nil {
		l.events[e.Payload.PnrID] = map[string]bool{}
	}
	l.events[e.Payload.PnrID][e.Operation] = true
}

type server struct {
	t     *testing.T
	cmd   *exec.Cmd
	demo  struct{ BaseURL, UserID, CompanyID, LegalEntityID, ClientID, ClientSecret string }
	token string
}

// launch starts the program on the data directory and waits for its line.
func launch(t *testing.T, dir, secret string) *server {
	t.Helper()
	s := &server{t: t}
	s.cmd = exec.CommandContext(t.Context(), os.Args[0], "dev", "--data", dir, "--listen", "127.0.0.1:0", "--json")
	s.cmd.Env = append(os.Environ(), asServer+"=1", "AIRSIDE_TOKEN_RATE=0", "AIRSIDE_RATE=0", "AIRSIDE_LOG_LEVEL=error")
	var log bytes.Buffer
	s.cmd.Stderr = &log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &s.demo) != nil {
		t.Fatalf("the server did not start: %v %s\n%s", err, line, log.String())
	}
	if s.demo.ClientSecret == "" {
		s.demo.ClientSecret = secret
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {s.demo.ClientID}, "client_secret": {s.demo.ClientSecret}}
	status, raw, err := s.send("POST", "/v2/auth/oauth2-token", "application/x-www-form-urlencoded", []byte(form.Encode()))
	var tok struct {
		AccessToken string `json:"access_token"`
	}
	if err != nil || status != 200 || json.Unmarshal(raw, &tok) != nil {
		t.Fatalf("token: %d %s %v", status, raw, err)
	}
	s.token = tok.AccessToken
	return s
}

func (s *server) kill() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Signal(syscall.SIGKILL)
		_ = s.cmd.Wait() // killed: the error says so
	}
}

func (s *server) send(method, path, contentType string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.demo.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return res.StatusCode, raw, err
}

// errGone says that the server was killed under a request: it may or may not have happened.
var errGone = errors.New("gone")

// do sends JSON and decodes the answer; anything but the wanted status of a living server fails.
func (s *server) do(want int, method, path, body string, out any) error {
	status, raw, err := s.send(method, path, "application/json", []byte(body))
	if err != nil {
		return errGone
	}
	if status != want {
		return fmt.Errorf("%s %s: %d %.500s", method, path, status, raw)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(raw, out)
}

// work writes users, trips and bookings until the server is gone, noting what was acknowledged.
func (s *server) work(l *ledger, name string) error {
	for n := 0; ; n++ {
		tag := fmt.Sprintf("%s-%d", name, n)
		var made struct{ ID, PnrID string }
		user := fmt.Sprintf(`{"persona":"EMPLOYEE","externalId":%q,"businessInfo":{"organizationRef":{"id":%q},"legalEntityRef":{"id":%q},"email":"%s@example.com"}}`,
			tag, s.demo.CompanyID, s.demo.LegalEntityID, strings.ToLower(tag))
		if err := s.do(201, "POST", "/v2/users", user, &made); err != nil {
			return err
		}
		l.note(l.users, made.ID, tag)
		if err := s.do(201, "POST", "/v2/trips", fmt.Sprintf(`{"tripName":%q,"userId":{"id":%q}}`, tag, s.demo.UserID), &made); err != nil {
			return err
		}
		trip := made.ID
		l.note(l.trips, trip, tag)
		if err := s.book(trip, 20+n%300, &made.PnrID); err != nil {
			return err
		}
		l.note(l.booked, made.PnrID, trip)
	}
}

// book takes a flight so many days ahead to a PNR.
func (s *server) book(trip string, days int, pnr *string) error {
	var found struct {
		SearchID         string
		ItineraryDetails struct {
			Itineraries []struct{ ItineraryID string }
		}
	}
	day := time.Now().AddDate(0, 0, days).Format(time.DateOnly)
	err := s.do(200, "POST", "/v2/air/search-flights", fmt.Sprintf(`{"travelers":[{"travelerType":"ADULT","travelerInfo":{"userId":{"id":%q}}}],
		"legs":[{"origin":{"airport":"LHR"},"destination":{"airport":"JFK"},"date":{"iso8601":%q}}],
		"filters":[{"flightNumber":{"flightNumber":{"airlineCode":"ZZ","num":"1"}}}]}`, s.demo.UserID, day), &found)
	if err != nil {
		return err
	}
	var checkout struct{ CheckoutResponseID string }
	err = s.do(200, "POST", "/v2/air/flight-checkout", fmt.Sprintf(`{"searchId":%q,"itineraryId":%q}`, found.SearchID, found.ItineraryDetails.Itineraries[0].ItineraryID), &checkout)
	if err != nil {
		return err
	}
	var booking struct{ BookingID string }
	err = s.do(200, "POST", "/v2/air/revalidate-itinerary", fmt.Sprintf(`{"workflowIds":{"checkoutResponseId":%q},"tripId":{"id":%q},
		"travelers":[{"travelerDetails":{"travelerInfo":{"userId":{"id":%q}},"travelerType":"ADULT","name":{"family1":"Moreau","given":"Ada"},
		"gender":"FEMALE","dob":{"iso8601":"1988-04-12"},"email":"ada.moreau@example.com"},"seats":[],"baggages":[]}]}`,
		checkout.CheckoutResponseID, trip, s.demo.UserID), &booking)
	if err != nil {
		return err
	}
	var made struct{ PnrID string }
	if err := s.do(200, "POST", "/v2/air/create-pnr", fmt.Sprintf(`{"bookingId":%q}`, booking.BookingID), &made); err != nil {
		return err
	}
	*pnr = made.PnrID
	return nil
}

// TestNothingAcknowledgedIsLost kills the server again and again while four clients write. After each
// restart everything it had acknowledged must be there, the audit chain whole, and in the end every
// booked PNR's events delivered.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	l := &ledger{users: map[string]string{}, trips: map[string]string{}, booked: map[string]string{}, events: map[string]map[string]bool{}}
	receiver := httptest.NewServer(http.HandlerFunc(l.receive))
	defer receiver.Close()
	dir, secret := t.TempDir(), ""
	for round := range *kills {
		s := launch(t, dir, secret)
		if round == 0 {
			secret = s.demo.ClientSecret
			subscribe(t, s, receiver.URL)
		}
		check(t, s, l)
		var workers sync.WaitGroup
		for w := range 4 {
			workers.Go(func() {
				if err := s.work(l, fmt.Sprintf("R%dW%d", round, w)); !errors.Is(err, errGone) {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		// The moment of the kill differs from round to round; what it hits is left to chance.
		time.AfterFunc(time.Duration(150+97*round%400)*time.Millisecond, s.kill)
		workers.Wait()
	}
	s := launch(t, dir, secret)
	check(t, s, l)
	await(t, l)
	t.Logf("%d kills: %d users, %d trips, %d PNRs acknowledged, all there", *kills, len(l.users), len(l.trips), len(l.booked))
	if len(l.booked) == 0 {
		t.Error("no booking was acknowledged: the test proves nothing")
	}
}

func subscribe(t *testing.T, s *server, url string) {
	t.Helper()
	body := fmt.Sprintf(`{"name":"fault","url":%q,"eventTypes":["PNR_V3"],"subscriberId":%q,
		"eventSource":{"scopes":[{"predicates":[{"type":"COMPANY","values":[%q]}]}]}}`, url, s.demo.CompanyID, s.demo.CompanyID)
	if err := s.do(201, "POST", "/v3/webhooks/subscriptions", body, nil); err != nil {
		t.Fatal(err)
	}
}

// check reads everything acknowledged so far.
func check(t *testing.T, s *server, l *ledger) {
	t.Helper()
	for id, external := range l.users {
		var u struct{ ExternalID string }
		if err := s.do(200, "GET", "/v2/users/"+id, "", &u); err != nil || u.ExternalID != external {
			t.Errorf("user %s: %v %q", id, err, u.ExternalID)
		}
	}
	for id, name := range l.trips {
		var d struct{ BasicTripInfo struct{ TripName string } }
		if err := s.do(200, "GET", "/v3/trips/"+id+"/detail", "", &d); err != nil || d.BasicTripInfo.TripName != name {
			t.Errorf("trip %s: %v %q", id, err, d.BasicTripInfo.TripName)
		}
	}
	for pnr, trip := range l.booked {
		var p struct{ BookingStatus string }
		if err := s.do(200, "GET", "/v3/trips/"+trip+"/pnrs/"+pnr, "", &p); err != nil || p.BookingStatus != "CONFIRMED_STATUS" {
			t.Errorf("PNR %s: %v %q", pnr, err, p.BookingStatus)
		}
	}
	var audit struct{ Intact bool }
	if err := s.do(200, "GET", "/v1/airside/audit/verify", "", &audit); err != nil || !audit.Intact {
		t.Errorf("audit: %v %v", err, audit)
	}
}

// await waits until the receiver has heard of every booked PNR.
func await(t *testing.T, l *ledger) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for {
		var missing []string
		l.mu.Lock()
		for pnr := range l.booked {
			for _, op := range []string{"BOOKING_CREATED", "BOOKING_TICKETED"} {
				if !l.events[pnr][op] {
					missing = append(missing, pnr+" "+op)
				}
			}
		}
		l.mu.Unlock()
		if len(missing) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never delivered: %v", missing)
		}
	}
}
