// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/internal/store"
)

func (r *rig) endpoint(t *testing.T, id string) outbox.Endpoint {
	t.Helper()
	return must[outbox.Endpoint](t, r, agency, "getWebhookEndpoint", r.GetEndpoint, outbox.GetSubscriptionIn{ID: id})
}

func (r *rig) resume(t *testing.T, id, body string) outbox.Queued {
	t.Helper()
	in := outbox.ResumeIn{ID: id}
	return must[outbox.Queued](t, r, agency, "resumeWebhooks", r.Resume, request(t, "resumeWebhooks", body, &in, &in.Doc))
}

// switchable is a receiver that can be down.
func switchable(t *testing.T) (rec *receiver, down *atomic.Bool) {
	t.Helper()
	down = new(atomic.Bool)
	return newReceiver(t, func(_ int, _ got, w http.ResponseWriter) {
		if down.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}), down
}

// Whatever waits, an endpoint that is down gets one attempt at growing distances, and when it is back
// everything goes out in order.
func TestBreaker(t *testing.T) {
	t.Parallel()
	const resources = 200
	rec, down := switchable(t)
	r := newRig(t, outbox.Options{})
	sub := r.subscribe(t, rec.URL)
	down.Store(true)
	r.tellMany(t, resources, 1, 2)
	r.settle(t)
	if n := len(rec.received()); n < 10 || n > 10+16 {
		t.Errorf("%d requests before it stopped", n)
	}
	e := r.endpoint(t, sub.ID)
	if e.Breaker != "OPEN" || e.RetryAt != "2026-03-01T12:00:01.000Z" || e.Failing != "2026-03-01T12:00:00.000Z" || e.LastStatus != 500 ||
		e.Pending != 2*resources || e.Retrying < 10 || e.Parked != 0 || e.Oldest != "2026-03-01T12:00:00.000Z" {
		t.Errorf("%+v", e)
	}
	before := len(rec.received())
	r.advance(t, time.Hour)
	// 1, 2, 4 … 256 s and then every five minutes make 20 in an hour.
	if n := len(rec.received()) - before; n < 15 || n > 22 {
		t.Errorf("%d requests in an hour", n)
	}
	if list := must[outbox.ListEndpointsOut](t, r, agency, "listWebhookEndpoints", r.ListEndpoints,
		outbox.ListEndpointsIn{Breaker: "CLOSED"}); len(list.Endpoints) > 0 {
		t.Errorf("closed: %+v", list)
	}
	if list := must[outbox.ListEndpointsOut](t, r, companyAdmin(acme), "listWebhookEndpoints", r.ListEndpoints,
		outbox.ListEndpointsIn{}); len(list.Endpoints) != 1 || list.Endpoints[0].ID != sub.ID {
		t.Errorf("all: %+v", list)
	}

	// Another process knows from the start.
	next := newRigOn(t, r.store, outbox.Options{})
	next.clocks.Set(tenant, r.clocks.State(tenant))
	if n := next.settle(t); n > 1 {
		t.Errorf("%d attempts of another process", n)
	}

	down.Store(false)
	if n := r.advance(t, 10*time.Minute); n < 2*resources {
		t.Errorf("%d attempts when it was back", n)
	}
	inOrder(t, rec.received(), resources, 2)
	e = r.endpoint(t, sub.ID)
	if e.Breaker != "CLOSED" || e.Pending != 0 || e.Failing != "" {
		t.Errorf("%+v", e)
	}
	var told []string
	for _, n := range e.Notices {
		told = append(told, n.State+" "+n.Reason)
	}
	if len(told) != 2 || told[0] != "CLOSED an attempt succeeded" || !strings.HasPrefix(told[1], "OPEN 1") || !strings.HasSuffix(told[1], " attempts failed in a row: answered 500, only 200 counts") {
		t.Errorf("notices: %q", told)
	}
	var logged []string
	if err := r.store.View(t.Context(), func(ctx context.Context) error {
		for e, err := range store.Read(ctx).Events(store.EventQuery{Tenant: tenant, Resource: "WEBHOOK_ENDPOINT/" + sub.ID}) {
			if err != nil {
				return err
			}
			logged = append(logged, e.Operation)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"BREAKER_OPEN", "BREAKER_CLOSED"}, logged); diff != "" {
		t.Errorf("event log: %s", diff)
	}
}

// Nobody has to wait for the breaker.
func TestResumeClosesTheBreaker(t *testing.T) {
	t.Parallel()
	rec, down := switchable(t)
	r := newRig(t, outbox.Options{})
	sub := r.subscribe(t, rec.URL)
	down.Store(true)
	r.tellMany(t, 20, 1, 1)
	r.advance(t, time.Hour)
	down.Store(false)
	if q := r.resume(t, sub.ID, `{"resource":"PNR/1000000003"}`); q.N != 1 || q.More {
		t.Errorf("%+v", q)
	}
	if e := r.endpoint(t, sub.ID); e.Breaker != "CLOSED" || e.Pending != 20 {
		t.Errorf("%+v", e)
	}
	r.settle(t)
	if left := r.deliveries(t, outbox.ListDeliveriesIn{Resource: "PNR/1000000003"}); left[0].State != "DELIVERED" {
		t.Errorf("%+v", left)
	}
	r.resume(t, sub.ID, `{}`)
	r.settle(t)
	if e := r.endpoint(t, sub.ID); e.Pending != 0 {
		t.Errorf("%+v", e)
	}
}

// After two weeks of silence everything is parked, however much it is, and can be resumed at once.
func TestTwoWeeksOfSilencePark(t *testing.T) {
	t.Parallel()
	const resources = 40
	rec, down := switchable(t)
	r := newRig(t, outbox.Options{})
	sub := r.subscribe(t, rec.URL)
	down.Store(true)
	r.tellMany(t, resources, 1, 2)
	r.advance(t, 16*24*time.Hour)
	if e := r.endpoint(t, sub.ID); e.Parked != 2*resources || e.Pending != 0 {
		t.Fatalf("%d parked, %d pending", e.Parked, e.Pending)
	}
	for _, d := range r.deliveries(t, outbox.ListDeliveriesIn{Limit: 1000}) {
		if d.Attempts == 0 || d.LastError == "" {
			t.Fatalf("%+v", d)
		}
	}
	down.Store(false)
	if q := r.resume(t, sub.ID, `{"replayParked":true}`); q.N != 2*resources {
		t.Errorf("%+v", q)
	}
	before := len(rec.received())
	r.settle(t)
	inOrder(t, rec.received()[before:], resources, 2)
}

// An endpoint that hangs with thousands of lanes waiting neither delays others nor is read over and over.
func TestAHangingEndpointWithManyLanes(t *testing.T) {
	t.Parallel()
	const waiting = 600
	hang, arrived := make(chan struct{}), make(chan struct{}, 64)
	stuck := newReceiver(t, func(int, got, http.ResponseWriter) { <-hang })
	fine := newReceiver(t, func(int, got, http.ResponseWriter) { arrived <- struct{}{} })
	r := newRig(t, outbox.Options{PerEndpoint: 4})
	r.subscribe(t, stuck.URL)
	r.write(t, agency, func(ctx context.Context) error {
		for i := range waiting {
			if err := r.Announce(ctx, notice(fmt.Sprint(1_000_000_000+i), 1)); err != nil {
				return err
			}
		}
		return nil
	})
	r.Start(t.Context())
	r.subscribe(t, fine.URL)
	for n := 2; n <= 4; n++ {
		for i := range 20 {
			r.tell(t, fmt.Sprint(1_000_000_000+i), n)
		}
		for range 20 {
			<-arrived
		}
	}
	if n := len(stuck.received()); n > 4 {
		t.Errorf("%d requests at once", n)
	}
	close(hang)
	r.settle(t)
	if n := len(stuck.received()); n != waiting+60 {
		t.Errorf("%d of %d arrived in the end", n, waiting+60)
	}
}
