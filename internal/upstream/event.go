// SPDX-License-Identifier: Apache-2.0

package upstream

import "context"

// EventKind is what happened.
type EventKind string

// The kinds of events. Those of a rotation belong into the audit trail, the last four are alerts.
const (
	EventToken    EventKind = "token"             // another token is in use
	EventRefused  EventKind = "token.refused"     // the upstream answered 401; the request is repeated
	EventStarted  EventKind = "rotation.started"  // Detail: the strategy and the reason
	EventStep     EventKind = "rotation.step"     // Detail: the step that was reached
	EventDone     EventKind = "rotation.done"     //
	EventUndone   EventKind = "rotation.undone"   // given up before anything was changed
	EventDue      EventKind = "rotation.due"      // Detail: when it will be rotated
	EventStore    EventKind = "store.unavailable" // nodes cannot agree for now
	EventFailed   EventKind = "rotation.failed"   // it will be taken up again
	EventManual   EventKind = "rotation.manual"   // a person must act; Detail says how
	EventOrphan   EventKind = "rotation.orphan"   // an API user was made whose secret nobody knows; Detail: its id
	EventDegraded EventKind = "vault.behind"      // requests go on with a secret that only the escrow has
)

// Event is something to log, audit or alert about. It has no secret.
type Event struct {
	Environment string
	Kind        EventKind
	Rotation    string // its id, for events of one
	Detail      string
	Err         error
}

func (c *Client) event(ctx context.Context, e Event) {
	if c.o.Event == nil {
		return
	}
	e.Environment = c.env.Name
	c.o.Event(ctx, e)
}
