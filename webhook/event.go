// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ErrEvent is returned for a body that is not the envelope of an event.
var ErrEvent = errors.New("webhook: the body is not an event")

// Event is the envelope that all events share (reference: webhook events). Payload is the complete
// state of the entity after what happened, never a difference.
type Event struct {
	Type      string          `json:"event_type"` // TRAVELER_V2, PNR_V3, TRIP_DETAILS_V3, PNR_APPROVAL, AGENT_TASK_DETAILS, SERVICE_CHARGE
	Operation string          `json:"operation"`  // e.g. BOOKING_TICKETED; which values there are depends on Type
	Summary   Summary         `json:"operationSummary"`
	Payload   json.RawMessage `json:"payload"`
	Timestamp string          `json:"timestamp"` // when the event was published; order by it
	Audience  Audience        `json:"audience"`

	// From the headers; filled in by Handler.
	ID      string `json:"-"` // of the delivery
	TraceID string `json:"-"` // X-B3-TraceId, to name in a report to the sender
}

// Summary lists the tickets that the act touched.
type Summary struct {
	Issued   Tickets `json:"ticketsIssued"`
	Voided   Tickets `json:"ticketsVoided"`
	Refunded Tickets `json:"ticketsRefunded"`
}

// Audience says whom the event concerns, for receivers that serve several companies. It is empty
// when the sender leaves it out.
type Audience struct {
	OrganizationID string `json:"organizationId"`
}

// Tickets are ticket numbers.
type Tickets []string

// UnmarshalJSON keeps an item that is not a string as its JSON text: the reference does not say what
// the items look like, and an event must not be lost over them.
func (t *Tickets) UnmarshalJSON(b []byte) error {
	var items []json.RawMessage
	if err := json.Unmarshal(b, &items); err != nil {
		return err
	}
	*t = make(Tickets, len(items))
	for i, item := range items {
		if json.Unmarshal(item, &(*t)[i]) != nil {
			(*t)[i] = string(item)
		}
	}
	return nil
}

// ParseEvent reads the envelope. Members it does not know are ignored; ErrEvent when type, operation
// or payload is missing.
func ParseEvent(body []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(body, &e); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrEvent, err)
	}
	if e.Type == "" || e.Operation == "" || len(e.Payload) == 0 {
		return Event{}, fmt.Errorf("%w: event_type, operation or payload is missing", ErrEvent)
	}
	return e, nil
}

// Time reads Timestamp.
func (e Event) Time() (time.Time, error) {
	t, err := time.Parse(time.RFC3339, e.Timestamp)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: timestamp: %w", ErrEvent, err)
	}
	return t, nil
}
