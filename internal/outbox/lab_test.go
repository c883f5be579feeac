// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/webhook"
)

func (r *rig) lab(t *testing.T, id, body string) (out map[string]any, err error) {
	t.Helper()
	in := outbox.LaboratoryIn{ID: id}
	b, err := call(t, r, agency, "setWebhookLaboratory", r.SetLaboratory, request(t, "setWebhookLaboratory", body, &in, &in.Doc))
	if err == nil {
		decode(t, b, &out)
	}
	return out, err
}

// story is what arrived: resource, version, and what was wrong with it.
func (r *rig) story(t *testing.T, rec *receiver, secret string) (out []string) {
	t.Helper()
	for _, g := range rec.received() {
		var p struct {
			PnrID   string
			Version int
		}
		decode(t, g.event.Payload, &p)
		text := fmt.Sprint(p.PnrID[9:], "@", p.Version)
		if err := webhook.Verify([]string{secret}, g.header, g.body, start, 0); err != nil {
			text += " " + strings.TrimPrefix(err.Error(), "webhook: ")
		}
		if n := len(strings.Fields(g.header.Get(webhook.HeaderSignature))); n != 1 {
			text += fmt.Sprint(" ", n, " signatures")
		}
		out = append(out, text)
	}
	return out
}

func TestLaboratory(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		lab    string
		at     []string // at once
		later  []string // within a minute
		states map[string]int
	}{
		"nothing":    {`{}`, []string{"1@1", "1@2", "1@3"}, nil, map[string]int{"DELIVERED": 3}},
		"duplicates": {`{"duplicates":{"next":2}}`, []string{"1@1", "1@1", "1@2", "1@2", "1@3"}, nil, map[string]int{"DELIVERED": 3}},
		"delays":     {`{"delays":{"next":1,"by":"PT40S"}}`, nil, []string{"1@1", "1@2", "1@3"}, map[string]int{"DELIVERED": 3}},
		"reordering": {`{"reordering":{"next":1}}`, []string{"1@2", "1@1", "1@3"}, nil, map[string]int{"DELIVERED": 3}},
		"drops":      {`{"drops":{"next":1}}`, []string{"1@2", "1@3"}, nil, map[string]int{"DELIVERED": 2, "SKIPPED": 1}},
		"expired": {`{"expiredTimestamps":{"next":1}}`, []string{"1@1 the timestamp is not a number of seconds near the present", "1@2", "1@3"}, nil,
			map[string]int{"DELIVERED": 3}},
		"signatures": {`{"doubleSignatures":{"next":2}}`, []string{"1@1 2 signatures", "1@2 2 signatures", "1@3"}, nil, map[string]int{"DELIVERED": 3}},
		"all of one": {`{"duplicates":{"rate":1},"doubleSignatures":{"rate":1}}`, []string{"1@1 2 signatures", "1@1 2 signatures", "1@2 2 signatures",
			"1@2 2 signatures", "1@3 2 signatures", "1@3 2 signatures"}, nil, map[string]int{"DELIVERED": 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newReceiver(t, nil)
			r := newRig(t, outbox.Options{})
			sub := r.subscribe(t, rec.URL)
			if _, err := r.lab(t, sub.ID, tc.lab); err != nil {
				t.Fatal(err)
			}
			for n := range 3 {
				r.tell(t, "1000000001", n+1)
			}
			r.settle(t)
			if diff := cmp.Diff(tc.at, r.story(t, rec, sub.Secret)); diff != "" {
				t.Errorf("at once: %s", diff)
			}
			r.advance(t, time.Minute)
			if diff := cmp.Diff(tc.later, r.story(t, rec, sub.Secret)[len(tc.at):]); len(tc.later) > 0 && diff != "" {
				t.Errorf("later: %s", diff)
			}
			states := map[string]int{}
			for _, d := range r.deliveries(t, outbox.ListDeliveriesIn{}) {
				states[d.State]++
			}
			if diff := cmp.Diff(tc.states, states); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A body that is cut cannot be verified; the next try is whole.
func TestTruncatedBody(t *testing.T) {
	t.Parallel()
	rec := newPlainReceiver(t)
	r := newRig(t, outbox.Options{})
	sub := r.subscribe(t, rec.URL)
	rec.secret = sub.Secret
	if _, err := r.lab(t, sub.ID, `{"truncatedBodies":{"next":1}}`); err != nil {
		t.Fatal(err)
	}
	r.tell(t, "1000000001", 1)
	r.advance(t, time.Second)
	if d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]; d.State != "DELIVERED" || d.Attempts != 2 {
		t.Errorf("%+v", d)
	}
	if diff := cmp.Diff([]string{"webhook: no signature matches", ""}, rec.seen); diff != "" {
		t.Error(diff)
	}
}

// Without a successor an event that is to be swapped goes out after a while, alone.
func TestReorderingNeedsTwo(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	sub := r.subscribe(t, rec.URL)
	if _, err := r.lab(t, sub.ID, `{"reordering":{"rate":1}}`); err != nil {
		t.Fatal(err)
	}
	r.tell(t, "1000000001", 1)
	r.advance(t, 4*time.Second)
	if n := len(rec.received()); n > 0 {
		t.Errorf("%d arrived", n)
	}
	r.advance(t, time.Second)
	if diff := cmp.Diff([]string{"1@1"}, r.story(t, rec, sub.Secret)); diff != "" {
		t.Error(diff)
	}
}

// The same seed and the same steps meet the same trouble, another seed another one; what was dropped is
// found by a replay.
func TestLaboratoryIsDeterministic(t *testing.T) {
	t.Parallel()
	run := func(seed int) []string {
		rec := newReceiver(t, nil)
		r := newRig(t, outbox.Options{})
		sub := r.subscribe(t, rec.URL)
		if _, err := r.lab(t, sub.ID, fmt.Sprintf(`{"seed":%d,"drops":{"rate":0.3},"duplicates":{"rate":0.3},"reordering":{"rate":0.2},"delays":{"rate":0.1}}`, seed)); err != nil {
			t.Fatal(err)
		}
		for n := range 30 {
			r.tell(t, "1000000001", n+1)
		}
		r.advance(t, time.Hour)
		story := r.story(t, rec, sub.Secret)
		if _, err := call(t, r, agency, "endWebhookLaboratory", r.EndLaboratory, outbox.GetSubscriptionIn{ID: sub.ID}); err != nil {
			t.Fatal(err)
		}
		r.replay(t, sub.ID, `{"from":"2026-03-01T00:00:00Z"}`)
		r.settle(t)
		ids := map[string]bool{}
		for _, g := range rec.received() {
			ids[g.id] = true
		}
		if len(ids) != 30 {
			t.Errorf("%d of 30 arrived in the end", len(ids))
		}
		return story
	}
	one := run(1)
	if diff := cmp.Diff(one, run(1)); diff != "" {
		t.Errorf("the same seed: %s", diff)
	}
	if cmp.Equal(one, run(2)) {
		t.Error("another seed makes no difference")
	}
}

func TestLaboratoryOperations(t *testing.T) {
	t.Parallel()
	r := newRig(t, outbox.Options{})
	sub := r.subscribe(t, "https://hooks.example.com")
	get := func() map[string]any {
		return must[map[string]any](t, r, agency, "getWebhookLaboratory", r.GetLaboratory, outbox.GetSubscriptionIn{ID: sub.ID})
	}
	if out := get(); len(out) != 0 {
		t.Errorf("%v", out)
	}
	if _, err := r.lab(t, sub.ID, `{"delays":{"rate":1,"by":"P2D"}}`); !errs.Is(err, errs.ValidationFailed) {
		t.Errorf("two days: %v", err)
	}
	if _, err := r.lab(t, sub.ID, `{"seed":7,"drops":{"next":3}}`); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"seed": 7.0, "drops": map[string]any{"next": 3.0}}
	if diff := cmp.Diff(want, get()); diff != "" {
		t.Error(diff)
	}
	r.tell(t, "1000000001", 1)
	r.settle(t)
	want["drops"] = map[string]any{"next": 2.0}
	if diff := cmp.Diff(want, get()); diff != "" {
		t.Errorf("after one drop: %s", diff)
	}
}
