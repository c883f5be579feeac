// SPDX-License-Identifier: Apache-2.0

package inbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/inbox"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/telemetry"
)

// fixed is the consumer's clock; those of the inbox and of signatures stand there too.
func fixed() time.Time { return start }

func TestReceiptsSayWhatCame(t *testing.T) {
	t.Parallel()
	c := newConsumer(t, fixed)
	r := newRig(t, memory(t), c.URL)
	body := pnr("9199471293", 2, "BOOKING_TICKETED")
	long := `"` + strings.Repeat("x", inbox.MaxBody) + `"`
	for _, tc := range []struct {
		id, secret, body string
		header           []string
		code             errs.Code
	}{
		{id: "one", secret: current, body: body, header: []string{"X-B3-TraceId", "463ac35c9f6413ad48485a3953bb6124"}},
		{id: "one", secret: previous, body: body}, // the same, sent again
		{id: "forged", secret: outward, body: body, code: errs.WebhookForged},
		{id: "late", secret: current, body: body, header: []string{"X-Spotnana-Webhook-Timestamp", "1793611000"}, code: errs.WebhookForged},
		{body: body, code: errs.WebhookUnsigned},
		{id: "text", secret: current, body: "no JSON", code: errs.ValidationFailed},
		{id: "long", secret: current, body: long, code: errs.RequestTooLarge},
		{body: pnr("9199471294", 1, "BOOKING_CREATED"), header: []string{"Authorization", "Bearer bad"}, code: errs.TokenInvalid},
		{body: pnr("9199471294", 1, "BOOKING_CREATED"), header: []string{"Authorization", "Bearer good"}},
		{body: pnr("9199471294", 1, "BOOKING_CREATED"), header: []string{"Authorization", "bearer good"}}, // again
		// A token does not help where there is a signature.
		{id: "both", secret: outward, body: body, header: []string{"Authorization", "Bearer good"}, code: errs.WebhookForged},
	} {
		if code := r.send(t, tc.secret, tc.id, tc.body, tc.header...); code != tc.code {
			t.Errorf("%s %v: %q, want %q", tc.id, tc.header, code, tc.code)
		}
	}
	var got []inbox.Receipt
	for _, one := range r.list(t, inbox.ListIn{}).Receipts {
		got = append(got, *one)
	}
	at := "2026-11-02T09:29:00.000Z"
	want := []inbox.Receipt{
		{Result: inbox.Forged, WebhookID: "both", Bytes: len(body), Attempts: 1},
		{Result: inbox.Accepted, EventType: "PNR_V3", Operation: "BOOKING_CREATED", Resource: "PNR/9199471294", Version: 1, PublishedAt: at, Client: "as_client_old", Bytes: len(body) - 1, Attempts: 2},
		{Result: inbox.Denied, Bytes: len(body) - 1, Attempts: 1},
		{Result: inbox.TooLarge, WebhookID: "long", Bytes: len(long), Attempts: 1},
		{Result: inbox.NoEvent, WebhookID: "text", Secret: "env:CURRENT", Bytes: 7, Attempts: 1},
		{Result: inbox.Unsigned, Bytes: len(body), Attempts: 1},
		{Result: inbox.Forged, WebhookID: "late", Bytes: len(body), Attempts: 1},
		{Result: inbox.Forged, WebhookID: "forged", Bytes: len(body), Attempts: 1},
		{Result: inbox.Accepted, WebhookID: "one", EventType: "PNR_V3", Operation: "BOOKING_TICKETED", Resource: "PNR/9199471293", Version: 2, PublishedAt: at,
			Secret: "env:CURRENT", TraceID: "463ac35c9f6413ad48485a3953bb6124", Bytes: len(body), Attempts: 2},
	}
	for i := range want {
		want[i].Environment, want[i].Address, want[i].ReceivedAt, want[i].LastAt = "production", "198.51.100.7", start, start
	}
	// Of those of one millisecond any may be the first.
	sorted := cmpopts.SortSlices(func(a, b inbox.Receipt) bool { return a.Result+a.WebhookID+a.Client < b.Result+b.WebhookID+b.Client })
	if diff := cmp.Diff(want, got, sorted, cmpopts.IgnoreFields(inbox.Receipt{}, "ID", "Event")); diff != "" {
		t.Errorf("receipts (-want +got):\n%s", diff)
	}
	for _, f := range []struct {
		in   inbox.ListIn
		want int
	}{
		{inbox.ListIn{Result: inbox.Forged}, 3}, {inbox.ListIn{Environment: "production"}, 9}, {inbox.ListIn{Environment: "sandbox"}, 0},
		{inbox.ListIn{EventType: "PNR_V3"}, 2}, {inbox.ListIn{Resource: "PNR/9199471293"}, 1}, {inbox.ListIn{WebhookID: "one"}, 1},
		{inbox.ListIn{Since: "2026-11-02T09:30:01Z"}, 0}, {inbox.ListIn{Offset: 7, Limit: 5}, 2},
	} {
		if n := len(r.list(t, f.in).Receipts); n != f.want {
			t.Errorf("%+v lists %d, want %d", f.in, n, f.want)
		}
	}
	r.settle(t)
	if diff := cmp.Diff([]string{"BOOKING_CREATED", "BOOKING_TICKETED"}, c.operations(), cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("passed on (-want +got):\n%s", diff)
	}
	accepted := r.get(t, r.list(t, inbox.ListIn{WebhookID: "one"}).Receipts[0].ID)
	if string(accepted.Body) != body {
		t.Errorf("the body is %s", accepted.Body)
	}
	if diff := cmp.Diff([]inbox.Forwarded{{URL: c.URL, State: "DELIVERED", Attempts: 1}}, accepted.Forwarded); diff != "" {
		t.Error(diff)
	}
}

