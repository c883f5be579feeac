// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"time"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
)

// tries is how often a run repeats an act that found a server away, with growing pauses.
const (
	tries     = 4
	firstTry  = 200 * time.Millisecond
	nodesKnow = 30 * time.Second // after a switch, how long other nodes may still send with the old token
)

// fromVault finds the new credential by its version, pending or current.
func (r *run) fromVault(ctx context.Context) (credential, bool) {
	for _, stage := range []vault.Stage{vault.Pending, vault.Current} {
		h, err := r.c.o.Vaults.Get(ctx, r.c.env.Secret, stage)
		if err != nil || h.Version.ID != r.j.Token {
			continue
		}
		if cred, err := readCredential(h, r.j.Next); err == nil {
			cred.held = vault.Held{}
			return cred, true
		}
	}
	return credential{}, false
}

// back asks again when the answer is gone from everywhere.
func (r *run) back(ctx context.Context, err error) error {
	if !errors.Is(err, errMissing) {
		return err
	}
	return r.missing(ctx)
}

// stage writes the new secret into the vault as pending.
func (r *run) stage(ctx context.Context) error {
	if err := r.load(ctx); err != nil {
		return r.back(ctx, err)
	}
	if err := r.at("stage"); err != nil {
		return err
	}
	if err := r.put(ctx); err != nil {
		return r.behind(ctx, err)
	}
	return r.must(ctx, stepPending)
}

// put writes the pending version. A token that another writer has replaced gets a successor.
func (r *run) put(ctx context.Context) error {
	c := r.c
	return r.patient(ctx, func(ctx context.Context) error {
		err := c.o.Vaults.PutPending(ctx, c.env.Secret, r.cred.value(r.j.Pair), r.j.Token)
		if errors.Is(err, vault.ErrConflict) {
			r.j.Token = ids.UUID()
			err = c.o.Vaults.PutPending(ctx, c.env.Secret, r.cred.value(r.j.Pair), r.j.Token)
		}
		return err
	})
}

// patient repeats an act some times; it may be cut short by the caller only between two tries.
func (r *run) patient(ctx context.Context, act func(ctx context.Context) error) error {
	for n, wait := 1, firstTry; ; n, wait = n+1, 3*wait {
		once, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.c.env.Timeouts.Token)
		err := act(once)
		cancel()
		if err == nil || n == tries {
			return err
		}
		if e, ok := errors.AsType[*Error](err); ok {
			wait = max(wait, min(e.RetryAfter, r.c.env.Timeouts.Token))
		}
		if r.c.o.Pause(ctx, wait) != nil {
			return err
		}
	}
}

// behind is what happens when the vault does not take the new secret: requests go on with what the escrow has, and
// the rotation waits for the vault.
func (r *run) behind(ctx context.Context, err error) error {
	if r.j.Strategy == InPlace {
		t, bad := r.c.broker.endpoint.fetch(context.WithoutCancel(ctx), r.cred)
		if bad == nil {
			r.use(ctx, t)
			r.c.event(ctx, r.j.about(EventDegraded, "", safeCause(err)))
		}
	}
	return r.c.rotation(ErrUnavailable, "the vault does not take the new secret; the escrow has it, and it will be tried again", err)
}

// use sends with the new token from now on, here and on the other nodes.
func (r *run) use(ctx context.Context, t *token) {
	r.token = t
	if err := r.c.broker.put(context.WithoutCancel(ctx), t); err != nil {
		r.c.event(ctx, Event{Kind: EventStore, Rotation: r.j.ID, Detail: "the new token is not shared with other nodes", Err: err})
	}
}

// prove gets a token with the new secret.
func (r *run) prove(ctx context.Context) error {
	if err := r.load(ctx); err != nil {
		return r.back(ctx, err)
	}
	if err := r.at("prove"); err != nil {
		return err
	}
	var t *token
	err := r.patient(ctx, func(ctx context.Context) (err error) {
		t, err = r.c.broker.endpoint.fetch(ctx, r.cred)
		return err
	})
	switch {
	case errors.Is(err, errRefused):
		return r.stillborn(ctx)
	case err != nil:
		return err
	}
	if r.token = t; r.j.Strategy == InPlace {
		r.use(ctx, t)
	}
	return r.must(ctx, stepProved)
}

