// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"time"
)

// step is how far a rotation has come. Each is written down before the next act begins, so that after a crash
// it is known what may have happened, and every act may be repeated.
type step string

const (
	stepStarted  step = "started"  // nothing was changed
	stepReady    step = "ready"    // vault, escrow and admin were proved; nothing was changed
	stepAsking   step = "asking"   // the upstream is asked for a secret; it may have issued one
	stepEscrowed step = "escrowed" // the new secret is in the escrow
	stepPending  step = "pending"  // and in the vault, as pending
	stepProved   step = "proved"   // and gave a token
	stepPromoted step = "promoted" // and is the vault's current one
	stepRevoking step = "revoking" // turns only: the old API user is being revoked
	stepDone     step = "done"
	stepUndone   step = "undone" // given up before the upstream changed anything that is in use
)

// leaseFor is how long a node that rotates is believed to be alive without a sign.
const leaseFor = 30 * time.Second

// journal is the one record of an environment's rotation, and the lease of who carries it out.
type journal struct {
	ID       string   `json:"id"`
	Reason   Reason   `json:"reason"`
	Strategy Strategy `json:"strategy"`
	Step     step     `json:"step"`
	Client   string   `json:"client"`           // the API user whose secret is replaced
	Next     string   `json:"next,omitempty"`   // the one the new secret belongs to
	Pair     bool     `json:"pair,omitempty"`   // the vault's value carries the client id
	Attempt  int      `json:"attempt"`          // how often the upstream was asked
	Lost     int      `json:"lost,omitempty"`   // how often its answer was not seen
	Token    string   `json:"token,omitempty"`  // of the version in the vault
	Escrow   []byte   `json:"escrow,omitempty"` // a copy of the escrow file, so that another node can go on
	Before   []string `json:"before,omitempty"` // turns: the API users before one was made
	Orphans  []string `json:"orphans,omitempty"`
	Trouble  string   `json:"trouble,omitempty"` // why it did not go on
	Manual   bool     `json:"manual,omitempty"`  // and that a person has to act
	Tenant   string   `json:"tenant,omitempty"`  // who asked for it, as in Request
	By       string   `json:"by,omitempty"`

	Started time.Time `json:"started,omitzero"`
	Updated time.Time `json:"updated,omitzero"`

	Node  string    `json:"node,omitempty"` // who carries it out
	Until time.Time `json:"until,omitzero"` // until when it is believed to
	Fence int64     `json:"fence,omitempty"`
}

func (j *journal) over() bool { return j.ID == "" || j.Step == stepDone || j.Step == stepUndone }

// changing reports whether the credential may be dead while another is not in the vault yet.
func (j *journal) changing() bool {
	switch j.Step {
	case stepAsking, stepEscrowed, stepPending, stepProved:
		return j.Strategy == InPlace
	default:
		return false
	}
}

func (c *Client) journal(ctx context.Context) (journal, error) {
	j, _, err := get[journal](ctx, c.state, kindJournal, c.env.Name)
	return j, err
}

// rotationIsOn tells the broker that a refused secret will soon be another.
func (c *Client) rotationIsOn(ctx context.Context) bool {
	j, err := c.journal(ctx)
	return err == nil && j.changing() && c.o.Clock.Now().Before(j.Until)
}

// take gets the lease, with the journal as it was left, or with fresh when none is unfinished. ErrBusy when
// another node has it.
func (c *Client) take(ctx context.Context, fresh *journal) (j journal, err error) {
	begins := false
	err = change(ctx, c.state, kindJournal, c.env.Name, func(v *journal) (bool, error) {
		now := c.o.Clock.Now()
		if now.Before(v.Until) && v.Node != c.o.Node {
			return false, c.rotation(ErrBusy, "another node rotates; its lease ends at "+v.Until.UTC().Format(time.RFC3339), nil)
		}
		fence := v.Fence
		if begins = v.over() && fresh != nil; v.over() {
			if fresh == nil {
				j = *v
				return false, nil
			}
			// Several nodes see the same age, some of them in a cache that does not know of the last rotation yet.
			if fresh.Reason == Scheduled && v.Step == stepDone && now.Sub(v.Updated) < day {
				return false, c.rotation(ErrBusy, "the secret was rotated within the last day", nil)
			}
			*v = *fresh
		}
		v.Node, v.Until, v.Fence = c.o.Node, now.Add(leaseFor), fence+1
		j = *v
		return true, nil
	}, func(ctx context.Context) error {
		if !begins {
			return nil
		}
		return c.record(ctx, j.about(EventStarted, "", nil))
	})
	return j, err
}

// save writes the journal as long as the lease is ours, and with it what the audit trail has to know by then.
func (r *run) save(ctx context.Context, to step) error {
	next := r.j
	next.Step, next.Updated, next.Until = to, r.c.o.Clock.Now(), r.c.o.Clock.Now().Add(leaseFor)
	if next.over() {
		next.Until, next.Escrow = time.Time{}, nil
	}
	say := r.orphaned
	if to != r.j.Step && r.resumed {
		say = append(say, r.j.about(EventResumed, "", nil))
	}
	switch to {
	case stepUndone:
		say = append(say, r.j.about(EventUndone, next.Trouble, nil)) // with the step from which it went no further
	case stepDone:
		say = append(say, next.about(EventDone, next.Next, nil))
	}
	if to != r.j.Step && to != stepUndone { // what stood in the way does no more
		next.Trouble, next.Manual = "", false
	}
	err := r.edit(ctx, func(v *journal) { *v = next }, func(ctx context.Context) error { return r.c.record(ctx, say...) })
	if err == nil {
		r.resumed = r.resumed && to == r.j.Step
		r.j, r.orphaned = next, nil
		r.c.event(ctx, r.j.about(EventStep, "", nil))
	}
	return err
}

func (r *run) edit(ctx context.Context, fn func(v *journal), then ...func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.c.env.Timeouts.Token)
	defer cancel()
	return change(ctx, r.c.state, kindJournal, r.c.env.Name, func(v *journal) (bool, error) {
		if v.Fence != r.fence || v.Node != r.c.o.Node {
			return false, errNotOurs
		}
		fn(v)
		return true, nil
	}, then...)
}

// renew keeps the lease while the rotation waits; it ends the rotation when the lease is lost.
func (r *run) renew(ctx context.Context, lost context.CancelCauseFunc) {
	tick := time.NewTicker(leaseFor / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := r.edit(ctx, func(v *journal) { v.Until = r.c.o.Clock.Now().Add(leaseFor) })
		if err == errNotOurs { //nolint:errorlint // edit returns it as it is
			lost(err)
			return
		}
	}
}