// What became of a webhook is in the event of its request: which one, which receipt, whose key.
func TestEventsSayWhatBecameOfAWebhook(t *testing.T) {
	t.Parallel()
	r := newRig(t, memory(t), "")
	receive := func(secret, id, body string, header ...string) *telemetry.Event {
		t.Helper()
		h := r.signed(t, secret, id, body, header...)
		var e telemetry.Event
		_, _ = r.Receive(telemetry.WithEvent(t.Context(), &e), inbox.ReceiveIn{Environment: "production", Header: h, Address: "198.51.100.7", Body: []byte(body)})
		return &e
	}
	second, first := pnr("9199471293", 2, "BOOKING_TICKETED"), pnr("9199471293", 1, "BOOKING_CREATED")
	var got []telemetry.Webhook
	for _, e := range []*telemetry.Event{
		receive(current, "two", second), receive(previous, "two", second), receive(previous, "one", first), receive(outward, "forged", first), receive("", "", first),
		receive("", "", pnr("9199471294", 1, "BOOKING_CREATED"), "Authorization", "Bearer good"),
	} {
		if len(e.Stages) != 1 || e.Stages[0].Stage != telemetry.Inbox || e.Stages[0].Rule != e.Webhook.Result {
			t.Errorf("%s: the stages are %v", e.Webhook.Result, e.Stages)
		}
		for _, kept := range r.list(t, inbox.ListIn{Result: e.Webhook.Result}).Receipts {
			if kept.ID == e.Webhook.Receipt {
				e.Webhook.Receipt = "written"
			}
		}
		got = append(got, *e.Webhook)
	}
	if got[1].Receipt == "" || got[1].Receipt == "written" {
		t.Errorf("the duplicate names %q", got[1].Receipt)
	} else if one := r.get(t, got[1].Receipt); one.WebhookID != "two" || one.Attempts != 2 {
		t.Errorf("the duplicate is counted in %+v", one.Receipt)
	}
	got[1].Receipt = ""
	want := []telemetry.Webhook{
		{Result: inbox.Accepted, Receipt: "written", ID: "two", EventType: "PNR_V3", Operation: "BOOKING_TICKETED", Secret: "env:CURRENT", Attempts: 1},
		{Result: inbox.Duplicate, ID: "two", EventType: "PNR_V3", Operation: "BOOKING_TICKETED", Secret: "env:PREVIOUS", Attempts: 2},
		{Result: inbox.Stale, Receipt: "written", ID: "one", EventType: "PNR_V3", Operation: "BOOKING_CREATED", Secret: "env:PREVIOUS", Attempts: 1},
		{Result: inbox.Forged, Receipt: "written", ID: "forged", Attempts: 1},
		{Result: inbox.Unsigned, Receipt: "written", Attempts: 1},
		{Result: inbox.Accepted, Receipt: "written", EventType: "PNR_V3", Operation: "BOOKING_CREATED", Client: "as_client_old", Attempts: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the events (-want +got):\n%s", diff)
	}
	for range 70 { // those beyond what is written in a minute have no receipt
		if e := receive(outward, "flood", first); e.Webhook.Receipt == "" && e.Webhook.Attempts == 0 {
			return
		}
	}
	t.Error("of 70 refusals each has a receipt")
}

func TestTimestampIsHeldToTheTolerance(t *testing.T) {
	t.Parallel()
	r := newRig(t, memory(t), "")
	body := pnr("9199471293", 1, "BOOKING_CREATED")
	for _, tc := range []struct {
		age  int64
		code errs.Code
	}{{-301, errs.WebhookStale}, {-300, ""}, {300, ""}, {301, errs.WebhookStale}} {
		other := newRig(t, r.store, "")
		other.at.Store(-tc.age)
		in := signedIn(t, other, fmt.Sprint(tc.age), body)
		_, err := r.Receive(t.Context(), in)
		if e := errs.As(err); (e == nil) != (tc.code == "") || e != nil && e.Code != tc.code {
			t.Errorf("%d seconds old: %v, want %q", tc.age, err, tc.code)
		}
	}
}

// Events of a resource that come in any order are passed on so that a consumer never sees it go back.
func TestResourcesDoNotGoBack(t *testing.T) {
	t.Parallel()
	c := newConsumer(t, fixed)
	r := newRig(t, memory(t), c.URL)
	chance := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // the same order at each run
	type sent struct{ id, version int }
	var all []sent
	for n := range 60 {
		all = append(all, sent{n % 6, n / 6})
	}
	chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	highest := map[int]int{}
	stale := 0
	for _, s := range all {
		if s.version+1 < highest[s.id] {
			stale++
		}
		highest[s.id] = max(highest[s.id], s.version+1)
		if code := r.send(t, current, fmt.Sprint(s), pnr(fmt.Sprint(1_000_000_000+s.id), s.version+1, "BOOKING_OTHER_UPDATE")); code != "" {
			t.Fatal(code)
		}
		if chance.IntN(4) == 0 {
			r.settle(t)
		}
	}
	r.settle(t)
	if got := len(r.list(t, inbox.ListIn{Result: inbox.Stale}).Receipts); got != stale || stale == 0 {
		t.Errorf("%d receipts are stale, want %d", got, stale)
	}
	seen := map[string]int{}
	for _, e := range c.events() {
		id, n := version(t, e)
		if n <= seen[id] {
			t.Errorf("%s is at %d after %d", id, n, seen[id])
		}
		seen[id] = n
	}
	if len(seen) != 6 || len(c.events()) != 60-stale {
		t.Errorf("%d events of %d bookings were passed on", len(c.events()), len(seen))
	}
	// What was held back is kept, and goes when somebody asks for it.
	held := r.list(t, inbox.ListIn{Result: inbox.Stale}).Receipts[0]
	if d := r.get(t, held.ID); len(d.Body) == 0 || d.Forwarded[0].State != "NOT_QUEUED" {
		t.Errorf("a stale one reads %+v", d)
	}
	before := len(c.events())
	if err := r.forward(t, held.ID); err != nil {
		t.Fatal(err)
	}
	r.settle(t)
	if n := len(c.events()); n != before+1 {
		t.Errorf("%d came after it was asked for, want 1", n-before)
	}
}

// TestVersionsThatAreNone: what is signed rightly and has a version that cannot be one is passed on, and moves nothing: neither
// are all later ones old, nor is what was old new again.
func TestVersionsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, odd := range []string{"99999999999999999999999", "9223372036854775808", "3.5", "1e30", "-4", `"soon"`, `""`, "null", "true", "[7]", `{"n":7}`} {
		t.Run(odd, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, memory(t), "")
			send := func(id, version, minute string) string {
				t.Helper()
				// The version comes first: what cannot be read must not take the booking's id with it.
				body := fmt.Sprintf(`{"event_type":"PNR_V3","operation":"BOOKING_OTHER_UPDATE","payload":{"version":%s,"pnrId":"9199471293"},"timestamp":"2026-11-02T09:%s:00.000Z"}`, version, minute)
				if code := r.send(t, current, id, body); code != "" {
					t.Fatalf("%s: %s", id, code)
				}
				for _, got := range r.list(t, inbox.ListIn{}).Receipts {
					if got.WebhookID == id {
						if got.Resource != "PNR/9199471293" {
							t.Errorf("%s is about %s", id, got.Resource)
						}
						return fmt.Sprint(got.Result, " ", got.Version)
					}
				}
				return "no receipt"
			}
			for _, s := range []struct{ id, version, minute, want string }{
				{"a", "5", "10", "ACCEPTED 5"},
				{"b", odd, "11", "ACCEPTED 0"},
				{"c", odd, "09", "STALE 0"}, // by its time
				{"d", "2", "12", "STALE 2"},
				{"e", "6", "13", "ACCEPTED 6"},
				{"f", odd, "14", "ACCEPTED 0"},
				{"g", "5", "15", "STALE 5"},
			} {
				if got := send(s.id, s.version, s.minute); got != s.want {
					t.Errorf("%s, version %s: %s, want %s", s.id, s.version, got, s.want)
				}
			}
		})
	}
}

func TestForwardRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, memory(t), "")
	r.send(t, current, "one", pnr("9199471293", 1, "BOOKING_CREATED"))
	r.send(t, outward, "two", pnr("9199471293", 1, "BOOKING_CREATED"))
	for _, one := range r.list(t, inbox.ListIn{}).Receipts {
		if e := errs.As(r.forward(t, one.ID)); e == nil || e.Code != errs.StateForbids {
			t.Errorf("%s: %v", one.Result, e)
		}
	}
	if e := errs.As(r.forward(t, "0190a0b0-0000-7000-8000-0000000000d1")); e == nil || e.Code != errs.ResourceNotFound {
		t.Errorf("of none: %v", e)
	}
	if _, err := r.Receive(t.Context(), inbox.ReceiveIn{Environment: "closed"}); errs.As(err) == nil || errs.As(err).Code != errs.ResourceNotFound {
		t.Errorf("an environment without inbox: %v", err)
	}
}

// Which of two events is the older is told by the version where both have one, else by when they were published; what is
// about nothing that is known, or comes without either, waits for nothing.
func TestWhichIsOlder(t *testing.T) {
	t.Parallel()
	event := func(kind, payload string, minute int) string {
		at := ""
		if minute >= 0 {
			at = fmt.Sprintf(`,"timestamp":"2026-11-02T09:%02d:00.000Z"`, minute)
		}
		return fmt.Sprintf(`{"event_type":%q,"operation":"SOMETHING","payload":%s%s}`, kind, payload, at)
	}
	for name, tc := range map[string]struct{ first, second, result, resource string }{
		"a lower version":                       {event("PNR_V3", `{"pnrId":"1","version":2}`, 1), event("PNR_V3", `{"pnrId":"1","version":1}`, 2), inbox.Stale, "PNR/1"},
		"a higher version":                      {event("PNR_V3", `{"pnrId":"1","version":2}`, 2), event("PNR_V3", `{"pnrId":"1","version":3}`, 1), inbox.Accepted, "PNR/1"},
		"the same version, earlier":             {event("PNR_V3", `{"pnrId":"1","version":2}`, 2), event("PNR_V3", `{"pnrId":"1","version":2}`, 1), inbox.Stale, "PNR/1"},
		"the same version, later":               {event("PNR_V3", `{"pnrId":"1","version":2}`, 1), event("PNR_V3", `{"pnrId":"1","version":2}`, 2), inbox.Accepted, "PNR/1"},
		"the same version at the same time":     {event("PNR_V3", `{"pnrId":"1","version":2}`, 1), event("PNR_V3", `{"version":2,"pnrId":"1"}`, 1), inbox.Accepted, "PNR/1"},
		"without a version, later":              {event("PNR_V3", `{"pnrId":"1","version":2}`, 1), event("PNR_V3", `{"pnrId":"1"}`, 2), inbox.Accepted, "PNR/1"},
		"without a version, earlier":            {event("PNR_V3", `{"pnrId":"1","version":2}`, 2), event("PNR_V3", `{"pnrId":"1"}`, 1), inbox.Stale, "PNR/1"},
		"a version after none, earlier":         {event("PNR_V3", `{"pnrId":"1"}`, 2), event("PNR_V3", `{"pnrId":"1","version":2}`, 1), inbox.Stale, "PNR/1"},
		"neither":                               {event("PNR_V3", `{"pnrId":"1","version":2}`, 2), event("PNR_V3", `{"pnrId":"1"}`, -1), inbox.Accepted, "PNR/1"},
		"a time after none":                     {event("PNR_V3", `{"pnrId":"1"}`, -1), event("PNR_V3", `{"pnrId":"1"}`, 1), inbox.Accepted, "PNR/1"},
		"another booking":                       {event("PNR_V3", `{"pnrId":"1","version":2}`, 2), event("PNR_V3", `{"pnrId":"2","version":1}`, 1), inbox.Accepted, "PNR/2"},
		"a traveler":                            {event("TRAVELER_V2", `{"id":"7","version":2}`, 1), event("TRAVELER_V2", `{"id":"7","version":1}`, 2), inbox.Stale, "USER/7"},
		"a trip goes by time":                   {event("TRIP_DETAILS_V3", `{"basicTripInfo":{"tripId":"8"},"version":2}`, 1), event("TRIP_DETAILS_V3", `{"basicTripInfo":{"tripId":"8"},"version":1}`, 2), inbox.Accepted, "TRIP/8"},
		"a trip, earlier":                       {event("TRIP_DETAILS_V3", `{"basicTripInfo":{"tripId":"8"}}`, 2), event("TRIP_DETAILS_V3", `{"basicTripInfo":{"tripId":"8"}}`, 1), inbox.Stale, "TRIP/8"},
		"an approval goes by time":              {event("PNR_APPROVAL", `{"pnrId":"1","version":2}`, 1), event("PNR_APPROVAL", `{"pnrId":"1","version":1}`, 2), inbox.Accepted, "PNR_APPROVAL/1"},
		"an approval is no booking":             {event("PNR_V3", `{"pnrId":"1","version":2}`, 2), event("PNR_APPROVAL", `{"pnrId":"1"}`, 1), inbox.Accepted, "PNR_APPROVAL/1"},
		"a charge":                              {event("SERVICE_CHARGE", `{"chargeId":"9"}`, 2), event("SERVICE_CHARGE", `{"chargeId":"9"}`, 1), inbox.Stale, "SERVICE_CHARGE/9"},
		"a task":                                {event("AGENT_TASK_DETAILS", `{"id":"3"}`, 2), event("AGENT_TASK_DETAILS", `{"id":"3"}`, 1), inbox.Stale, "AGENT_TASK/3"},
		"of a kind that is not known":           {event("WEATHER", `{"id":"3"}`, 2), event("WEATHER", `{"id":"3"}`, 1), inbox.Accepted, "WEATHER/webhook/id two"},
		"a booking without its id":              {event("PNR_V3", `{"version":2}`, 2), event("PNR_V3", `{"version":1}`, 1), inbox.Accepted, "PNR/webhook/id two"},
		"a version that is no number, but time": {event("PNR_V3", `{"pnrId":"1","version":2}`, 2), event("PNR_V3", `{"pnrId":"1","version":2.5}`, 1), inbox.Stale, "PNR/1"},
	} {
		r := newRig(t, memory(t), "")
		if code := r.send(t, current, "one", tc.first) + r.send(t, current, "two", tc.second); code != "" {
			t.Fatalf("%s: %s", name, code)
		}
		if got := r.list(t, inbox.ListIn{WebhookID: "two"}).Receipts; len(got) != 1 || got[0].Result != tc.result || got[0].Resource != tc.resource {
			t.Errorf("%s: %+v; want %s of %s", name, *got[0], tc.result, tc.resource)
		}
	}
}

