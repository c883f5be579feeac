// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/airside-travel/airside/internal/ids"
)

// most times that one run asks the upstream, and how long it waits after the first answer that was lost.
const (
	mostAsked = 5
	askAgain  = 250 * time.Millisecond
)

// begin holds requests back where that is needed, and writes down that the upstream will be asked.
func (r *run) begin(ctx context.Context) error {
	if r.j.Strategy == InPlace {
		if err := r.at("hold"); err != nil {
			return err
		}
		if err := r.hold(ctx); err != nil {
			return r.undo(ctx, err)
		}
	}
	if err := r.at("journal asking"); err != nil {
		return err
	}
	r.j.Attempt = 1
	if err := r.save(ctx, stepAsking); err != nil {
		return err
	}
	return r.send(ctx)
}

// hold closes the gate and waits until nothing is on its way; the token that manages is fetched before.
func (r *run) hold(ctx context.Context) error {
	c := r.c
	if c.admin == nil {
		t, err := c.broker.get(ctx, nil)
		if err != nil {
			return err
		}
		r.own = t
	} else if _, err := c.admin.get(ctx, nil); err != nil {
		return err
	}
	c.gate.hold()
	limit, cancel := context.WithTimeout(ctx, c.env.Timeouts.Drain)
	defer cancel()
	err := c.gate.drain(limit, "")
	if err == nil {
		err = c.broker.hold(limit)
	}
	if err != nil && r.j.Reason == Incident && ctx.Err() == nil { // what is on its way gets a 401 and is repeated
		err = c.broker.hold(ctx)
	}
	if err != nil {
		return c.rotation(ErrBusy, "requests did not come to an end in time; nothing was changed", safeCause(err))
	}
	return nil
}

// ask goes on with a journal that says that the upstream was asked, by this process or one that has died.
func (r *run) ask(ctx context.Context) error {
	cred, ok, err := r.answered(ctx)
	if err != nil {
		return r.c.rotation(ErrUnavailable, "the escrow cannot be read", err)
	}
	if ok {
		r.cred = cred
		return r.keep(ctx)
	}
	if r.j.Strategy == InPlace {
		r.c.gate.hold()
		if err := r.c.broker.hold(ctx); err != nil {
			return err
		}
	}
	return r.missing(ctx)
}

// answered looks for the answer where it may have got to before the journal: memory, then the escrow.
func (r *run) answered(ctx context.Context) (credential, bool, error) {
	if k := r.c.kept.Load(); k != nil && k.id == r.j.ID && k.attempt == r.j.Attempt {
		return k.cred, true, nil
	}
	return r.c.escrow().get(ctx, r.c.escrow().path(r.j.ID, r.j.Attempt))
}

// missing counts an answer as lost and asks again, by whoever still can.
func (r *run) missing(ctx context.Context) error {
	c := r.c
	r.j.Lost++
	if r.j.Strategy == Turns {
		if err := r.orphans(ctx); err != nil {
			return err
		}
	} else if c.admin == nil {
		// Only the credential itself can rotate it, so it matters whether the old secret is dead.
		t, err := c.oldToken(ctx)
		if errors.Is(err, errRefused) {
			return c.rotation(ErrManual, "the answer to rotate was lost and no other credential is configured: have the operator of the upstream issue a new secret for "+r.j.Client+", put it into the vault, and run the rotation again", nil)
		} else if err != nil {
			return err
		}
		r.own = t
	}
	r.j.Attempt++
	if err := r.save(ctx, stepAsking); err != nil {
		return err
	}
	return r.send(ctx)
}

// oldToken gets a token with what the vault has as current, read past its cache when that is refused.
func (c *Client) oldToken(ctx context.Context) (*token, error) {
	old, err := c.broker.source.get(ctx, nil)
	if err != nil {
		return nil, err
	}
	t, err := c.broker.endpoint.fetch(ctx, old)
	if !errors.Is(err, errRefused) {
		return t, err
	}
	if old, err = c.broker.source.get(ctx, &old); err != nil {
		return nil, err
	}
	return c.broker.endpoint.fetch(ctx, old)
}

// orphans finds API users that appeared since the list was made. One may be ours, but nothing proves it, so none is
// revoked: they are named to people.
func (r *run) orphans(ctx context.Context) error {
	users, err := r.c.listUsers(ctx, r.c.manager())
	if err != nil {
		return r.notDone(err)
	}
	for _, u := range users {
		if !slices.Contains(r.j.Before, u) {
			r.j.Before = append(r.j.Before, u)
			r.j.Orphans = append(r.j.Orphans, u)
			r.orphaned = append(r.orphaned, r.j.about(EventOrphan, u, nil))
			r.c.event(ctx, r.j.about(EventOrphan, u, nil))
		}
	}
	return nil
}

