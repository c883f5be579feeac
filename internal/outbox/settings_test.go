// SPDX-License-Identifier: Apache-2.0

package outbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/outbox"
	"github.com/airside-travel/airside/webhook"
)

func (r *rig) set(t *testing.T, id, body string) (out outbox.Settings, err error) {
	t.Helper()
	in := outbox.SettingsIn{ID: id}
	b, err := call(t, r, agency, "updateWebhookSettings", r.UpdateSettings, request(t, "updateWebhookSettings", body, &in, &in.Doc))
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	return out, err
}

func (r *rig) mustSet(t *testing.T, id, body string) outbox.Settings {
	t.Helper()
	out, err := r.set(t, id, body)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBlockedOperations(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	sub := r.subscribe(t, rec.URL)
	out := r.mustSet(t, sub.ID, `{"blockedOperations":["BOOKING_OTHER_UPDATE","FLIGHT_CANCELED","SCHEDULE_CHANGE"]}`)
	if diff := cmp.Diff([]string{"BOOKING_OTHER_UPDATE", "FLIGHT_CANCELLED", "SCHEDULE_CHANGE"}, out.Blocked); diff != "" {
		t.Error(diff)
	}
	for _, op := range []string{"BOOKING_OTHER_UPDATE", "FLIGHT_CANCELLED", "BOOKING_UPDATED"} {
		n := notice("1000000001", 1)
		n.Operation = op
		r.write(t, agency, func(ctx context.Context) error { return r.Announce(ctx, n) })
	}
	r.settle(t)
	if all := rec.received(); len(all) != 1 || all[0].event.Operation != "BOOKING_UPDATED" {
		t.Errorf("%d arrived", len(all))
	}
	// The reference's own operations neither show nor lose the settings.
	if _, err := r.update(t, agency, sub.ID, `{"name":"Other"}`); err != nil {
		t.Fatal(err)
	}
	if got := must[outbox.Settings](t, r, agency, "getWebhookSettings", r.GetSettings, outbox.GetSubscriptionIn{ID: sub.ID}); len(got.Blocked) != 3 {
		t.Errorf("%+v", got)
	}
	if got := r.mustSet(t, sub.ID, `{}`); len(got.Blocked) != 0 || got.Style != "SPOTNANA" {
		t.Errorf("%+v", got)
	}
}

func TestStandardHeaders(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	sub, err := r.create(t, subscriptionBody(rec.URL, `,"customHeaders":{"Webhook-Id":"mine"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.mustSet(t, sub.ID, `{"headersStyle":"STANDARD"}`)
	r.tell(t, "1000000001", 1)
	r.settle(t)
	g := rec.received()[0]
	wh, err := standardwebhooks.NewWebhook(sub.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := wh.VerifyIgnoringTimestamp(g.body, g.header); err != nil {
		t.Error(err)
	}
	if g.header.Get(webhook.HeaderID) != "" || g.header.Get("Webhook-Id") != r.deliveries(t, outbox.ListDeliveriesIn{})[0].ID {
		t.Errorf("%v", g.header)
	}
	if err := webhook.Verify([]string{sub.Secret}, g.header, g.body, start, time.Second); err != nil {
		t.Errorf("our own verification: %v", err)
	}
}

// Five a second: the first five at once, the rest one every fifth of a second, on the tenant's clock.
func TestRate(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	sub := r.subscribe(t, rec.URL)
	r.mustSet(t, sub.ID, `{"ratePerSecond":5}`)
	r.tellMany(t, 10, 1, 2)
	for _, step := range []struct {
		wait time.Duration
		want int
	}{{0, 5}, {199 * time.Millisecond, 5}, {time.Millisecond, 6}, {time.Second, 11}, {time.Second, 16}, {800 * time.Millisecond, 20}, {time.Second, 20}} {
		r.advance(t, step.wait)
		if n := len(rec.received()); n != step.want {
			t.Errorf("after another %s %d arrived, want %d", step.wait, n, step.want)
		}
	}
	inOrder(t, rec.received(), 10, 2)

	// Without the limit what waits goes out at once.
	r.tellMany(t, 30, 3, 3)
	r.settle(t)
	before := len(rec.received())
	r.mustSet(t, sub.ID, `{}`)
	r.settle(t)
	if n := len(rec.received()); before >= 50 || n != 50 {
		t.Errorf("%d, and then %d arrived", before, n)
	}
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	rec := newReceiver(t, func(int, got, http.ResponseWriter) {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		now.Add(-1)
	})
	r := newRig(t, outbox.Options{})
	sub := r.subscribe(t, rec.URL)
	r.mustSet(t, sub.ID, `{"concurrency":2}`)
	r.tellMany(t, 50, 1, 1)
	r.settle(t)
	if n := most.Load(); n > 2 || len(rec.received()) != 50 {
		t.Errorf("%d at once, %d in all", n, len(rec.received()))
	}
}

// tokenEndpoint gives numbered tokens and counts who asked.
type tokenEndpoint struct {
	*httptest.Server
	asked  atomic.Int32
	status atomic.Int32
	life   int
}

func newTokenEndpoint(t *testing.T, life int) *tokenEndpoint {
	t.Helper()
	e := &tokenEndpoint{life: life}
	e.status.Store(http.StatusOK)
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := e.asked.Add(1)
		if r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("client_id") != "airside" || r.PostFormValue("client_secret") != "s3" {
			t.Errorf("asked with %v", r.PostForm)
		}
		w.WriteHeader(int(e.status.Load()))
		fmt.Fprintf(w, `{"access_token":"token-%d","expires_in":%d,"token_type":"Bearer"}`, n, e.life)
	}))
	t.Cleanup(e.Close)
	return e
}

func TestLegacyOAuth(t *testing.T) {
	t.Parallel()
	tokens := newTokenEndpoint(t, 3600)
	var revoked atomic.Value
	revoked.Store("")
	rec := newReceiver(t, func(_ int, g got, w http.ResponseWriter) {
		if g.header.Get("Authorization") == revoked.Load() {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	r := newRig(t, outbox.Options{})
	sub := r.subscribe(t, rec.URL)
	client := `{"legacyOauth":{"tokenUrl":"` + tokens.URL + `/token","clientId":"airside"%s}}`
	if _, err := r.set(t, sub.ID, fmt.Sprintf(client, "")); !errs.Is(err, errs.ValidationFailed) {
		t.Errorf("without a secret: %v", err)
	}
	if _, err := r.set(t, sub.ID, `{"legacyOauth":{"tokenUrl":"https://10.0.0.5/","clientId":"a","clientSecret":"b"}}`); !errs.Is(err, errs.WebhookPrivate) {
		t.Errorf("a private network: %v", err)
	}
	if out := r.mustSet(t, sub.ID, fmt.Sprintf(client, `,"clientSecret":"s3"`)); out.OAuth == nil || out.OAuth.Secret != "" {
		t.Errorf("%+v", out.OAuth)
	}
	r.mustSet(t, sub.ID, fmt.Sprintf(client, "")) // the secret stays
	r.tellMany(t, 30, 1, 1)
	r.settle(t)
	if n := tokens.asked.Load(); n != 1 {
		t.Errorf("asked for a token %d times", n)
	}
	for _, g := range rec.received() {
		if g.header.Get("Authorization") != "Bearer token-1" {
			t.Fatalf("Authorization is %q", g.header.Get("Authorization"))
		}
		if err := webhook.Verify([]string{sub.Secret}, g.header, g.body, start, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	// A token that is refused is replaced within the attempt, once for everybody.
	revoked.Store("Bearer token-1")
	r.tellMany(t, 30, 2, 2)
	r.settle(t)
	if n := tokens.asked.Load(); n != 2 {
		t.Errorf("asked for a token %d times", n)
	}
	for _, d := range r.deliveries(t, outbox.ListDeliveriesIn{}) {
		if d.State != "DELIVERED" || d.Attempts != 1 {
			t.Errorf("%+v", d)
		}
	}
	// Without a token nothing is sent, and it is tried again like any failure.
	revoked.Store("Bearer token-2")
	tokens.status.Store(http.StatusBadGateway)
	before := len(rec.received())
	r.tell(t, "1000000001", 3)
	r.settle(t)
	d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]
	if d.State != "PENDING" || !strings.HasPrefix(d.LastError, "not sent: the token endpoint answered 502") || len(rec.received()) != before+1 {
		t.Errorf("%+v after %d requests", d, len(rec.received())-before)
	}
	tokens.status.Store(http.StatusOK)
	r.advance(t, time.Second)
	if d := r.deliveries(t, outbox.ListDeliveriesIn{})[0]; d.State != "DELIVERED" {
		t.Errorf("%+v", d)
	}
}

// A token that does not last is asked for each time.
func TestShortTokens(t *testing.T) {
	t.Parallel()
	tokens, rec := newTokenEndpoint(t, 1), newReceiver(t, nil)
	r := newRig(t, outbox.Options{})
	sub := r.subscribe(t, rec.URL)
	r.mustSet(t, sub.ID, `{"legacyOauth":{"tokenUrl":"`+tokens.URL+`","clientId":"airside","clientSecret":"s3"}}`)
	r.tellMany(t, 1, 1, 2)
	r.settle(t)
	if n := tokens.asked.Load(); n != 2 {
		t.Errorf("asked for a token %d times", n)
	}
}