// outage is a vault that cannot be reached.
type outage struct{}

func (outage) Verify(context.Context, http.Header, []byte, time.Time, time.Duration) (string, error) {
	return "", errors.New("the vault does not answer")
}

func (outage) References() []string { return nil }

// Who is let in hangs on what an inbox was told to look at, and everybody else is in its list with the reason.
func TestWhoIsLetIn(t *testing.T) {
	t.Parallel()
	body := pnr("9199471293", 1, "BOOKING_CREATED")
	full := body + strings.Repeat(" ", inbox.MaxBody-len(body))
	for name, tc := range map[string]struct {
		change func(*inbox.Environment)
		secret string
		age    int64
		body   string
		header []string
		code   errs.Code
		result string
	}{
		"a signature":                             {secret: current, result: inbox.Accepted},
		"as much as is taken":                     {secret: current, body: full, result: inbox.Accepted},
		"a byte more":                             {secret: current, body: full + " ", code: errs.RequestTooLarge, result: inbox.TooLarge},
		"a signature that is old":                 {secret: current, age: 301, code: errs.WebhookStale, result: inbox.Late},
		"a token":                                 {header: []string{"Authorization", "Bearer good"}, result: inbox.Accepted},
		"a token of another scheme":               {header: []string{"Authorization", "Basic good"}, code: errs.WebhookUnsigned, result: inbox.Unsigned},
		"a token without a scheme":                {header: []string{"Authorization", "good"}, code: errs.WebhookUnsigned, result: inbox.Unsigned},
		"a token where none counts":               {change: func(e *inbox.Environment) { e.Bearer = false }, header: []string{"Authorization", "Bearer good"}, code: errs.WebhookUnsigned, result: inbox.Unsigned},
		"a signature where none counts":           {change: func(e *inbox.Environment) { e.Verifier = nil }, secret: current, code: errs.WebhookForged, result: inbox.Forged},
		"nothing where only tokens count":         {change: func(e *inbox.Environment) { e.Verifier = nil }, code: errs.WebhookUnsigned, result: inbox.Unsigned},
		"a token where only tokens count":         {change: func(e *inbox.Environment) { e.Verifier = nil }, header: []string{"Authorization", "Bearer good"}, result: inbox.Accepted},
		"a part of a signature, beside a token":   {header: []string{"Authorization", "Bearer good", "webhook-id", "x"}, code: errs.WebhookUnsigned, result: inbox.Unsigned},
		"a signature that cannot be looked at":    {change: func(e *inbox.Environment) { e.Verifier = outage{} }, secret: current, code: errs.StoreUnavailable, result: inbox.Unverified},
		"a token while the vault does not answer": {change: func(e *inbox.Environment) { e.Verifier = outage{} }, header: []string{"Authorization", "Bearer good"}, result: inbox.Accepted},
	} {
		r := newRigOf(t, memory(t), "", tc.change)
		if tc.body == "" {
			tc.body = body
		}
		h := r.signed(t, tc.secret, "one", tc.body, tc.header...)
		r.at.Store(tc.age)
		_, err := r.Receive(t.Context(), inbox.ReceiveIn{Environment: "production", Header: h, Address: "198.51.100.7", Body: []byte(tc.body)})
		code := errs.Code("")
		if e := errs.As(err); e != nil {
			code = e.Code
		}
		if got := r.list(t, inbox.ListIn{}).Receipts; code != tc.code || len(got) != 1 || got[0].Result != tc.result {
			t.Errorf("%s: %v, and the receipts are %+v; want %q and %s", name, err, got, tc.code, tc.result)
		}
	}
}