// stillborn is a new secret that the token endpoint does not take: in place, a delayed repetition of an earlier
// request may have killed it, and another has to be got; by turns, the new API user is of no use.
func (r *run) stillborn(ctx context.Context) error {
	r.cred = credential{}
	r.c.kept.Store(nil)
	if r.j.Strategy == InPlace {
		if r.asked >= mostAsked {
			return r.c.rotation(ErrManual, "every secret that the upstream issues is refused by its token endpoint", nil)
		}
		return r.missing(ctx)
	}
	if err := r.c.revokeUser(ctx, r.c.manager(), r.j.Next); err != nil {
		return r.notDone(err)
	}
	return r.undo(ctx, r.c.rotation(ErrUnavailable, "the new API user's secret is refused; it was revoked again, and the old one is in use", nil))
}

// promote makes the new secret the vault's current one, and reads it back.
func (r *run) promote(ctx context.Context) error {
	if err := r.load(ctx); err != nil {
		return r.back(ctx, err)
	}
	if err := r.at("promote"); err != nil {
		return err
	}
	c := r.c
	err := r.patient(ctx, func(ctx context.Context) error {
		err := c.o.Vaults.Promote(ctx, c.env.Secret, r.j.Token)
		if errors.Is(err, vault.ErrConflict) { // another writer came in between: ours is the one that works
			if err = r.put(ctx); err == nil {
				err = c.o.Vaults.Promote(ctx, c.env.Secret, r.j.Token)
			}
		}
		if err != nil {
			return err
		}
		return r.current(ctx)
	})
	if err != nil {
		return r.behind(ctx, err)
	}
	if err := r.at("promoted"); err != nil {
		return err
	}
	return r.must(ctx, stepPromoted)
}

// current reads the vault, not its cache, and compares.
func (r *run) current(ctx context.Context) error {
	h, err := r.c.o.Vaults.Get(ctx, r.c.env.Secret, vault.Current)
	if err != nil {
		return err
	}
	if h.Stale || !h.Secret.Equal(r.cred.value(r.j.Pair)) {
		return errors.New("upstream: the vault's current secret is another one")
	}
	return nil
}

// retire ends a rotation in place; by turns it switches to the new API user and waits for requests of the old one.
func (r *run) retire(ctx context.Context) error {
	if r.j.Strategy == InPlace {
		r.c.broker.release()
		r.c.gate.release()
		return r.finish(ctx)
	}
	if err := r.fresh(ctx); err != nil {
		return err
	}
	if err := r.at("switch"); err != nil {
		return err
	}
	r.use(ctx, r.token)
	if r.j.Reason != Incident {
		if err := r.c.o.Pause(ctx, nodesKnow); err != nil {
			return err
		}
		limit, cancel := context.WithTimeout(ctx, r.c.env.Timeouts.Drain)
		defer cancel()
		if err := r.c.gate.drain(limit, r.j.Client); err != nil {
			return r.c.rotation(ErrBusy, "the new API user is in use; requests of the old one did not come to an end, so it is revoked later", safeCause(err))
		}
	}
	if err := r.at("journal revoking"); err != nil {
		return err
	}
	return r.save(ctx, stepRevoking)
}

// fresh has a token of the new credential.
func (r *run) fresh(ctx context.Context) error {
	if err := r.load(ctx); err != nil {
		return err
	}
	if r.token.live(r.c.o.Clock.Now()) {
		return nil
	}
	return r.patient(ctx, func(ctx context.Context) (err error) {
		r.token, err = r.c.broker.endpoint.fetch(ctx, r.cred)
		return err
	})
}

// revoke ends the old API user, once more convinced that the new one is in the vault and works.
func (r *run) revoke(ctx context.Context) error {
	if err := r.fresh(ctx); err != nil {
		return err
	}
	if err := r.patient(ctx, r.current); err != nil {
		return r.c.rotation(ErrUnavailable, "the vault does not show the new secret as current, so the old API user is kept", safeCause(err))
	}
	if err := r.at("revoke"); err != nil {
		return err
	}
	who := with(r.token)
	if r.c.admin != nil {
		who = as(r.c.admin)
	}
	if err := r.patient(ctx, func(ctx context.Context) error { return r.c.revokeUser(ctx, who, r.j.Client) }); err != nil {
		return r.notDone(err)
	}
	if err := r.at("revoked"); err != nil {
		return err
	}
	return r.finish(ctx)
}

// finish says that it is done; the escrow is not needed any more then.
func (r *run) finish(ctx context.Context) error {
	if err := r.at("finish"); err != nil {
		return err
	}
	if err := r.save(ctx, stepDone); err != nil {
		return err
	}
	r.c.kept.Store(nil)
	if err := r.at("clean"); err != nil {
		return err
	}
	r.c.escrow().remove(r.j.ID)
	r.c.event(ctx, r.j.about(EventDone, r.j.Next, nil))
	return nil
}
