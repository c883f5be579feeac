// SPDX-License-Identifier: Apache-2.0

package upstream

import "context"

// EventKind is what happened.
type EventKind string

// The kinds of events. Those of a rotation that Options.Record names belong into the audit trail; alerts are made of what
// people have to know.
const (
	EventToken      EventKind = "token"              // another token is in use: the credential is taken
	EventRefused    EventKind = "token.refused"      // the upstream answered 401; the request is repeated
	EventCredential EventKind = "credential.refused" // no token is to be had: the upstream refuses the credential, or the vault has none
	EventAdminToken EventKind = "admin.token"        // the same two of the credential that manages API users
	EventAdmin      EventKind = "admin.refused"      //
	EventStarted    EventKind = "rotation.started"   //
	EventResumed    EventKind = "rotation.resumed"   // an unfinished one is taken up again
	EventStep       EventKind = "rotation.step"      // Step was reached
	EventDone       EventKind = "rotation.done"      // Detail: the API user in use from now on
	EventUndone     EventKind = "rotation.undone"    // given up before anything was changed
	EventDue        EventKind = "rotation.due"       // Detail: when it will be rotated
	EventStore      EventKind = "store.unavailable"  // nodes cannot agree for now
	EventFailed     EventKind = "rotation.failed"    // it will be taken up again
	EventManual     EventKind = "rotation.manual"    // a person must act; Detail says how
	EventOrphan     EventKind = "rotation.orphan"    // an API user was made whose secret nobody knows; Detail: its id
	EventDegraded   EventKind = "vault.behind"       // requests go on with a secret that only the escrow has
)

// Event is something to log, audit or alert about. It has no secret.
type Event struct {
	Environment string
	Kind        EventKind
	Rotation    string // its id, for events of one
	Strategy    Strategy
	Reason      Reason
	Step        string // how far the rotation has come
	Tenant, By  string // who asked for it, as in Request
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

// about is an event of this rotation.
func (j *journal) about(kind EventKind, detail string, err error) Event {
	return Event{
		Kind: kind, Rotation: j.ID, Strategy: j.Strategy, Reason: j.Reason, Step: string(j.Step), Tenant: j.Tenant, By: j.By,
		Detail: detail, Err: err,
	}
}

// record writes events into the audit trail; the context carries the transaction of what they are about.
func (c *Client) record(ctx context.Context, all ...Event) error {
	if c.o.Record == nil {
		return nil
	}
	for _, e := range all {
		e.Environment = c.env.Name
		if err := c.o.Record(ctx, e); err != nil {
			return err
		}
	}
	return nil
}
