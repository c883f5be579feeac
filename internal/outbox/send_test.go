// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/announce"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/webhook"
)

func TestDeliveryCarriesTheEventSigned(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	sub, err := r.create(t, subscriptionBody(rec.URL, `,"customHeaders":{"X-Key":"k1","authorization":"Bearer x",
		"content-type":"text/plain","X-Spotnana-Webhook-Id":"mine","x-b3-traceid":"mine","host":"elsewhere"}`))
	if err != nil {
		t.Fatal(err)
	}
	n := notice("1000000001", 3)
	n.Summary = announce.Summary{Issued: []string{"0162345678901"}}
	r.write(t, agency, func(ctx context.Context) error { return r.Announce(ctx, n) })
	if sent := r.settle(t); sent != 1 {
		t.Fatalf("%d attempts", sent)
	}
	g := rec.received()[0]
	want := `{"event_type":"PNR_V3","operation":"BOOKING_UPDATED","operationSummary":{"ticketsIssued":["0162345678901"],` +
		`"ticketsVoided":[],"ticketsRefunded":[]},"payload":{"pnrId": "1000000001", "version": 3},` +
		`"timestamp":"2026-03-01T12:00:00.000Z","audience":{"organizationId":"` + acme + `"}}`
	if diff := cmp.Diff(want, string(g.body)); diff != "" {
		t.Error(diff)
	}
	if found := api(t).Schema("WebhookEvent").Check(g.body); len(found) > 0 {
		t.Errorf("the event breaks the contract: %v", found)
	}
	if err := webhook.Verify([]string{sub.Secret}, g.header, g.body, start, time.Second); err != nil {
		t.Error(err)
	}
	d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]
	detail := r.delivery(t, d.ID)
	for name, want := range map[string]string{
		webhook.HeaderID:        d.ID,
		webhook.HeaderTimestamp: fmt.Sprint(start.Unix()),
		"X-B3-Traceid":          detail.Attempts[0].TraceID,
		"Content-Type":          "application/json",
		"X-Key":                 "k1",
		"Authorization":         "",
	} {
		if got := g.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if len(g.header.Get("X-B3-Spanid")) != 16 || len(detail.Attempts[0].TraceID) != 32 {
		t.Errorf("trace %s, span %s", detail.Attempts[0].TraceID, g.header.Get("X-B3-Spanid"))
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, g.body); err != nil || string(detail.Event) != compact.String() {
		t.Errorf("getDelivery shows %s, sent was %s, %v", detail.Event, g.body, err)
	}
	if d.State != "DELIVERED" || d.Attempts != 1 || d.LastStatus != 200 || d.DeliveredAt == "" || d.NextAt != "" {
		t.Errorf("%+v", d)
	}
}

// One in twenty answers is a failure, and still every resource sees its changes in order.
func TestOrderWithinAResource(t *testing.T) {
	t.Parallel()
	const resources, changes = 8, 15
	rec := newReceiver(t, func(n int, _ got, w http.ResponseWriter) {
		if n%20 == 7 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	r := newRig(t, outbox.Options{})
	r.subscribe(t, rec.URL)
	for n := range changes {
		for i := range resources {
			r.tell(t, fmt.Sprint(1_000_000_000+i), n+1)
		}
	}
	r.advance(t, time.Hour)
	seen, failed := map[string]int{}, 0
	for i, g := range rec.received() {
		var p struct {
			PnrID   string
			Version int
		}
		decode(t, g.event.Payload, &p)
		if p.Version != seen[p.PnrID]+1 {
			t.Fatalf("request %d: %s is at %d after %d", i, p.PnrID, p.Version, seen[p.PnrID])
		}
		if (i+1)%20 == 7 {
			failed++
			continue
		}
		seen[p.PnrID] = p.Version
	}
	for pnr, n := range seen {
		if n != changes {
			t.Errorf("%s ended at %d", pnr, n)
		}
	}
	if len(seen) != resources || failed == 0 {
		t.Errorf("%d resources, %d failures", len(seen), failed)
	}
}

// A lane whose receiver is silent must not hold another one.
func TestLanesRunSideBySide(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	others := make(chan struct{}, 8)
	rec := newReceiver(t, func(_ int, g got, _ http.ResponseWriter) {
		if strings.Contains(string(g.event.Payload), "1000000001") {
			<-release
			return
		}
		others <- struct{}{}
	})
	r := newRig(t, outbox.Options{})
	r.subscribe(t, rec.URL)
	r.Start(t.Context())
	for i := range 4 {
		r.tell(t, fmt.Sprint(1_000_000_001+i), 1)
	}
	for range 3 {
		<-others
	}
	close(release)
	r.settle(t)
	if n := len(rec.received()); n != 4 {
		t.Errorf("%d requests", n)
	}
}

func TestStopWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	rec := newReceiver(t, func(int, got, http.ResponseWriter) { close(entered); <-release })
	r := newRig(t, outbox.Options{Drain: time.Minute})
	r.subscribe(t, rec.URL)
	r.Start(t.Context())
	r.Start(t.Context())
	r.tell(t, "1000000001", 1)
	<-entered
	stopped := make(chan struct{})
	go func() { r.Stop(); r.Stop(); close(stopped) }()
	close(release)
	<-stopped
	if d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]; d.State != "DELIVERED" {
		t.Errorf("%+v", d)
	}
	if _, err := r.Settle(t.Context(), tenant); err == nil {
		t.Error("Settle works after Stop")
	}
}

