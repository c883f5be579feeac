// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
)

// Reason is why a secret is rotated.
type Reason string

// The reasons. Incident does not wait for anything: what is on its way may have to be repeated.
const (
	Scheduled Reason = "scheduled"
	OnDemand  Reason = "on-demand"
	Incident  Reason = "incident"
)

// Request asks for a rotation.
type Request struct {
	Reason   Reason   // OnDemand when empty
	Strategy Strategy // the environment's when empty
	SelfOnly bool     // as in Schedule, for this one

	// Who asks, for the audit trail: a tenant, and a client or person of it. Empty: nobody but the operator.
	Tenant, By string
}

// Report is what became of it.
type Report struct {
	Rotation string   `json:"rotation,omitempty"` // its id; empty: there was none to do
	Strategy Strategy `json:"strategy,omitempty"`
	Step     string   `json:"step,omitempty"`
	ClientID string   `json:"clientId,omitempty"` // the API user in use afterwards
	Asked    int      `json:"asked,omitempty"`    // how often the upstream was asked for a secret
	Lost     int      `json:"lost,omitempty"`     // how often its answer was lost
	Resumed  bool     `json:"resumed,omitempty"`
	Orphans  []string `json:"orphans,omitempty"` // API users whose secret nobody knows; to be revoked by a person
}

// Undone is the Step of a Report when nothing was changed.
const Undone = string(stepUndone)

// run is one node's work on a rotation.
type run struct {
	c        *Client
	j        journal
	fence    int64 // of the lease
	selfOnly bool
	cred     credential // the new one
	token    *token     // that proved it
	own      *token     // of the old credential, from before it was held
	asked    int        // how often this run asked the upstream
	resumed  bool       // and the audit trail does not know yet: it will with the next step
	orphaned []Event    // of which it does not know either
}

// stopped is a crash that a test asked for.
type stopped struct{ error }

func (s stopped) Unwrap() error { return s.error }

// Rotate replaces the secret, or finishes the rotation that was left unfinished. It must not be called inside a
// transaction of the store. ErrBusy, ErrRisk and ErrUnavailable when nothing was done or it will be taken up again,
// ErrManual when a person has to act.
func (c *Client) Rotate(ctx context.Context, q Request) (Report, error) {
	if q.Reason == "" {
		q.Reason = OnDemand
	}
	if q.Strategy == "" {
		q.Strategy = c.env.Rotation.Strategy
	}
	if !q.Strategy.valid() {
		return Report{}, c.rotation(ErrInvalid, "the strategy is automatic, in-place or turns", nil)
	}
	fresh := func() *journal {
		now := c.o.Clock.Now()
		return &journal{ID: ids.UUID(), Reason: q.Reason, Strategy: q.Strategy, Step: stepStarted, Started: now, Updated: now, Tenant: q.Tenant, By: q.By}
	}
	selfOnly := q.SelfOnly || c.env.Rotation.SelfOnly
	rep, err := c.work(ctx, fresh(), selfOnly)
	if err == nil && rep.Resumed && q.Reason == Incident { // what was unfinished may have leaked, too
		return c.work(ctx, fresh(), selfOnly)
	}
	return rep, err
}

// Resume finishes the rotation that was left unfinished, if there is one.
func (c *Client) Resume(ctx context.Context) (Report, error) {
	if j, err := c.journal(ctx); err != nil || j.over() {
		return Report{}, err
	}
	return c.work(ctx, nil, c.env.Rotation.SelfOnly)
}

