// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/webhook"
)

func TestSubscriptionLife(t *testing.T) {
	t.Parallel()
	r := newRig(t, outbox.Options{})
	c, err := r.create(t, subscriptionBody("https://hooks.example.com/a", `,"customHeaders":{"X-Key":"k1"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := webhook.Sign(c.Secret, "id", start, nil); err != nil || len(c.Secret) != len("whsec_")+44 {
		t.Errorf("the secret is %q: %v", c.Secret, err)
	}
	get := func() map[string]any {
		return must[map[string]any](t, r, agency, "getWebhookSubscription", r.GetSubscription, outbox.GetSubscriptionIn{ID: c.ID})
	}
	var types []any
	decode(t, []byte(allTypes), &types)
	want := map[string]any{
		"id": c.ID, "name": "Expenses", "subscriberId": acme, "url": "https://hooks.example.com/a", "isActive": true,
		"eventTypes": types, "customHeaders": map[string]any{"X-Key": "k1"},
		"eventSource": map[string]any{"scopes": []any{map[string]any{"predicates": []any{map[string]any{
			"type": "COMPANY", "comparator": "IN", "values": []any{acme},
			"valuesWithLabel": []any{map[string]any{"id": acme, "name": "Acme"}},
		}}}}},
		"createdAt": map[string]any{"iso8601": "2026-03-01T12:00:00Z"},
		"updatedAt": map[string]any{"iso8601": "2026-03-01T12:00:00Z"},
	}
	if diff := cmp.Diff(want, get()); diff != "" {
		t.Error(diff)
	}

	r.clocks.Set(tenant, clock.State{Frozen: true, At: start.Add(time.Hour)})
	for _, step := range []struct {
		change string
		member string
		value  any
	}{
		{`{}`, "name", "Expenses"},
		{`{"name":"Duty of care"}`, "name", "Duty of care"},
		{`{"eventTypes":["PNR_V3"]}`, "eventTypes", []any{"PNR_V3"}},
		{`{"url":"https://hooks.example.com/b"}`, "url", "https://hooks.example.com/b"},
		{`{"customHeaders":{"X-Other":"1"}}`, "customHeaders", map[string]any{"X-Other": "1"}},
		{`{"isActive":false}`, "isActive", false},
		{`{"eventSource":{"scopes":[{"predicates":[{"type":"BOOKING_TMC","values":["` + partner + `"],"comparator":"IN"}]}]}}`,
			"eventSource", map[string]any{"scopes": []any{map[string]any{"predicates": []any{map[string]any{
				"type": "BOOKING_TMC", "comparator": "IN", "values": []any{partner},
				"valuesWithLabel": []any{map[string]any{"id": partner, "name": "Partner Travel"}},
			}}}}}},
	} {
		want[step.member] = step.value
		want["updatedAt"] = map[string]any{"iso8601": "2026-03-01T13:00:00Z"}
		if _, err := r.update(t, agency, c.ID, step.change); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, get()); diff != "" {
			t.Errorf("after %s: %s", step.change, diff)
		}
	}
	if _, err := r.update(t, agency, c.ID, `{"customHeaders":{}}`); err != nil {
		t.Fatal(err)
	}
	if h, ok := get()["customHeaders"]; ok {
		t.Errorf("an empty map leaves %v", h)
	}

	if _, err := call(t, r, agency, "deleteWebhookSubscription", r.DeleteSubscription, outbox.DeleteSubscriptionIn{ID: c.ID}); err != nil {
		t.Fatal(err)
	}
	_, err = call(t, r, agency, "getWebhookSubscription", r.GetSubscription, outbox.GetSubscriptionIn{ID: c.ID})
	if !errs.Is(err, errs.ResourceNotFound) {
		t.Errorf("after the delete: %v", err)
	}
}

func TestRefusedSubscriptions(t *testing.T) {
	t.Parallel()
	r := newRig(t, outbox.Options{})
	source := func(kind, id string) string {
		return fmt.Sprintf(`,"eventSource":{"scopes":[{"predicates":[{"type":%q,"values":[%q]}]}]}}`, kind, id)
	}
	body := func(more string) string {
		return strings.TrimSuffix(subscriptionBody("https://hooks.example.com", more), "}") + "}"
	}
	other := func(kind, id string) string {
		b := subscriptionBody("https://hooks.example.com", "")
		return b[:strings.Index(b, `,
		"eventSource"`)] + source(kind, id)
	}
	limited := companyAdmin(acme)
	for name, tc := range map[string]struct {
		actor   *actor.Actor
		body    string
		code    errs.Code
		pointer string
	}{
		"plain http":            {agency, subscriptionBody("http://hooks.example.com", ""), errs.WebhookNotHTTPS, "/url"},
		"private network":       {agency, subscriptionBody("https://10.0.0.5", ""), errs.WebhookPrivate, "/url"},
		"unknown subscriber":    {agency, strings.Replace(body(""), acme, nobody, 1), errs.ReferenceNotFound, "/subscriberId"},
		"unknown company":       {agency, other("COMPANY", nobody), errs.ReferenceNotFound, "/eventSource/scopes/0/predicates/0/values/0"},
		"unknown TMC":           {agency, other("BOOKING_TMC", nobody), errs.ReferenceNotFound, "/eventSource/scopes/0/predicates/0/values/0"},
		"company as TMC":        {agency, other("CONTRACTING_TMC", acme), errs.ReferenceNotFound, "/eventSource/scopes/0/predicates/0/values/0"},
		"foreign subscriber":    {companyAdmin(globex), body(""), errs.CompanyForeign, ""},
		"foreign company":       {limited, other("COMPANY", globex), errs.CompanyForeign, ""},
		"events of all":         {limited, other("CONTRACTING_TMC", tenant), errs.AccessDenied, "/eventSource/scopes/0"},
		"line break in a value": {agency, body(`,"customHeaders":{"X-A":"1\r\nX-B: 2"}`), errs.ValidationFailed, "/customHeaders/X-A"},
		"space in a name":       {agency, body(`,"customHeaders":{"X A":"1"}`), errs.ValidationFailed, "/customHeaders/X A"},
		"framing":               {agency, body(`,"customHeaders":{"transfer-encoding":"chunked"}`), errs.ValidationFailed, "/customHeaders/transfer-encoding"},
		"same name twice":       {agency, body(`,"customHeaders":{"X-A":"1","X-a":"1"}`), errs.ValidationFailed, ""},
		"too large":             {agency, body(`,"customHeaders":{"X-A":"` + strings.Repeat("a", 9000) + `"}`), errs.ValidationFailed, "/customHeaders"},
	} {
		_, err := r.createAs(t, tc.actor, tc.body)
		e := errs.As(err)
		if e == nil || e.Code != tc.code || tc.pointer != "" && e.Fields[0].Pointer != tc.pointer {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list := r.list(t, agency, outbox.ListSubscriptionsIn{}); len(list.Subscriptions) > 0 {
		t.Errorf("stored all the same: %+v", list)
	}
}

func (r *rig) list(t *testing.T, a *actor.Actor, in outbox.ListSubscriptionsIn) outbox.ListSubscriptionsOut {
	t.Helper()
	if in.Limit == 0 {
		in.Limit = 100
	}
	return must[outbox.ListSubscriptionsOut](t, r, a, "listWebhookSubscriptions", r.ListSubscriptions, in)
}

// Whoever may act for one company sees the subscriptions of that company, except those that carry
// events of others.
func TestWhoSeesASubscription(t *testing.T) {
	t.Parallel()
	r := newRig(t, outbox.Options{})
	own := r.subscribe(t, "https://hooks.example.com/own")
	wide := r.subscribe(t, "https://hooks.example.com/wide")
	if _, err := r.update(t, agency, wide.ID, `{"eventSource":{"scopes":[{"predicates":[{"type":"CONTRACTING_TMC","values":["`+tenant+`"]}]}]}}`); err != nil {
		t.Fatal(err)
	}
	r.tell(t, "1000000001", 1)
	for _, tc := range []struct {
		actor      *actor.Actor
		ids        []string
		deliveries int
	}{
		{agency, []string{own.ID, wide.ID}, 2},
		{companyAdmin(acme), []string{own.ID}, 1},
		{companyAdmin(globex), nil, 0},
		{&actor.Actor{Tenant: nobody, Roles: agency.Roles}, nil, 0},
	} {
		list := r.list(t, tc.actor, outbox.ListSubscriptionsIn{})
		var ids []string
		for _, s := range list.Subscriptions {
			ids = append(ids, s.ID)
		}
		if diff := cmp.Diff(tc.ids, ids); diff != "" {
			t.Error(diff)
		}
		d := must[outbox.ListDeliveriesOut](t, r, tc.actor, "listDeliveries", r.ListDeliveries, outbox.ListDeliveriesIn{Limit: 10})
		if len(d.Deliveries) != tc.deliveries {
			t.Errorf("%+v sees %d deliveries", tc.actor, len(d.Deliveries))
		}
	}
	limited := companyAdmin(acme)
	_, err := r.update(t, limited, wide.ID, `{"name":"Mine"}`)
	if !errs.Is(err, errs.ResourceNotFound) {
		t.Errorf("update: %v", err)
	}
	for _, d := range r.deliveries(t, outbox.ListDeliveriesIn{Subscription: wide.ID}) {
		_, err := call(t, r, limited, "getDelivery", r.GetDelivery, outbox.DeliveryIn{ID: d.ID})
		if !errs.Is(err, errs.ResourceNotFound) {
			t.Errorf("getDelivery: %v", err)
		}
	}
	if list := r.list(t, agency, outbox.ListSubscriptionsIn{Subscriber: acme, Offset: 1, Limit: 1}); len(list.Subscriptions) != 1 ||
		list.Subscriptions[0].ID != wide.ID {
		t.Errorf("second page: %+v", list)
	}
	if list := r.list(t, agency, outbox.ListSubscriptionsIn{Subscriber: globex}); len(list.Subscriptions) > 0 {
		t.Errorf("of another subscriber: %+v", list)
	}
}

// A paused subscription matches nothing new, and what was queued before still goes out.
func TestPausedSubscription(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	c := r.subscribe(t, rec.URL)
	r.tell(t, "1000000001", 1)
	if _, err := r.update(t, agency, c.ID, `{"isActive":false}`); err != nil {
		t.Fatal(err)
	}
	r.tell(t, "1000000001", 2) // is not for it
	if n := r.advance(t, 20*24*time.Hour); n != 0 || len(rec.received()) > 0 {
		t.Errorf("%d attempts while it was inactive", n)
	}
	if _, err := r.update(t, agency, c.ID, `{"isActive":true}`); err != nil {
		t.Fatal(err)
	}
	r.tell(t, "1000000001", 3)
	if n := r.settle(t); n != 2 {
		t.Errorf("%d attempts after it was resumed", n)
	}
	for i, want := range []string{`"version": 1}`, `"version": 3}`} { // what had been queued comes first
		if got := rec.received(); len(got) != 2 || !strings.Contains(string(got[i].body), want) {
			t.Errorf("%d requests, want %s", len(got), want)
		}
	}
}

func TestDeleteDropsWhatIsPending(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	c := r.subscribe(t, rec.URL)
	r.tell(t, "1000000001", 1)
	if _, err := call(t, r, agency, "deleteWebhookSubscription", r.DeleteSubscription, outbox.DeleteSubscriptionIn{ID: c.ID}); err != nil {
		t.Fatal(err)
	}
	r.tell(t, "1000000001", 2)
	if n := r.settle(t); n != 0 || len(rec.received()) > 0 {
		t.Errorf("%d attempts", n)
	}
}

// An event exists if and only if its transaction is committed.
func TestAnnounceIsPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	r.subscribe(t, rec.URL)
	full := errors.New("no")
	err := r.store.Update(actor.With(t.Context(), agency), func(ctx context.Context) error {
		return errors.Join(r.Announce(ctx, notice("1000000001", 1)), full)
	})
	if !errors.Is(err, full) {
		t.Fatal(err)
	}
	if n := r.settle(t); n != 0 || len(r.deliveries(t, outbox.ListDeliveriesIn{})) != 0 {
		t.Errorf("%d attempts", n)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	c := r.subscribe(t, rec.URL)
	rotate := func(body string) (out outbox.RotateSecretOut) {
		in := outbox.RotateSecretIn{ID: c.ID}
		return must[outbox.RotateSecretOut](t, r, agency, "rotateWebhookSecret", r.RotateSecret,
			request(t, "rotateWebhookSecret", body, &in, &in.Doc))
	}
	n := 0
	valid := func(secrets ...string) (out []bool) {
		t.Helper()
		n++
		r.tell(t, "1000000001", n)
		r.settle(t)
		g := rec.received()[n-1]
		for _, s := range secrets {
			out = append(out, webhook.Verify([]string{s}, g.header, g.body, start, 0) == nil)
		}
		return out
	}
	second := rotate(`{}`)
	if second.PreviousEnds != "2026-03-02T12:00:00.000Z" {
		t.Errorf("%+v", second)
	}
	check := func(when string, want []bool, secrets ...string) {
		t.Helper()
		if diff := cmp.Diff(want, valid(secrets...)); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	check("during the overlap", []bool{true, true}, c.Secret, second.Secret)
	r.advance(t, 24*time.Hour)
	check("after the overlap", []bool{false, true}, c.Secret, second.Secret)
	third := rotate(`{"overlap":"P7D"}`)
	fourth := rotate(`{"overlap":"PT1H"}`)
	check("two overlaps", []bool{true, true, true}, second.Secret, third.Secret, fourth.Secret)
	fifth := rotate(`{"overlap":"PT0S"}`)
	check("no overlap", []bool{false, false, false, true}, second.Secret, third.Secret, fourth.Secret, fifth.Secret)

	in := outbox.RotateSecretIn{ID: c.ID}
	_, err := call(t, r, agency, "rotateWebhookSecret", r.RotateSecret, request(t, "rotateWebhookSecret", `{"overlap":"P8D"}`, &in, &in.Doc))
	if !errs.Is(err, errs.ValidationFailed) {
		t.Errorf("eight days: %v", err)
	}
}

// A test event of each type fits the contract, goes to an inactive subscription too, and to no other.
func TestTestEvents(t *testing.T) {
	t.Parallel()
	rec, other := newReceiver(t, nil), newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	c := r.subscribe(t, rec.URL)
	r.subscribe(t, other.URL)
	if _, err := r.update(t, agency, c.ID, `{"isActive":false}`); err != nil {
		t.Fatal(err)
	}
	payloads := map[string]string{
		"TRAVELER_V2": "UserProfile", "PNR_V3": "PnrData", "TRIP_DETAILS_V3": "TripV3DetailsResponse",
		"PNR_APPROVAL": "PnrApprovalPayload", "AGENT_TASK_DETAILS": "AgentTask", "SERVICE_CHARGE": "ServiceChargeRecord",
	}
	bodies := []string{`{}`}
	for kind := range payloads {
		bodies = append(bodies, `{"eventType":"`+kind+`"}`)
	}
	for _, body := range bodies {
		in := outbox.SendTestEventIn{ID: c.ID}
		d := must[outbox.Delivery](t, r, agency, "sendTestEvent", r.SendTestEvent, request(t, "sendTestEvent", body, &in, &in.Doc))
		if !d.Test || d.State != "PENDING" || d.Subscription != c.ID {
			t.Errorf("%+v", d)
		}
	}
	r.settle(t)
	all := rec.received()
	if len(all) != len(bodies) || all[0].event.Type != "TRAVELER_V2" || len(other.received()) > 0 {
		t.Errorf("%d of %d arrived, elsewhere %d", len(all), len(bodies), len(other.received()))
	}
	for _, g := range all {
		if found := api(t).Schema("WebhookEvent").Check(g.body); len(found) > 0 {
			t.Errorf("%s: %v", g.body, found)
		}
		if found := api(t).Schema(payloads[g.event.Type]).Check(g.event.Payload); len(found) > 0 {
			t.Errorf("%s: %v", g.event.Payload, found)
		}
	}
}