// What a stop cuts off counts as not tried, and the next process sends it under the same id.
func TestNothingIsLostOverARestart(t *testing.T) {
	t.Parallel()
	entered := make(chan string, 2)
	hang := make(chan struct{})
	rec := newReceiver(t, func(n int, g got, _ http.ResponseWriter) {
		entered <- g.id
		if n == 1 {
			<-hang
		}
	})
	defer close(hang)
	r := newRig(t, outbox.Options{Drain: time.Millisecond})
	r.subscribe(t, rec.URL)
	r.Start(t.Context())
	r.tell(t, "1000000001", 1)
	first := <-entered
	r.Stop()
	if d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]; d.State != "PENDING" || d.Attempts != 0 {
		t.Errorf("after the stop: %+v", d)
	}
	next := newRigOn(t, r.store, outbox.Options{})
	next.Start(t.Context())
	if again := <-entered; again != first {
		t.Errorf("sent as %s, then as %s", first, again)
	}
}

func TestAnswersThatDoNotCount(t *testing.T) {
	t.Parallel()
	elsewhere := newReceiver(t, nil)
	for name, tc := range map[string]struct {
		respond func(w http.ResponseWriter)
		status  int
		code    string
		problem string
	}{
		"201": {func(w http.ResponseWriter) { w.WriteHeader(http.StatusCreated) }, 201, "STATUS", "answered 201, only 200 counts"},
		"204": {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }, 204, "STATUS", "answered 204, only 200 counts"},
		"redirect": {func(w http.ResponseWriter) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(http.StatusFound)
		}, 302, "REDIRECT", "answered 302, only 200 counts"},
		"500":            {func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) }, 500, "STATUS", "answered 500, only 200 counts"},
		"a large header": {func(w http.ResponseWriter) { w.Header().Set("X-Large", strings.Repeat("a", 100<<10)) }, 0, "CONNECTION", "server response headers exceeded 32768 bytes; aborted"},
		"a cut":          {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, 0, "CONNECTION", "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newReceiver(t, func(_ int, _ got, w http.ResponseWriter) { tc.respond(w) })
			r := newRig(t, outbox.Options{})
			r.subscribe(t, rec.URL)
			r.tell(t, "1000000001", 1)
			r.settle(t)
			d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]
			if d.State != "PENDING" || d.LastStatus != tc.status || d.LastCode != tc.code || !strings.HasSuffix(d.LastError, tc.problem) {
				t.Errorf("%+v", d)
			}
		})
	}
	if n := len(elsewhere.received()); n > 0 {
		t.Errorf("a redirect was followed %d times", n)
	}
}

