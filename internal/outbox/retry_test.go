// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/webhook"
)

func decode(t *testing.T, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Five quick retries, then waits that double from a minute to six hours, each up to a fifth shorter,
// for two weeks; then the delivery is parked and the next of its lane has its turn.
func TestRetryTimetable(t *testing.T) {
	t.Parallel()
	down := true
	rec := newReceiver(t, func(_ int, _ got, w http.ResponseWriter) {
		if down {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	r := newRig(t, outbox.Options{})
	sub := r.subscribe(t, rec.URL)
	r.tell(t, "1000000001", 1)
	r.tell(t, "1000000001", 2)
	if n := r.settle(t); n != 1 {
		t.Fatalf("%d attempts at once", n)
	}
	id := rec.received()[0].id
	r.advance(t, 15*24*time.Hour)

	d := r.delivery(t, id)
	if d.Delivery.State != "PARKED" {
		t.Fatalf("%+v", d.Delivery)
	}
	waits := []time.Duration{20, 40, 80, 160, 320}
	for i := range waits {
		waits[i] *= time.Millisecond
	}
	for w := time.Minute; w < 6*time.Hour; w *= 2 {
		waits = append(waits, w)
	}
	for i, a := range d.Attempts[1:] {
		want := 6 * time.Hour
		if i < len(waits) {
			want = waits[i]
		}
		wait := moment(t, a.At).Sub(moment(t, d.Attempts[i].At))
		// Times are shown in whole milliseconds.
		if wait > want+time.Millisecond || wait < want*4/5-time.Millisecond {
			t.Errorf("wait %d is %s, want %s or up to a fifth less", i+1, wait, want)
		}
	}
	last := moment(t, d.Attempts[len(d.Attempts)-1].At).Sub(start)
	if last > 14*24*time.Hour || last < 14*24*time.Hour-6*time.Hour {
		t.Errorf("the last attempt was after %s", last)
	}

	// The event behind it is as old, so it gets what is left of the two weeks (by the jitter of the first
	// that can be hours or nothing, and at least one attempt or a word why not) and is parked too.
	least := 1
	if 14*24*time.Hour-last >= time.Hour {
		least = 6 // the first attempt and the five quick ones have room
	}
	if parked := r.deliveries(t, outbox.ListDeliveriesIn{State: "PARKED"}); len(parked) != 2 || parked[0].Attempts < least || parked[0].Attempts > 20 || parked[0].LastError == "" {
		t.Errorf("%+v", parked)
	}

	// A replay has the id and body of the first time, a new signature, and a timetable of its own.
	back := must[outbox.Delivery](t, r, agency, "replayDelivery", r.ReplayDelivery, outbox.DeliveryIn{ID: id})
	if back.State != "PENDING" {
		t.Errorf("%+v", back)
	}
	r.advance(t, 61*time.Second)
	if again := r.delivery(t, id); again.Delivery.State != "PENDING" || len(again.Attempts) != len(d.Attempts)+7 {
		t.Errorf("%d attempts after %d: %+v", len(again.Attempts), len(d.Attempts), again.Delivery)
	}
	down = false
	r.advance(t, time.Hour)
	all := rec.received()
	first, final := all[0], all[len(all)-1]
	if final.id != id || string(final.body) != string(first.body) {
		t.Errorf("replayed as %s: %s", final.id, final.body)
	}
	if err := webhook.Verify([]string{sub.Secret}, final.header, final.body, start, 0); err != nil {
		t.Error(err)
	}
	if again := r.delivery(t, id).Delivery; again.State != "DELIVERED" {
		t.Errorf("%+v", again)
	}
}

func TestReplayOfADelivered(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	r.subscribe(t, rec.URL)
	r.tell(t, "1000000001", 1)
	r.settle(t)
	id := rec.received()[0].id
	must[outbox.Delivery](t, r, agency, "replayDelivery", r.ReplayDelivery, outbox.DeliveryIn{ID: id})
	r.settle(t)
	d := r.delivery(t, id)
	if all := rec.received(); len(all) != 2 || all[1].id != id || d.Delivery.State != "DELIVERED" || d.Delivery.Attempts != 2 {
		t.Errorf("%d requests, %+v", len(all), d.Delivery)
	}
	if d.Attempts[0].TraceID == d.Attempts[1].TraceID {
		t.Error("both attempts have the same trace")
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"120": 2 * time.Minute,
		start.Add(3 * time.Minute).Format(http.TimeFormat): 3 * time.Minute,
		"soon":      20 * time.Millisecond,
		"-5":        20 * time.Millisecond,
		"999999999": 14 * 24 * time.Hour, // no later than the last day
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			rec := newReceiver(t, func(_ int, _ got, w http.ResponseWriter) {
				w.Header().Set("Retry-After", value)
				w.WriteHeader(http.StatusTooManyRequests)
			})
			r := newRig(t, outbox.Options{})
			r.subscribe(t, rec.URL)
			r.tell(t, "1000000001", 1)
			r.settle(t)
			d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]
			wait := moment(t, d.NextAt).Sub(start)
			if wait > want || wait < want*4/5-time.Millisecond {
				t.Errorf("waits %s, want %s", wait, want)
			}
		})
	}
}

// A failing resource holds back its own later events only.
func TestAFailureHoldsItsLaneOnly(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, func(_ int, g got, w http.ResponseWriter) {
		var p struct{ PnrID string }
		if json.Unmarshal(g.event.Payload, &p) != nil || p.PnrID == "1000000001" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	r := newRig(t, outbox.Options{})
	r.subscribe(t, rec.URL)
	for i := range 4 {
		r.tell(t, fmt.Sprint(1_000_000_001+i%2), i)
	}
	r.settle(t)
	var states []string
	for _, d := range r.deliveries(t, outbox.ListDeliveriesIn{}) {
		states = append(states, fmt.Sprint(d.Resource, " ", d.State, " ", d.Attempts))
	}
	want := []string{"PNR/1000000002 DELIVERED 1", "PNR/1000000001 PENDING 0", "PNR/1000000002 DELIVERED 1", "PNR/1000000001 PENDING 1"}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}
}
