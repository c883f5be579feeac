// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/outbox"
)

func (r *rig) replay(t *testing.T, id, body string) outbox.ReplayOut {
	t.Helper()
	in := outbox.ReplayIn{ID: id}
	return must[outbox.ReplayOut](t, r, agency, "replayDeliveries", r.ReplayDeliveries, request(t, "replayDeliveries", body, &in, &in.Doc))
}

func (r *rig) skip(t *testing.T, id string) (outbox.Delivery, error) {
	t.Helper()
	b, err := call(t, r, agency, "skipDelivery", r.SkipDelivery, outbox.DeliveryIn{ID: id})
	var d outbox.Delivery
	if err == nil {
		decode(t, b, &d)
	}
	return d, err
}

// A lane goes on without what is skipped, which can come back later.
func TestSkip(t *testing.T) {
	t.Parallel()
	poison := true
	rec := newReceiver(t, func(_ int, g got, w http.ResponseWriter) {
		if poison && string(g.event.Payload) == `{"pnrId": "1000000001", "version": 1}` {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
	})
	r := newRig(t, outbox.Options{})
	sub := r.subscribe(t, rec.URL)
	r.tell(t, "1000000001", 1)
	r.tell(t, "1000000001", 2)
	r.settle(t)
	bad := rec.received()[0].id
	if d, err := r.skip(t, bad); err != nil || d.State != "SKIPPED" {
		t.Fatalf("%+v, %v", d, err)
	}
	if n := r.settle(t); n != 1 || len(rec.received()) != 2 {
		t.Errorf("%d attempts", n)
	}
	if list := r.deliveries(t, outbox.ListDeliveriesIn{State: "SKIPPED"}); len(list) != 1 || list[0].ID != bad {
		t.Errorf("%+v", list)
	}
	if _, err := r.skip(t, rec.received()[1].id); !errs.Is(err, errs.StateForbids) {
		t.Errorf("one that arrived: %v", err)
	}
	if _, err := call(t, r, companyAdmin(globex), "skipDelivery", r.SkipDelivery, outbox.DeliveryIn{ID: bad}); !errs.Is(err, errs.ResourceNotFound) {
		t.Errorf("a stranger: %v", err)
	}
	poison = false
	if out := r.replay(t, sub.ID, `{"from":"2026-03-01T00:00:00Z"}`); out.N != 1 || out.Scanned != 2 || out.More {
		t.Errorf("%+v", out)
	}
	r.settle(t)
	if all := rec.received(); len(all) != 3 || all[2].id != bad {
		t.Errorf("%d requests", len(all))
	}
}

// What happened while nobody was subscribed, or the subscription was paused, can be had afterwards, in
// order, and a second call finds nothing.
func TestReplayOfWhatIsMissing(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	hour := func(n int) {
		r.clocks.Set(tenant, clock.State{Frozen: true, At: start.Add(time.Duration(n) * time.Hour)})
	}
	r.tellMany(t, 3, 1, 1)
	sub := r.subscribe(t, rec.URL)
	hour(1)
	r.tellMany(t, 3, 2, 2)
	r.settle(t)
	if _, err := r.update(t, agency, sub.ID, `{"isActive":false}`); err != nil {
		t.Fatal(err)
	}
	hour(2)
	r.tellMany(t, 3, 3, 3)
	other := notice("1000000009", 1)
	other.Company = globex
	r.write(t, agency, func(ctx context.Context) error { return r.Announce(ctx, other) })
	hour(3)
	if _, err := r.update(t, agency, sub.ID, `{"isActive":true}`); err != nil {
		t.Fatal(err)
	}
	versions := func(from int) (out []string) {
		for _, g := range rec.received()[from:] {
			var p struct {
				PnrID   string
				Version int
			}
			decode(t, g.event.Payload, &p)
			out = append(out, fmt.Sprint(p.PnrID[9:], "@", p.Version))
		}
		return out
	}
	for _, step := range []struct {
		body string
		want outbox.ReplayOut
		sent int
	}{
		{`{"from":"2026-03-01T13:30:00Z","resource":"PNR/1000000001"}`, outbox.ReplayOut{Queued: outbox.Queued{N: 1}, Scanned: 1}, 1},
		{`{"from":"2026-03-01T13:30:00Z","operations":["BOOKING_CANCELED_BY_VENDOR"]}`, outbox.ReplayOut{Scanned: 4}, 0},
		{`{"from":"2026-03-01T13:30:00Z","eventTypes":["TRAVELER_V2"]}`, outbox.ReplayOut{Scanned: 4}, 0},
		{`{"from":"2026-03-01T12:00:00Z","to":"2026-03-01T13:00:00Z","limit":2}`,
			outbox.ReplayOut{Queued: outbox.Queued{N: 2, More: true}, Scanned: 3, Continue: "2026-03-01T12:00:00.000000Z"}, 2},
		{`{"from":"2026-03-01T12:00:00Z"}`, outbox.ReplayOut{Queued: outbox.Queued{N: 3}, Scanned: 10}, 3},
		{`{"from":"2026-03-01T12:00:00Z"}`, outbox.ReplayOut{Scanned: 10}, 0},
		{`{"from":"2026-03-01T12:00:00Z","only":"PARKED"}`, outbox.ReplayOut{Scanned: 10}, 0},
		{`{"from":"2026-03-01T13:00:00Z","to":"2026-03-01T14:00:00Z","only":"ALL"}`, outbox.ReplayOut{Queued: outbox.Queued{N: 3}, Scanned: 3}, 3},
	} {
		before := len(rec.received())
		out := r.replay(t, sub.ID, step.body)
		if diff := cmp.Diff(step.want, out); diff != "" {
			t.Errorf("%s: %s", step.body, diff)
		}
		r.settle(t)
		if got := versions(before); len(got) != step.sent {
			t.Errorf("%s sends %v", step.body, got)
		}
	}
	ids := map[string]int{}
	for _, g := range rec.received() {
		ids[g.id]++
	}
	if len(ids) != 9 {
		t.Errorf("%d deliveries", len(ids))
	}

	in := outbox.ReplayIn{ID: sub.ID}
	_, err := call(t, r, agency, "replayDeliveries", r.ReplayDeliveries,
		request(t, "replayDeliveries", `{"from":"2026-03-01T14:00:00Z","to":"2026-03-01T13:00:00Z"}`, &in, &in.Doc))
	if !errs.Is(err, errs.ValidationFailed) {
		t.Errorf("a range that ends before it begins: %v", err)
	}
}

// Rows of what arrived are not kept forever; what nobody knows about any more is not taken for missing.
func TestReplayDoesNotGuess(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{Keep: 10})
	sub := r.subscribe(t, rec.URL)
	r.write(t, agency, func(ctx context.Context) error {
		for i := range 300 {
			if err := r.Announce(ctx, notice(fmt.Sprint(1_000_000_000+i), 1)); err != nil {
				return err
			}
		}
		return nil
	})
	r.settle(t)
	kept := len(r.deliveries(t, outbox.ListDeliveriesIn{Limit: 1000}))
	out := r.replay(t, sub.ID, `{"from":"2026-03-01T12:00:00Z"}`)
	if out.N != 0 || out.Uncertain != 300-kept || out.Uncertain < 200 {
		t.Errorf("%+v with %d rows", out, kept)
	}
	old := rec.received()[0].id
	if out := r.replay(t, sub.ID, `{"from":"2026-03-01T12:00:00Z","only":"ALL"}`); out.N != 300 {
		t.Errorf("%+v", out)
	}
	r.settle(t)
	again := 0
	for _, g := range rec.received() {
		if g.id == old {
			again++
		}
	}
	if all := rec.received(); len(all) != 600 || again != 2 {
		t.Errorf("%d requests, %d of them for the first delivery", len(all), again)
	}
}
