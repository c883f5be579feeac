// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/webhook"
)

func post(t *testing.T, h http.Handler, id, text string) int {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(text))
	if err := webhook.SetHeaders(r.Header, []string{secret}, id, sent, []byte(text)); err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-B3-TraceId", "463ac35c9f6413ad48485a3953bb6124")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func handler(t *testing.T, o webhook.Options, fn func(context.Context, webhook.Event) error) *webhook.Handler {
	t.Helper()
	o.Now = func() time.Time { return sent }
	h, err := webhook.NewHandler([]string{secret}, fn, o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHandlerGivesTheEventOnce(t *testing.T) {
	t.Parallel()
	var got []webhook.Event
	h := handler(t, webhook.Options{}, func(_ context.Context, e webhook.Event) error {
		got = append(got, e)
		return nil
	})
	for range 2 {
		if status := post(t, h, "b7a3", body); status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}
	want := []webhook.Event{{
		Type: "PNR_V3", Operation: "BOOKING_TICKETED", Timestamp: "2026-03-01T12:00:00.000Z",
		Summary: webhook.Summary{Issued: webhook.Tickets{"0162345678901"}},
		Payload: []byte(`{"pnrId":"9199471293"}`),
		ID:      "b7a3", TraceID: "463ac35c9f6413ad48485a3953bb6124",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHandlerComesAgainAfterFailure(t *testing.T) {
	t.Parallel()
	failures := 1
	h := handler(t, webhook.Options{}, func(context.Context, webhook.Event) error {
		failures--
		if failures >= 0 {
			return errors.New("the queue is full")
		}
		return nil
	})
	got := []int{post(t, h, "b7a3", body), post(t, h, "b7a3", body), post(t, h, "b7a3", body)}
	if diff := cmp.Diff([]int{500, 200, 200}, got); diff != "" {
		t.Error(diff)
	}
	if failures != -1 {
		t.Errorf("handled %d times, want 2", 1-failures)
	}
}

// A sender that gave up waiting and comes again must not make the event be handled twice at once.
func TestHandlerRefusesTheSameDeliveryMeanwhile(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	h := handler(t, webhook.Options{}, func(context.Context, webhook.Event) error {
		close(entered)
		<-release
		return nil
	})
	first := make(chan int)
	go func() { first <- post(t, h, "b7a3", body) }()
	<-entered
	if status := post(t, h, "b7a3", body); status != http.StatusConflict {
		t.Errorf("the second is answered %d", status)
	}
	close(release)
	if status := <-first; status != http.StatusOK {
		t.Errorf("the first is answered %d", status)
	}
}

func TestHandlerRefusals(t *testing.T) {
	t.Parallel()
	var reported []error
	h := handler(t, webhook.Options{MaxBody: 300, Report: func(_ *http.Request, err error) { reported = append(reported, err) }},
		func(_ context.Context, e webhook.Event) error {
			t.Errorf("handled %v", e)
			return nil
		})
	forged := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	forged.Header = signed(t, "b7a3", other)
	get := httptest.NewRequest(http.MethodGet, "/", nil)
	for want, r := range map[int]*http.Request{http.StatusUnauthorized: forged, http.StatusMethodNotAllowed: get} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want || w.Body.Len() > 0 {
			t.Errorf("status %d with %d bytes, want %d and none", w.Code, w.Body.Len(), want)
		}
		if allow := w.Header().Get("Allow"); (allow == http.MethodPost) != (want == http.StatusMethodNotAllowed) {
			t.Errorf("status %d with Allow %q", want, allow)
		}
	}
	for text, want := range map[string]int{
		`[]`:                       http.StatusBadRequest,
		`{"event_type":"PNR_V3"}`:  http.StatusBadRequest,
		`{"event_type":`:           http.StatusBadRequest,
		strings.Repeat("[", 10000): http.StatusRequestEntityTooLarge,
	} {
		if status := post(t, h, "b7a3", text); status != want {
			t.Errorf("%.30s: status %d, want %d", text, status, want)
		}
	}
	if len(reported) != 6 {
		t.Errorf("reported %v", reported)
	}
}

func TestNewHandlerWantsUsableSecrets(t *testing.T) {
	t.Parallel()
	for _, secrets := range [][]string{nil, {"hunter2"}, {secret, "whsec_="}} {
		if _, err := webhook.NewHandler(secrets, nil, webhook.Options{}); !errors.Is(err, webhook.ErrSecret) {
			t.Errorf("%q: %v", secrets, err)
		}
	}
}

func TestNewHandlerWantsATolerance(t *testing.T) {
	t.Parallel()
	if _, err := webhook.NewHandler([]string{secret}, nil, webhook.Options{Tolerance: -time.Minute}); !errors.Is(err, webhook.ErrTolerance) {
		t.Errorf("a negative tolerance: %v", err)
	}
	if _, err := webhook.NewHandler([]string{secret}, nil, webhook.Options{Tolerance: webhook.AnyAge}); err != nil {
		t.Errorf("any age: %v", err)
	}
}

func TestMemoryForgetsTheOldest(t *testing.T) {
	t.Parallel()
	m := webhook.NewMemory(2)
	for _, id := range []string{"a", "b", "b", "c"} {
		if err := m.Add(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]bool{"a": false, "b": true, "c": true} {
		if got, _ := m.Has(t.Context(), id); got != want {
			t.Errorf("Has(%s) = %v", id, got)
		}
	}
}

// What stands in operationSummary beyond ticket numbers must not cost the event.
func TestParseEventKeepsUnknownTickets(t *testing.T) {
	t.Parallel()
	e, err := webhook.ParseEvent([]byte(`{"event_type":"PNR_V3","operation":"TICKET_VOIDED","payload":{},
		"operationSummary":{"ticketsVoided":["0161",{"number":"0162"}],"more":1},"timestamp":"2026-03-01T12:00:00.250Z"}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(webhook.Tickets{"0161", `{"number":"0162"}`}, e.Summary.Voided); diff != "" {
		t.Error(diff)
	}
	at, err := e.Time()
	if want := time.Date(2026, 3, 1, 12, 0, 0, 250e6, time.UTC); err != nil || !at.Equal(want) {
		t.Errorf("Time() = %v, %v", at, err)
	}
	e.Timestamp = "yesterday"
	if _, err := e.Time(); !errors.Is(err, webhook.ErrEvent) {
		t.Errorf("Time() of %q: %v", e.Timestamp, err)
	}
}