// A receiver that is slow is given up; one that answers 200 and then talks without end has answered.
func TestSlowAndEndlessAnswers(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	slow := newReceiver(t, func(int, got, http.ResponseWriter) { <-hang })
	endless := newReceiver(t, func(_ int, _ got, w http.ResponseWriter) {
		for chunk := make([]byte, 64<<10); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	trickling := newReceiver(t, func(_ int, _ got, w http.ResponseWriter) {
		_ = http.NewResponseController(w).Flush()
		<-hang
	})
	t.Cleanup(func() { close(hang) })
	r := newRig(t, outbox.Options{Timeout: 300 * time.Millisecond})
	want := map[string]string{
		r.subscribe(t, slow.URL).ID:      "PENDING no answer within 300ms",
		r.subscribe(t, endless.URL).ID:   "DELIVERED ",
		r.subscribe(t, trickling.URL).ID: "DELIVERED ",
	}
	r.tell(t, "1000000001", 1)
	r.settle(t)
	have := map[string]string{}
	for _, d := range r.deliveries(t, outbox.ListDeliveriesIn{}) {
		have[d.Subscription] = d.State + " " + d.LastError
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

// A hanging endpoint holds its own share of the workers and no more.
func TestOneEndpointDoesNotStarveAnother(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	arrived := make(chan struct{}, 64)
	stuck := newReceiver(t, func(int, got, http.ResponseWriter) { <-hang })
	fine := newReceiver(t, func(int, got, http.ResponseWriter) { arrived <- struct{}{} })
	r := newRig(t, outbox.Options{Workers: 4, PerEndpoint: 2})
	r.subscribe(t, stuck.URL)
	r.Start(t.Context())
	for i := range 20 {
		r.tell(t, fmt.Sprint(1_000_000_000+i), 1)
	}
	r.subscribe(t, fine.URL)
	for i := range 20 {
		r.tell(t, fmt.Sprint(1_000_000_000+i), 2)
	}
	for range 20 {
		<-arrived
	}
	if n := len(stuck.received()); n > 2 {
		t.Errorf("%d requests at once to one endpoint", n)
	}
	close(hang)
	r.settle(t)
	if n := len(stuck.received()); n != 40 {
		t.Errorf("the other got %d of 40", n)
	}
}

// Many at once, some failing, a handful of workers: each event arrives, the state says so.
func TestEverythingArrives(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, func(n int, g got, w http.ResponseWriter) {
		h := fnv.New32a()
		_, _ = h.Write([]byte(g.id))
		if (h.Sum32()+uint32(n))%7 == 0 {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	r := newRig(t, outbox.Options{Workers: 5, PerEndpoint: 3, Keep: 5})
	r.subscribe(t, rec.URL)
	r.Start(t.Context())
	r.write(t, agency, func(ctx context.Context) error {
		for i := range 300 {
			if err := r.Announce(ctx, notice(fmt.Sprint(1_000_000_000+i%150), i)); err != nil {
				return err
			}
		}
		return nil
	})
	r.advance(t, 24*time.Hour)
	ids := map[string]bool{}
	for _, g := range rec.received() {
		ids[g.id] = true
	}
	if len(ids) != 300 {
		t.Errorf("%d of 300 arrived", len(ids))
	}
	if pending := r.deliveries(t, outbox.ListDeliveriesIn{State: "PENDING"}); len(pending) > 0 {
		t.Errorf("pending: %+v", pending)
	}
	// The 256th success removed all rows but the newest five.
	if kept := r.deliveries(t, outbox.ListDeliveriesIn{}); len(kept) > 60 {
		t.Errorf("%d rows are kept", len(kept))
	}
}

// flaky is a store whose writes fail for a while.
type flaky struct {
	store.Store
	failures atomic.Int32
}

func (f *flaky) Update(ctx context.Context, fn func(context.Context) error) error {
	if f.failures.Add(-1) >= 0 {
		return errors.New("the primary is gone")
	}
	return f.Store.Update(ctx, fn)
}

// Trouble of the store between sending and writing that down must not lead to a second sending.
func TestTheAcknowledgementIsRetried(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	first := newRig(t, outbox.Options{})
	f := &flaky{Store: first.store}
	r := newRigOn(t, f, outbox.Options{})
	r.subscribe(t, rec.URL)
	r.tell(t, "1000000001", 1)
	f.failures.Store(3)
	r.settle(t)
	if d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]; d.State != "DELIVERED" || len(rec.received()) != 1 {
		t.Errorf("%d requests, %+v", len(rec.received()), d)
	}
}

// BenchmarkDeliver announces and delivers one event per iteration over loopback, in memory.
func BenchmarkDeliver(b *testing.B) {
	arrived := make(chan struct{}, 1024)
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived <- struct{}{} }))
	defer srv.Close()
	st, err := sqlite.Open(b.Context(), sqlite.Options{Memory: true})
	if err != nil {
		b.Fatal(err)
	}
	s := outbox.New(outbox.Options{Store: st, Clocks: clock.NewTenants(clock.System()), Companies: companies{}, AllowInsecure: true})
	defer func() { s.Stop(); _ = st.Close() }()
	ctx := actor.With(b.Context(), agency)
	var in outbox.CreateSubscriptionIn
	if err := json.Unmarshal([]byte(subscriptionBody(srv.URL, "")), &in.Doc); err != nil {
		b.Fatal(err)
	}
	if err := st.Update(ctx, func(ctx context.Context) error { _, err := s.CreateSubscription(ctx, in); return err }); err != nil {
		b.Fatal(err)
	}
	s.Start(b.Context())
	b.ResetTimer()
	for w := range 16 {
		go func() {
			for i := w; i < b.N; i += 16 {
				if err := st.Update(ctx, func(ctx context.Context) error { return s.Announce(ctx, notice(fmt.Sprint(i%500), i)) }); err != nil {
					b.Error(err)
				}
			}
		}()
	}
	for range b.N {
		<-arrived
	}
}