// send asks, as the journal says already. Neither the caller's leaving nor the lease's end stops it half-way.
func (r *run) send(ctx context.Context) error {
	c := r.c
	whole := context.WithoutCancel(ctx)
	if err := r.at("ask"); err != nil {
		return err
	}
	who := c.manager()
	if c.admin == nil && r.own != nil {
		who = with(r.own)
	}
	var err error
	if r.j.Strategy == Turns {
		r.cred, err = c.createUser(whole, who)
	} else {
		r.cred, err = c.rotateSecret(whole, who, r.j.Client)
	}
	switch r.asked++; {
	case err == nil:
		c.kept.Store(&kept{r.j.ID, r.j.Attempt, r.cred})
		if err := r.at("answer"); err != nil {
			return err
		}
		return r.keep(ctx)
	case !errors.Is(err, errLost):
		return r.refused(ctx, err)
	case r.asked == mostAsked:
		return c.rotation(ErrUnavailable, "the upstream's answers are lost; it will be tried again", nil)
	}
	if err := c.o.Pause(ctx, askAgain<<r.asked); err != nil {
		return err
	}
	return r.missing(ctx)
}

// refused handles what was surely not carried out.
func (r *run) refused(ctx context.Context, err error) error {
	c := r.c
	switch {
	case errors.Is(err, errFull) && r.j.Strategy == Turns && c.admin != nil: // in place is safe, too
		r.j.Strategy = InPlace
		r.j.Lost = 0 // the old user is as it was, whatever became of the one that was to be made
		return r.save(ctx, stepReady)
	case r.j.Strategy == Turns:
		if errors.Is(err, errFull) {
			err = c.risk("the TMC has as many API users as it may have: revoke one, or configure an admin credential", "", NeedAdmin)
		}
		return r.undo(ctx, r.notDone(err))
	case r.j.Lost == 0:
		return r.undo(ctx, r.notDone(err))
	case errors.Is(err, errRefused), errors.Is(err, errGone):
		return c.rotation(ErrManual, "an answer to rotate was lost, and the upstream refuses to rotate "+r.j.Client+" again", nil)
	default:
		return r.notDone(err)
	}
}

// kept is an answer in memory, for the time until the escrow has it.
type kept struct {
	id      string
	attempt int
	cred    credential
}

// keep puts the answer into the escrow, then says so in the journal. When one of the two fails the other, or the
// vault, has to do: giving up here would lose the secret.
func (r *run) keep(ctx context.Context) error {
	c := r.c
	whole := context.WithoutCancel(ctx)
	content, err := c.escrow().put(whole, r.j.ID, r.j.Attempt, r.cred)
	if err != nil {
		c.event(ctx, r.j.about(EventFailed, "the escrow cannot be written; the vault comes next", safeCause(err)))
		content = nil
	}
	if err := r.at("escrow"); err != nil {
		return err
	}
	r.j.Next, r.j.Token, r.j.Escrow = r.cred.client, ids.UUID(), content
	if r.j.Strategy == Turns || r.j.Lost > 0 && r.cred.client != r.j.Client {
		r.j.Pair = true
	}
	return r.must(ctx, stepEscrowed)
}

// must goes on when only the store is away: the vault is where the secret has to get to, and the journal may lag
// behind it, since every act can be repeated.
func (r *run) must(ctx context.Context, to step) error {
	err := r.save(ctx, to)
	if err == nil || errors.Is(err, errNotOurs) {
		return err
	}
	r.c.event(ctx, Event{Kind: EventStore, Rotation: r.j.ID, Detail: "the journal lags behind", Err: err})
	r.j.Step = to
	return nil
}

// load finds the new credential again in a run that did not see the answer.
func (r *run) load(ctx context.Context) error {
	if r.cred.client != "" {
		return nil
	}
	c := r.c
	if k := c.kept.Load(); k != nil && k.id == r.j.ID && k.attempt == r.j.Attempt {
		r.cred = k.cred
		return nil
	}
	cred, ok, err := c.escrow().open(ctx, r.j.ID, r.j.Attempt, r.j.Escrow)
	if err == nil && ok {
		r.cred = cred
		return nil
	}
	inVault, found := r.fromVault(ctx)
	switch {
	case found:
		r.cred = inVault
		return nil
	case err != nil:
		return c.rotation(ErrUnavailable, "the escrow cannot be read", safeCause(err))
	case r.j.Step == stepPromoted || r.j.Step == stepRevoking:
		return c.rotation(ErrManual, "the vault's current secret is not the one that this rotation promoted", nil)
	}
	return errMissing
}

// errMissing: the answer is nowhere any more, so the upstream has to be asked again.
var errMissing = errors.New("upstream: the answer is in neither escrow nor vault")
