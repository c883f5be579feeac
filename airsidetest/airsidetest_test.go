// SPDX-License-Identifier: Apache-2.0

package airsidetest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airside-travel/airside/airsidetest"
	"github.com/airside-travel/airside/client"
	"github.com/airside-travel/airside/webhook"
)

// A receiver that is down at first gets its webhook later: the test moves the time, and waits for nothing else.
func TestClockAndWebhooksAreInTheTestsHands(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	srv := airsidetest.Start(t, airsidetest.Clock(func() time.Time { return began }))
	if got := srv.Now(); !got.Equal(began) {
		t.Errorf("it is %s, want %s", got, began)
	}
	c, err := client.New(client.Options{BaseURL: srv.URL, ClientID: srv.Demo.ClientID, ClientSecret: srv.Demo.ClientSecret})
	if err != nil {
		t.Fatal(err)
	}
	var down atomic.Bool
	var asked, taken atomic.Int32
	var take atomic.Pointer[http.Handler]
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1); down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		(*take.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(receiver.Close)
	var made struct{ HMACSigningSecret string }
	err = c.Call(t.Context(), "createWebhookSubscription", nil, client.Object{"name": "ours", "subscriberId": srv.Demo.CompanyID, "url": receiver.URL,
		"eventTypes": []string{"TRAVELER_V2"}, "eventSource": client.Object{"scopes": []any{client.Object{"predicates": []any{
			client.Object{"type": "COMPANY", "values": []string{srv.Demo.CompanyID}}}}}}}, &made)
	if err != nil {
		t.Fatal(err)
	}
	h, err := webhook.NewHandler([]string{made.HMACSigningSecret}, func(context.Context, webhook.Event) error { taken.Add(1); return nil },
		webhook.Options{Now: srv.Now})
	if err != nil {
		t.Fatal(err)
	}
	var handler http.Handler = h
	take.Store(&handler)

	down.Store(true)
	if err := c.UpdateUser(t.Context(), srv.Demo.UserID, func(u *client.User) error { u.Set("Lead", "businessInfo", "designation"); return nil }); err != nil {
		t.Fatal(err)
	}
	srv.Deliver(t)
	if asked.Load() != 1 || taken.Load() != 0 {
		t.Errorf("asked %d times, taken %d, want 1 and 0", asked.Load(), taken.Load())
	}
	if n := srv.Deliver(t); n != 0 || asked.Load() != 1 {
		t.Errorf("%d attempts before the next one is due", n)
	}
	down.Store(false)
	srv.Advance(t, 2*time.Hour)
	if asked.Load() != 2 || taken.Load() != 1 {
		t.Errorf("after two hours: asked %d times, taken %d, want 2 and 1", asked.Load(), taken.Load())
	}
	if got := srv.Now(); !got.Equal(began.Add(2 * time.Hour)) {
		t.Errorf("it is %s", got)
	}
}

// Findings need nothing but what this package names.
func TestRaise(t *testing.T) {
	t.Parallel()
	srv := airsidetest.Start(t)
	ids := srv.Raise(t, airsidetest.Finding{Rule: "scan", Severity: "HIGH", Summary: "Many 404s"}, airsidetest.Finding{Rule: "scan", Summary: "Many more"})
	if len(ids) == 0 || ids[0] == "" {
		t.Errorf("raised %v", ids)
	}
	if other := srv.TMC(t, "Northwind Travel"); other.ID == srv.Demo.TMCID || srv.TokenOf(t, other.ClientID, other.ClientSecret) == "" {
		t.Errorf("the other travel company is %+v", other)
	}
}
