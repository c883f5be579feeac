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
	"slices"
	"strconv"
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
	mu       sync.Mutex
	users    map[string]string // id → external id, as it was acknowledged last
	trips    map[string]string // id → name
	booked   map[string]string // pnr → trip
	events   map[string]map[string]bool
	revised  map[string][]int // user → the numbers in his external id, as his webhooks first told them
	received int
	refused  int
}

func newLedger() *ledger {
	return &ledger{users: map[string]string{}, trips: map[string]string{}, booked: map[string]string{},
		events: map[string]map[string]bool{}, revised: map[string][]int{}}
}

func (l *ledger) note(m map[string]string, k, v string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m[k] = v
}

// failEvery has the receiver fail one delivery in twenty.
const failEvery = 20

// receive is the receiver's endpoint.
func (l *ledger) receive(w http.ResponseWriter, r *http.Request) {
	var e struct {
		Operation string
		Payload   struct{ PnrID, ID, ExternalID string }
	}
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.received++; l.received%failEvery == 0 {
		l.refused++
		http.Error(w, "one of twenty", http.StatusServiceUnavailable)
		return
	}
	if _, n, ok := strings.Cut(e.Payload.ExternalID, "#"); ok {
		if n, err := strconv.Atoi(n); err == nil && !slices.Contains(l.revised[e.Payload.ID], n) {
			l.revised[e.Payload.ID] = append(l.revised[e.Payload.ID], n)
		}
		return
	}
	if e.Operation == "BOOKING_TICKETED" && !l.events[e.Payload.PnrID]["BOOKING_CREATED"] {
		l.events["out of order"] = map[string]bool{e.Payload.PnrID: true}
	}
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

	losesStore bool // its database goes away under it, which it may say
}

// place is where the program keeps its data.
type place struct{ args, env []string }

// launch starts the program and waits for its line.
func launch(t *testing.T, at place, secret string) *server {
	t.Helper()
	s := &server{t: t}
	s.cmd = exec.CommandContext(t.Context(), os.Args[0], append([]string{"dev", "--listen", "127.0.0.1:0", "--json"}, at.args...)...)
	ours := func(kv string) bool { return strings.HasPrefix(kv, "AIRSIDE_") } // what test/pg/run tells the tests
	s.cmd.Env = append(append(slices.DeleteFunc(os.Environ(), ours), at.env...), asServer+"=1", "AIRSIDE_TOKEN_RATE=0", "AIRSIDE_RATE=0", "AIRSIDE_LOG_LEVEL=error")
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
	if status == http.StatusServiceUnavailable && s.losesStore { // nothing was acknowledged
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

// work writes users, trips and bookings until the server is gone, noting what was acknowledged. A user's
// external id counts up, so that it shows in which order he is told of.
func (s *server) work(l *ledger, name string) error {
	for n := 0; ; n++ {
		if err := s.job(l, fmt.Sprintf("%s-%d", name, n), n); err != nil {
			return err
		}
	}
}

// job is one round of work.
func (s *server) job(l *ledger, tag string, n int) error {
	var made struct{ ID, PnrID string }
	user := fmt.Sprintf(`{"persona":"EMPLOYEE","externalId":%q,"businessInfo":{"organizationRef":{"id":%q},"legalEntityRef":{"id":%q},"email":"%s@example.com"}}`,
		tag+"#0", s.demo.CompanyID, s.demo.LegalEntityID, strings.ToLower(tag))
	if err := s.do(201, "POST", "/v2/users", user, &made); err != nil {
		return err
	}
	id := made.ID
	l.note(l.users, id, tag+"#0")
	for i := range 3 {
		next := fmt.Sprint(tag, "#", i+1)
		if err := s.do(200, "PUT", "/v2/users/"+id+"/external-id", fmt.Sprintf(`{"externalId":%q}`, next), nil); err != nil {
			return err
		}
		l.note(l.users, id, next)
	}
	if err := s.do(201, "POST", "/v2/trips", fmt.Sprintf(`{"tripName":%q,"userId":{"id":%q}}`, tag, s.demo.UserID), &made); err != nil {
		return err
	}
	trip := made.ID
	l.note(l.trips, trip, tag)
	if err := s.book(trip, 20+n%300, &made.PnrID); err != nil {
		return err
	}
	l.note(l.booked, made.PnrID, trip)
	return nil
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

// TestNothingAcknowledgedIsLost kills the server again and again while four clients write and the receiver
// of its webhooks fails now and then. After each restart everything it had acknowledged must be there, the
// audit chain whole, and in the end every change told, in order.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	killAgainAndAgain(t, place{args: []string{"--data", t.TempDir()}}, 1)
}

// killAgainAndAgain kills after some hundred milliseconds of work, times longer. On a machine that is busy with
// other things, in which nothing was booked by then, it goes on with longer rounds.
func killAgainAndAgain(t *testing.T, at place, longer int) {
	t.Helper()
	l, secret := newLedger(), ""
	receiver := httptest.NewServer(http.HandlerFunc(l.receive))
	defer receiver.Close()
	proves := func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.booked) > 0 && l.refused > 0
	}
	rounds := 0
	for round := 0; round < *kills || !proves() && round < *kills+8; round++ {
		if rounds++; round >= *kills {
			longer *= 2
		}
		s := launch(t, at, secret)
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
		time.AfterFunc(time.Duration(longer*(150+97*round%400))*time.Millisecond, s.kill)
		workers.Wait()
	}
	s := launch(t, at, secret)
	check(t, s, l)
	await(t, l)
	t.Logf("%d kills: %d users, %d trips, %d PNRs acknowledged, all there; %d deliveries, %d of them refused",
		rounds, len(l.users), len(l.trips), len(l.booked), l.received, l.refused)
	if len(l.booked) == 0 || l.refused == 0 {
		t.Error("no booking was acknowledged, or no delivery refused: the test proves nothing")
	}
}

