// SPDX-License-Identifier: Apache-2.0

package webhook_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/airside-travel/airside/webhook"
)

const (
	secret = "whsec_c2VjcmV0IGtleSBmb3IgdGVzdHMsIDMyIGJ5dGVzISE=" // gitleaks:allow words instead of random bytes
	other  = "whsec_YW5vdGhlciBrZXkgZm9yIHRlc3RzLCAzMiBieXRlcyE=" // gitleaks:allow words instead of random bytes
	body   = `{"event_type":"PNR_V3","operation":"BOOKING_TICKETED","operationSummary":{"ticketsIssued":["0162345678901"]},"payload":{"pnrId":"9199471293"},"timestamp":"2026-03-01T12:00:00.000Z"}`
)

var sent = time.Unix(1_772_366_400, 0)

func signed(t *testing.T, id string, secrets ...string) http.Header {
	t.Helper()
	h := http.Header{}
	if err := webhook.SetHeaders(h, secrets, id, sent, []byte(body)); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestVerify(t *testing.T) {
	t.Parallel()
	set := func(name, value string) func(http.Header) {
		return func(h http.Header) { h.Set(name, value) }
	}
	all := func(h http.Header) string { return h.Get(webhook.HeaderSignature) }
	for _, tc := range []struct {
		name      string
		change    func(http.Header)
		secrets   []string
		body      string
		late      time.Duration
		tolerance time.Duration
		want      error
	}{
		{name: "as sent"},
		{name: "version prefix", change: func(h http.Header) { h.Set(webhook.HeaderSignature, "v1,"+all(h)) }},
		{name: "second of several", change: func(h http.Header) { h.Set(webhook.HeaderSignature, "AAAA v1a,xx "+all(h)) }},
		{name: "second secret", secrets: []string{other, secret}},
		{name: "other secret", secrets: []string{other}, want: webhook.ErrSignature},
		{name: "no secret", secrets: []string{}, want: webhook.ErrSecret},
		{name: "secret without prefix", secrets: []string{strings.TrimPrefix(secret, "whsec_")}, want: webhook.ErrSecret},
		{name: "secret not Base64", secrets: []string{"whsec_***"}, want: webhook.ErrSecret},
		{name: "empty secret", secrets: []string{"whsec_"}, want: webhook.ErrSecret},
		{name: "body changed", body: body + " ", want: webhook.ErrSignature},
		{name: "id changed", change: set(webhook.HeaderID, "another"), want: webhook.ErrSignature},
		{name: "timestamp changed", change: set(webhook.HeaderTimestamp, "1772366401"), want: webhook.ErrSignature},
		{name: "timestamp respelled", change: set(webhook.HeaderTimestamp, "+1772366400"), want: webhook.ErrSignature},
		{name: "empty signature", change: set(webhook.HeaderSignature, ""), want: webhook.ErrNoSignature},
		{name: "blank signature", change: set(webhook.HeaderSignature, "  "), want: webhook.ErrSignature},
		{name: "only a prefix", change: set(webhook.HeaderSignature, "v1,"), want: webhook.ErrSignature},
		{name: "no id", change: func(h http.Header) { h.Del(webhook.HeaderID) }, want: webhook.ErrNoSignature},
		{name: "no timestamp", change: func(h http.Header) { h.Del(webhook.HeaderTimestamp) }, want: webhook.ErrNoSignature},
		{name: "five minutes late", late: 5 * time.Minute},
		{name: "later", late: 5*time.Minute + time.Second, want: webhook.ErrTimestamp},
		{name: "from the future", late: -5*time.Minute - time.Second, want: webhook.ErrTimestamp},
		{name: "own tolerance", late: time.Hour, tolerance: time.Hour},
		{name: "any age", late: 1000 * time.Hour, tolerance: webhook.AnyAge},
		{name: "a tolerance below zero", tolerance: -1, want: webhook.ErrTolerance},
		{name: "five minutes below zero", late: 1000 * time.Hour, tolerance: -5 * time.Minute, want: webhook.ErrTolerance},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := signed(t, "b7a3", secret)
			if tc.change != nil {
				tc.change(h)
			}
			secrets, received := []string{secret}, body
			if tc.secrets != nil {
				secrets = tc.secrets
			}
			if tc.body != "" {
				received = tc.body
			}
			err := webhook.Verify(secrets, h, []byte(received), sent.Add(tc.late), tc.tolerance)
			if !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

// During rotation a delivery carries a signature of each secret, and a receiver needs only one.
func TestRotation(t *testing.T) {
	t.Parallel()
	h := signed(t, "b7a3", secret, other)
	for _, have := range []string{secret, other} {
		if err := webhook.Verify([]string{have}, h, []byte(body), sent, 0); err != nil {
			t.Errorf("with one of the two secrets: %v", err)
		}
	}
}

// The construction is that of Standard Webhooks under other header names and without the version.
func TestStandardWebhooks(t *testing.T) {
	t.Parallel()
	peer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	ours := signed(t, "msg_1", secret)
	renamed := http.Header{}
	renamed.Set(standardwebhooks.HeaderWebhookID, ours.Get(webhook.HeaderID))
	renamed.Set(standardwebhooks.HeaderWebhookTimestamp, ours.Get(webhook.HeaderTimestamp))
	renamed.Set(standardwebhooks.HeaderWebhookSignature, "v1,"+ours.Get(webhook.HeaderSignature))
	if err := peer.VerifyIgnoringTimestamp([]byte(body), renamed); err != nil {
		t.Errorf("the peer refuses our signature: %v", err)
	}
	theirs, err := peer.Sign("msg_1", sent, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	ours.Set(webhook.HeaderSignature, theirs)
	if err := webhook.Verify([]string{secret}, ours, []byte(body), sent, 0); err != nil {
		t.Errorf("we refuse the peer's signature: %v", err)
	}
}

// A delivery is in one style or in the other: three headers of either are enough, and none is borrowed.
func TestStylesAreNotMixed(t *testing.T) {
	t.Parallel()
	ours := signed(t, "msg_1", secret)
	theirs := func(names ...string) http.Header {
		h := http.Header{}
		for _, name := range names {
			h.Set(name, map[string]string{
				webhook.StandardID: ours.Get(webhook.HeaderID), webhook.StandardTimestamp: ours.Get(webhook.HeaderTimestamp),
				webhook.StandardSignature: "v1," + ours.Get(webhook.HeaderSignature),
				webhook.HeaderID:          ours.Get(webhook.HeaderID), webhook.HeaderTimestamp: ours.Get(webhook.HeaderTimestamp), webhook.HeaderSignature: ours.Get(webhook.HeaderSignature),
			}[name])
		}
		return h
	}
	for _, tc := range []struct {
		headers []string
		want    error
	}{
		{[]string{webhook.StandardID, webhook.StandardTimestamp, webhook.StandardSignature}, nil},
		{[]string{webhook.StandardID, webhook.StandardTimestamp}, webhook.ErrNoSignature},
		{[]string{webhook.StandardID, webhook.StandardSignature}, webhook.ErrNoSignature},
		{[]string{webhook.StandardTimestamp, webhook.StandardSignature}, webhook.ErrNoSignature},
		{[]string{webhook.HeaderID, webhook.StandardTimestamp, webhook.StandardSignature}, webhook.ErrNoSignature},
		{[]string{webhook.HeaderTimestamp, webhook.StandardID, webhook.StandardTimestamp, webhook.StandardSignature}, webhook.ErrNoSignature},
		{[]string{webhook.HeaderSignature, webhook.StandardID, webhook.StandardTimestamp, webhook.StandardSignature}, webhook.ErrNoSignature},
		{[]string{webhook.HeaderID, webhook.StandardID, webhook.StandardTimestamp, webhook.StandardSignature}, webhook.ErrNoSignature},
	} {
		if err := webhook.Verify([]string{secret}, theirs(tc.headers...), []byte(body), sent, 0); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
			t.Errorf("%v: %v, want %v", tc.headers, err, tc.want)
		}
	}
}

func FuzzVerify(f *testing.F) {
	right, err := webhook.Sign(secret, "b7a3", sent, []byte(body))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("b7a3", "1772366400", right)
	f.Add("b7a3", "1772366400", "v1,"+right+" v1,AAAA")
	f.Add("b7a3.1772366400", "-9223372036854775808", "v1, ,, v1")
	f.Fuzz(func(t *testing.T, id, stamp, signature string) {
		h := http.Header{}
		h.Set(webhook.HeaderID, id)
		h.Set(webhook.HeaderTimestamp, stamp)
		h.Set(webhook.HeaderSignature, signature)
		err := webhook.Verify([]string{secret}, h, []byte(body), sent, 0)
		genuine := id == "b7a3" && stamp == "1772366400" && strings.Contains(signature, right)
		if err == nil && !genuine {
			t.Errorf("accepted id %q, timestamp %q, signature %q", id, stamp, signature)
		}
	})
}
