// SPDX-License-Identifier: Apache-2.0

// Package announce is the word with which a domain tells the outbox that something happened. It
// holds types only: matching subscriptions, signing and sending are the outbox's business.
package announce

import (
	"context"
	"encoding/json"
)

// Notice is one event to be told, with the complete state of the resource.
type Notice struct {
	Type       string // TRAVELER_V2, PNR_V3, TRIP_DETAILS_V3, PNR_APPROVAL, SERVICE_CHARGE, AGENT_TASK_DETAILS
	Operation  string // the event's operation, e.g. BOOKING_CREATED (webhooks page, lifecycle tables)
	Resource   string // what is kept in order, e.g. "PNR/1234567890", "USER/<uuid>", "TRIP/1234567890"
	Version    int64  // the resource's version that Payload shows
	Company    string // the company it belongs to (UUID)
	BookingTMC string // empty: the contracting TMC
	Payload    json.RawMessage
	Summary    Summary
}

// Summary is operationSummary of the envelope: the tickets an act touched, by number.
type Summary struct {
	Issued   []string
	Voided   []string
	Refunded []string
}

// Announcer writes notices into the running transaction. The error is the store's.
type Announcer interface {
	Announce(ctx context.Context, n Notice) error
}