func subscribe(t *testing.T, s *server, url string) {
	t.Helper()
	body := fmt.Sprintf(`{"name":"fault","url":%q,"eventTypes":["PNR_V3","TRAVELER_V2"],"subscriberId":%q,
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
		if err := s.do(200, "GET", "/v2/users/"+id, "", &u); err != nil || revision(u.ExternalID) < revision(external) {
			t.Errorf("user %s: %v %q, acknowledged as %q", id, err, u.ExternalID, external)
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
	for operation, want := range map[string]int{"createUser": len(l.users), "createTrip": len(l.trips), "airCreatePnr": len(l.booked)} {
		var list struct {
			Pagination struct {
				Total int `json:"totalNumResults"`
			}
		}
		err := s.do(200, "GET", "/v1/airside/audit?limit=1&operation="+operation, "", &list)
		if err != nil || list.Pagination.Total < want { // what was not acknowledged may have happened all the same
			t.Errorf("%d entries of the audit trail for %d acknowledged %s: %v", list.Pagination.Total, want, operation, err)
		}
	}
}

// revision is the number in an external id.
func revision(externalID string) int {
	_, n, _ := strings.Cut(externalID, "#")
	i, err := strconv.Atoi(n)
	if err != nil {
		return -1
	}
	return i
}

// untold lists what the receiver has not heard of; the lock is held.
func (l *ledger) untold() (missing []string) {
	for pnr := range l.booked {
		for _, op := range []string{"BOOKING_CREATED", "BOOKING_TICKETED"} {
			if !l.events[pnr][op] {
				missing = append(missing, pnr+" "+op)
			}
		}
	}
	for id, external := range l.users {
		for n := range revision(external) + 1 {
			if !slices.Contains(l.revised[id], n) {
				missing = append(missing, fmt.Sprint(id, " ", n))
			}
		}
	}
	return missing
}

// await waits until the receiver has heard of everything that was acknowledged, and looks at the order.
func await(t *testing.T, l *ledger) {
	t.Helper()
	awaitAll(t, l, l.untold)
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, told := range l.revised {
		if !slices.IsSorted(told) {
			t.Errorf("user %s was told of in the order %v", id, told)
		}
	}
	for pnr := range l.events["out of order"] {
		t.Errorf("PNR %s was ticketed before it was booked", pnr)
	}
}

// awaitAll waits until nothing is missing.
func awaitAll(t *testing.T, l *ledger, untold func() []string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(2 * time.Minute)
	for {
		l.mu.Lock()
		missing := untold()
		l.mu.Unlock()
		if len(missing) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Errorf("never delivered: %v", missing)
			return
		}
	}
}
