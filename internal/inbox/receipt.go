// SPDX-License-Identifier: Apache-2.0

package inbox

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/telemetry"
)

// The kinds of records. Refusals are apart: they are kept for a shorter time and found by nothing.
const (
	kindReceipt  = "inbox.receipt"
	kindRefusal  = "inbox.refusal"
	kindResource = "inbox.resource"
	kindSecret   = "inbox.secret"
	byWebhook    = "inbox.webhook" // the index by which a webhook that is sent again is known
)

// What came of a webhook.
const (
	Accepted   = "ACCEPTED"
	Stale      = "STALE" // older than what was received about the resource: kept, not passed on
	Duplicate  = "DUPLICATE"
	Unsigned   = "NOT_SIGNED"
	Forged     = "SIGNATURE_REFUSED"
	Late       = "TIMESTAMP_REFUSED"
	Denied     = "BEARER_REFUSED"
	TooLarge   = "TOO_LARGE"
	NoEvent    = "NOT_AN_EVENT"
	Unverified = "SECRETS_UNAVAILABLE"
)

// Receipt is the schema InboxReceipt, and what is stored.
type Receipt struct {
	ID          string    `json:"id"`
	Environment string    `json:"environment"`
	Result      string    `json:"result"`
	ReceivedAt  time.Time `json:"receivedAt"`
	LastAt      time.Time `json:"lastReceivedAt"`
	Attempts    int       `json:"attempts"` // how often the real API sent it
	WebhookID   string    `json:"webhookId,omitempty"`
	EventType   string    `json:"eventType,omitempty"`
	Operation   string    `json:"operation,omitempty"`
	Resource    string    `json:"resource,omitempty"`
	Version     int64     `json:"resourceVersion,omitempty"`
	PublishedAt string    `json:"publishedAt,omitempty"`
	Secret      string    `json:"secretReference,omitempty"` // the one that signed
	Client      string    `json:"clientId,omitempty"`        // of a sender of the older way
	Address     string    `json:"address,omitempty"`
	Bytes       int       `json:"bytes"`
	TraceID     string    `json:"traceId,omitempty"`
	RequestID   string    `json:"requestId,omitempty"`
	Event       string    `json:"eventId,omitempty"`  // of the outbox, which keeps the body
	Withheld    int       `json:"withheld,omitempty"` // refusals before this one that were counted only
}

// refused reports whether it is a refusal.
func (r *Receipt) refused() bool { return r.Result != Accepted && r.Result != Stale }

// event is what the request log says of a webhook; written is the receipt that there is of it, nil when it was only
// counted.
func (r *Receipt) event(written *Receipt) *telemetry.Webhook {
	out := &telemetry.Webhook{Result: r.Result, ID: clip(r.WebhookID), EventType: r.EventType, Operation: r.Operation, Secret: r.Secret, Client: r.Client}
	if written != nil {
		out.Receipt, out.Attempts = written.ID, written.Attempts
	}
	return out
}

func (r *Receipt) record(tenant, key string) (*store.Record, error) {
	doc, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("inbox: receipt %s: %w", r.ID, err)
	}
	rec := &store.Record{Tenant: tenant, Kind: kindReceipt, ID: r.ID, Parent: r.Environment, CreatedAt: r.ReceivedAt, UpdatedAt: r.LastAt, Doc: doc}
	if r.refused() {
		rec.Kind = kindRefusal
	} else {
		rec.Index = []store.Entry{{Field: byWebhook, Value: key, Unique: true}}
	}
	return rec, nil
}

func readReceipt(rec *store.Record) (*Receipt, error) {
	var r Receipt
	if err := json.Unmarshal(rec.Doc, &r); err != nil {
		return nil, fmt.Errorf("inbox: receipt %s: %w", rec.ID, err)
	}
	return &r, nil
}