func (r *rig) forward(t testing.TB, id string) error {
	t.Helper()
	return r.store.Update(actor.With(t.Context(), &actor.Actor{Tenant: tenant}), func(ctx context.Context) error {
		_, err := r.Forward(ctx, inbox.ForwardIn{ID: id})
		return err
	})
}

// Whoever sends the same at once from many connections is answered 200 each time, and it is handled once.
func TestReplaysAreHandledOnce(t *testing.T) {
	t.Parallel()
	c := newConsumer(t, fixed)
	r := newRig(t, memory(t), c.URL)
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			if code := r.send(t, current, "same", pnr("9199471293", 1, "BOOKING_CREATED")); code != "" {
				t.Errorf("answered %s", code)
			}
		})
	}
	all.Wait()
	r.settle(t)
	got := r.list(t, inbox.ListIn{}).Receipts
	if len(got) != 1 || got[0].Attempts != 32 || len(c.events()) != 1 {
		t.Errorf("%d receipts, of %d attempts, %d passed on", len(got), got[0].Attempts, len(c.events()))
	}
}

// Anybody can cause refusals: of each minute so many are written, and the next tells of the others.
func TestRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t, memory(t), "")
	for range 200 {
		r.send(t, outward, "forged", "{}")
	}
	if n := len(r.list(t, inbox.ListIn{}).Receipts); n != 60 {
		t.Errorf("%d were written", n)
	}
	r.at.Store(60)
	r.send(t, outward, "forged", "{}")
	if got := r.list(t, inbox.ListIn{}).Receipts[0]; got.Withheld != 140 {
		t.Errorf("the next one tells of %d", got.Withheld)
	}
}