func (c *Client) work(ctx context.Context, fresh *journal, selfOnly bool) (rep Report, err error) {
	if err := c.mayKeep(); err != nil {
		return Report{}, err
	}
	select {
	case c.one <- struct{}{}:
		defer func() { <-c.one }()
	case <-ctx.Done():
		return Report{}, c.rotation(ErrBusy, "this node is rotating", ctx.Err())
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer context.AfterFunc(c.life, func() { end(ErrStopped) })()
	if err := c.o.Step("lease"); err != nil {
		return Report{}, err
	}
	j, err := c.take(ctx, fresh)
	if err != nil {
		return Report{}, c.explain(err)
	}
	resumed := fresh == nil || j.ID != fresh.ID
	r := &run{c: c, j: j, fence: j.Fence, selfOnly: selfOnly, resumed: resumed}
	defer func() {
		rep = r.report(resumed)
		c.gate.release()
		c.broker.release()
	}()
	if j.over() {
		return rep, nil
	}
	begun := EventStarted
	if resumed {
		begun = EventResumed
	}
	c.event(ctx, j.about(begun, "", nil))
	renewing, stop := context.WithCancel(ctx)
	defer stop()
	go r.renew(renewing, end)
	err = r.advance(ctx)
	stop()
	if err == nil {
		return rep, nil
	}
	if _, crash := errors.AsType[stopped](err); crash {
		return rep, err
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	err = c.explain(err)
	r.give(ctx, err)
	return rep, err
}

// mayKeep refuses to rotate where an answer could not be kept.
func (c *Client) mayKeep() error {
	var needs []Need
	if c.o.Key == nil {
		needs = append(needs, NeedKey)
	}
	if c.o.Escrow == "" {
		needs = append(needs, NeedEscrow)
	}
	if needs == nil {
		return nil
	}
	return c.risk("there is no escrow: a directory and a key that seals files are needed before anything is rotated", " and ", needs...)
}

// risk refuses a rotation, and says what would make it possible: all of the needs, or one.
func (c *Client) risk(detail, joined string, needs ...Need) *Error {
	var names []string
	for _, n := range needs {
		names = append(names, cmp.Or(c.o.Names[n], string(n)))
	}
	return &Error{Kind: ErrRisk, Environment: c.env.Name, Op: "rotate", Detail: detail, Hint: "set " + strings.Join(names, joined)}
}

// explain gives every error of a rotation its place in the closed set.
func (c *Client) explain(err error) error {
	e, ok := errors.AsType[*Error](err)
	switch {
	case errors.Is(err, errNotOurs):
		return c.rotation(ErrBusy, "this node was silent for too long, and another has taken over", nil)
	case ok && errors.Is(err, errRefused):
		next := *e
		next.Kind = ErrCredential
		return &next
	case ok && (errors.Is(err, errLost) || errors.Is(err, errGone) || errors.Is(err, errFull)):
		next := *e
		next.Kind = ErrUnavailable
		return &next
	case ok:
		return e
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, ErrStopped):
		return c.rotation(ErrStopped, "between two steps; it will be taken up again", err)
	default:
		return c.rotation(ErrUnavailable, "", err)
	}
}

func (r *run) report(resumed bool) Report {
	rep := Report{
		Rotation: r.j.ID, Strategy: r.j.Strategy, Step: string(r.j.Step), ClientID: r.j.Next, Asked: r.j.Attempt, Lost: r.j.Lost,
		Resumed: resumed, Orphans: r.j.Orphans,
	}
	if r.j.Step != stepDone {
		rep.ClientID = r.j.Client
	}
	return rep
}

// give writes down why it does not go on, and lets another node try.
func (r *run) give(ctx context.Context, why error) {
	r.j.Trouble, r.j.Manual = why.Error(), errors.Is(why, ErrManual)
	kind := EventFailed
	switch {
	case r.j.Manual:
		kind = EventManual
	case r.j.Step == stepUndone:
		kind = EventUndone // the trail has it since that step
	}
	event, known := r.j.about(kind, r.j.Trouble, why), false
	err := r.edit(ctx, func(v *journal) {
		known = v.Trouble == r.j.Trouble && v.Manual == r.j.Manual // it was tried again, in vain
		v.Trouble, v.Manual, v.Until = r.j.Trouble, r.j.Manual, time.Time{}
	}, func(ctx context.Context) error {
		if known || kind == EventUndone {
			return nil
		}
		return r.c.record(ctx, append(r.orphaned, event)...)
	})
	r.c.event(ctx, event)
	if err != nil && !errors.Is(err, errNotOurs) {
		r.c.event(ctx, Event{Kind: EventStore, Rotation: r.j.ID, Detail: "the journal cannot be written", Err: err})
	}
}

// advance takes one step after the other, from wherever it was left.
func (r *run) advance(ctx context.Context) error {
	acts := map[step]func(context.Context) error{
		stepStarted: r.prepare, stepReady: r.begin, stepAsking: r.ask, stepEscrowed: r.stage, stepPending: r.prove,
		stepProved: r.promote, stepPromoted: r.retire, stepRevoking: r.revoke,
	}
	for !r.j.over() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := acts[r.j.Step](ctx); err != nil {
			return err
		}
	}
	return nil
}

// at announces an act; a test may crash here.
func (r *run) at(act string) error {
	if err := r.c.o.Step(act); err != nil {
		return stopped{err}
	}
	return nil
}

// undo gives up while the old credential is still the one in use.
func (r *run) undo(ctx context.Context, why error) error {
	r.j.Trouble = r.c.explain(why).Error()
	if err := r.save(ctx, stepUndone); err != nil {
		return err
	}
	r.c.escrow().remove(r.j.ID) // what it may have is of no use: never issued, or revoked again
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return why
}