func TestSilentSecretsAreReported(t *testing.T) {
	t.Parallel()
	r := newRig(t, memory(t), "")
	tidy := func() {
		if err := r.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tidy()
	r.at.Store(6 * 24 * 3600)
	r.send(t, current, "one", pnr("9199471293", 1, "BOOKING_CREATED"))
	status := func() (out []inbox.SecretStatus) {
		r.view(t, func(ctx context.Context) error {
			all, err := r.Status(ctx, struct{}{})
			out = all.Inboxes[0].Secrets
			return err
		})
		return out
	}
	matched := start.AddDate(0, 0, 6)
	if diff := cmp.Diff([]inbox.SecretStatus{{Reference: "env:CURRENT", Matched: matched}, {Reference: "env:PREVIOUS"}}, status()); diff != "" {
		t.Errorf("after six days:\n%s", diff)
	}
	r.at.Store(8 * 24 * 3600)
	if diff := cmp.Diff([]inbox.SecretStatus{{Reference: "env:CURRENT", Matched: matched}, {Reference: "env:PREVIOUS", Unmatched: true}}, status()); diff != "" {
		t.Errorf("after eight days:\n%s", diff)
	}
	// And all is forgotten at its time: first refusals, then the rest.
	r.send(t, outward, "two", "{}")
	for _, at := range []struct{ days, want int }{{21, 2}, {23, 1}, {95, 1}, {97, 0}} {
		r.at.Store(int64(at.days) * 24 * 3600)
		tidy()
		if n := len(r.list(t, inbox.ListIn{}).Receipts); n != at.want {
			t.Errorf("after %d days there are %d, want %d", at.days, n, at.want)
		}
	}
}

// What was answered with 200 before a kill is there afterwards and is passed on: the files of a running database,
// copied as a killed process would leave them.
func TestNothingIsLostInAKill(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	before, after := filepath.Join(t.TempDir(), "a.db"), filepath.Join(t.TempDir(), "a.db")
	open := func(path string) *sqlite.Store {
		st, err := sqlite.Open(context.WithoutCancel(t.Context()), sqlite.Options{Path: path, MasterKey: key})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		})
		return st
	}
	c := newConsumer(t, fixed)
	r := newRig(t, open(before), c.URL)
	for n := range 20 {
		if code := r.send(t, current, fmt.Sprint(n), pnr(fmt.Sprint(1_000_000_000+n%4), n/4+1, "BOOKING_OTHER_UPDATE")); code != "" {
			t.Fatal(code)
		}
	}
	for _, ext := range []string{"", "-wal"} {
		b, err := os.ReadFile(before + ext)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(after+ext, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := newRig(t, open(after), c.URL)
	again.send(t, current, "7", pnr("1000000003", 2, "BOOKING_OTHER_UPDATE")) // its answer was lost, so it comes again
	again.settle(t)
	seen := map[string]int{}
	for _, e := range c.events() {
		id, n := version(t, e)
		if n != seen[id]+1 {
			t.Errorf("%s is at %d after %d", id, n, seen[id])
		}
		seen[id] = n
	}
	if len(c.events()) != 20 {
		t.Errorf("%d of 20 were passed on", len(c.events()))
	}
}

// A consumer that fails for a while gets everything later, in order; its breaker opens and closes as for any other.
func TestAConsumerThatFailsGetsItLater(t *testing.T) {
	t.Parallel()
	c := newConsumer(t, nil)
	c.fail.Store(true)
	r := newRig(t, memory(t), c.URL)
	now := start.Unix()
	c.now.Store(now)
	for n := range 12 {
		if code := r.send(t, current, fmt.Sprint(n), pnr(fmt.Sprint(1_000_000_000+n%4), n/4+1, "BOOKING_OTHER_UPDATE")); code != "" {
			t.Fatal(code)
		}
	}
	r.settle(t)
	if n := len(c.events()); n != 0 {
		t.Fatalf("%d arrived at a consumer that fails", n)
	}
	c.fail.Store(false)
	for hours := int64(1); hours <= 24 && len(c.events()) < 12; hours++ {
		r.at.Store(hours * 3600)
		c.now.Store(now + hours*3600)
		r.settle(t)
	}
	seen := map[string]int{}
	for _, e := range c.events() {
		id, n := version(t, e)
		if n != seen[id]+1 {
			t.Errorf("%s is at %d after %d", id, n, seen[id])
		}
		seen[id] = n
	}
	if len(c.events()) != 12 {
		t.Errorf("%d of 12 arrived", len(c.events()))
	}
}