// prepare proves that everything that is needed later is there, and changes nothing.
func (r *run) prepare(ctx context.Context) error {
	c := r.c
	old, err := c.broker.source.get(ctx, nil)
	switch {
	case err == nil:
		r.j.Client, r.j.Pair = old.client, isPair(old.held.Secret)
	case errors.Is(err, vault.ErrNotFound) && c.env.ClientID != "": // lost from the vault: rotating is how to get another
		r.j.Client = c.env.ClientID
	default:
		return r.undo(ctx, err)
	}
	if err := r.at("prove vault"); err != nil {
		return err
	}
	if err := r.proveVault(ctx); err != nil {
		return r.undo(ctx, err)
	}
	if err := r.at("prove escrow"); err != nil {
		return err
	}
	if err := c.escrow().prove(ctx, r.j.ID); err != nil {
		full := c.risk("the escrow cannot be written", "", NeedEscrow)
		full.cause = safeCause(err)
		return r.undo(ctx, full)
	}
	if err := r.at("choose"); err != nil {
		return err
	}
	if err := r.choose(ctx); err != nil {
		return r.undo(ctx, err)
	}
	return r.save(ctx, stepReady)
}

// proveVault writes a pending version and reads it back: what can be written now can most likely be written in a
// second, when it has to be.
func (r *run) proveVault(ctx context.Context) error {
	c, token := r.c, ids.UUID()
	marker := vault.NewSecret([]byte("airside-rotation-probe-" + token))
	if err := c.o.Vaults.PutPending(ctx, c.env.Secret, marker, token); err != nil {
		if errors.Is(err, vault.ErrUnavailable) {
			return c.rotation(ErrUnavailable, "the vault cannot be written", err)
		}
		shut := c.risk("the vault cannot be written", "", NeedVault)
		shut.cause = safeCause(err)
		return shut
	}
	h, err := c.o.Vaults.Get(ctx, c.env.Secret, vault.Pending)
	if err != nil || !h.Secret.Equal(marker) {
		return c.rotation(ErrUnavailable, "what was written into the vault cannot be read back", safeCause(err))
	}
	return nil
}

// choose settles the strategy, and refuses what could lose the credential.
func (r *run) choose(ctx context.Context) error {
	c := r.c
	users, err := c.listUsers(ctx, c.manager())
	if r.j.Strategy == InPlace && c.admin == nil && r.selfOnly {
		err = nil // it may not be a TMC admin's to list; rotating will show
	}
	if err != nil {
		return r.notDone(err)
	}
	free := c.env.Role != "" && len(users) < maxUsers
	if r.j.Strategy == Automatic {
		if r.j.Strategy = InPlace; free {
			r.j.Strategy = Turns
		}
	}
	switch {
	case r.j.Strategy == Turns && c.env.Role == "":
		return c.risk("turns makes an API user, and its role is not configured", "", NeedRole)
	case r.j.Strategy == Turns:
		r.j.Before = users
		return nil
	case c.admin == nil && !r.selfOnly:
		return c.risk("in place, an answer that is lost would lock the environment out: configure the credential of a second API user that is a TMC admin, or a role so that API users can take turns, or accept the risk (self-only)", ", or ", NeedAdmin, NeedRole, NeedAlone)
	case c.admin != nil && !slices.Contains(users, r.j.Client):
		return c.risk("the admin credential does not see the API user that is to be rotated", "", NeedAdmin)
	}
	return nil
}

// maxUsers is how many API users a TMC has room for, unless it was raised; the upstream decides.
const maxUsers = 5

// manager is who manages API users: the admin when there is one.
func (c *Client) manager() caller {
	if c.admin != nil {
		return as(c.admin)
	}
	return as(c.broker)
}

// notDone explains a call that was surely not carried out.
func (r *run) notDone(err error) error {
	if errors.Is(err, errRefused) {
		return r.c.risk("the upstream does not let this credential manage API users; it takes a TMC admin's", "", NeedAdmin)
	}
	return r.c.explain(err)
}

func (c *Client) rotation(kind error, detail string, cause error) error {
	return &Error{Kind: kind, Environment: c.env.Name, Op: "rotate", Detail: detail, cause: safeCauseOr(cause)}
}

func (c *Client) escrow() *escrow {
	return &escrow{dir: c.o.Escrow, env: c.env.Name, sealed: vault.NewSealed(*c.o.Key, c.o.Clock)}
}
