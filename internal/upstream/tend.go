// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/vault"
)

const (
	lookEvery = 5 * time.Second // for tokens that other nodes fetched
	tendEvery = time.Minute     // for what a rotation has left to do, and whether one is due
)

// EventAged tells that a secret comes of age and nothing will rotate it. Detail: how old it is, and why.
const EventAged EventKind = "secret.aged"

// Start begins to tend the environment: it takes up rotations that were left unfinished, rotates by age, and warns
// before. Starting twice is harmless; a client that was not started sends requests all the same.
func (c *Client) Start() {
	if !c.started.CompareAndSwap(false, true) {
		return
	}
	c.running.Go(func() {
		c.every(lookEvery, func() { c.broker.adopt(c.life) })
	})
	c.running.Go(func() {
		c.Tend(c.life)
		c.every(tendEvery, func() { c.Tend(c.life) })
	})
}

func (c *Client) every(d time.Duration, act func()) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-c.life.Done():
			return
		case <-tick.C:
			act()
		}
	}
}

// Tend does once what Start does every minute. What fails is told by events and tried again the next time.
func (c *Client) Tend(ctx context.Context) {
	if !c.escrows() {
		c.remind(ctx, "there is no escrow for the answer of a rotation")
		return
	}
	j, err := c.journal(ctx)
	switch {
	case err != nil:
		c.event(ctx, Event{Kind: EventStore, Detail: "the journal cannot be read", Err: err})
		return
	case !j.over():
		if !j.Manual {
			c.resumed(ctx)
		}
		return
	case c.denied():
		c.salvage(ctx)
		return
	case c.env.Rotation.Off:
		c.remind(ctx, "scheduled rotation is off")
		return
	}
	age, err := c.age(ctx)
	if err != nil || age.Due.IsZero() {
		return
	}
	now := c.o.Clock.Now()
	switch {
	case !now.Before(age.Due):
		// A failure waits longer than a minute: what stands in the way is seldom gone by then.
		if j.Step == stepUndone && now.Sub(j.Updated) < time.Hour {
			return
		}
		if j.Step == stepDone && now.Sub(j.Updated) < day { // the age is from a cache
			return
		}
		_, _ = c.Rotate(ctx, Request{Reason: Scheduled}) // events tell
	case now.After(age.Warn):
		c.announce(ctx, age, Event{Kind: EventDue, Detail: age.Due.UTC().Format(time.RFC3339)})
	}
}

// escrows reports whether there is a place for the answer of a rotation, without which none begins.
func (c *Client) escrows() bool { return c.o.Key != nil && c.o.Escrow != "" }

// denied reports whether no token is to be had because the credential is not taken.
func (c *Client) denied() bool {
	failed, _ := c.broker.failing()
	return errors.Is(failed, ErrCredential)
}

func (c *Client) resumed(ctx context.Context) {
	_, _ = c.Resume(ctx) // events tell
}

// Age is how old the secret is and what follows from it.
type Age struct {
	Version string    `json:"version"`         // of the secret in the vault
	Since   time.Time `json:"since,omitzero"`  // when it became current, or was first seen
	Due     time.Time `json:"due,omitzero"`    // when it will be rotated; zero: it cannot be, or only on demand
	Warn    time.Time `json:"warnAt,omitzero"` // from when on that is announced, or that nothing rotates it; zero: its age is not known
}

// seen is when a version was first seen, for vaults that do not know its age, and when it was warned about.
type seen struct {
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
	Warned  time.Time `json:"warned,omitzero"`
}

// age reads how old the current secret is.
func (c *Client) age(ctx context.Context) (Age, error) {
	h, err := c.o.Vaults.Get(ctx, c.env.Secret, vault.Current)
	if err != nil {
		return Age{}, err
	}
	a := Age{Version: h.Version.ID, Since: h.Version.Created}
	if a.Since.IsZero() {
		err := change(ctx, c.state, kindSeen, c.env.Name, func(v *seen) (bool, error) {
			if v.Version == a.Version {
				a.Since = v.Since
				return false, nil
			}
			*v = seen{Version: a.Version, Since: c.o.Clock.Now()}
			a.Since = v.Since
			return true, nil
		})
		if err != nil {
			return Age{}, err
		}
	}
	switch {
	case c.env.Secret.Scheme == vault.SchemeEnv: // who changes a variable leaves no trace of when
	case c.env.Rotation.Off, !c.escrows():
		a.Warn = a.Since.Add(c.env.Rotation.MaxAge - c.env.Rotation.Warn)
	default:
		a.Due = a.Since.Add(c.env.Rotation.MaxAge - c.spread(a.Version))
		a.Warn = a.Due.Add(-c.env.Rotation.Warn)
	}
	return a, nil
}

// remind announces that a secret comes of age although nothing will rotate it; why says what stands in the way.
func (c *Client) remind(ctx context.Context, why string) {
	a, err := c.age(ctx)
	now := c.o.Clock.Now()
	if err != nil || a.Warn.IsZero() || !now.After(a.Warn) {
		return
	}
	c.announce(ctx, a, Event{Kind: EventAged, Detail: "it is " + strconv.Itoa(int(now.Sub(a.Since)/day)) + " days old, and " + why})
}

// spread is up to a twentieth of the age, by which environments and secrets differ, so that not all are rotated in
// one night; it is the same on every node.
func (c *Client) spread(version string) time.Duration {
	sum := sha256.Sum256([]byte(c.env.Name + "\x00" + version))
	part := float64(binary.BigEndian.Uint32(sum[:4])) / (1 << 32)
	return time.Duration(part * float64(c.env.Rotation.MaxAge/20))
}

// announce tells of a secret that comes of age, once a day.
func (c *Client) announce(ctx context.Context, a Age, e Event) {
	tell := false
	err := change(ctx, c.state, kindSeen, c.env.Name, func(v *seen) (bool, error) {
		now := c.o.Clock.Now()
		if tell = v.Version != a.Version || now.Sub(v.Warned) >= day; !tell {
			return false, nil
		}
		*v = seen{Version: a.Version, Since: a.Since, Warned: now}
		return true, nil
	})
	if err == nil && tell {
		c.event(ctx, e)
	}
}

// inEscrow is the new secret of a rotation that waits for the vault.
func (c *Client) inEscrow(ctx context.Context) (credential, bool) {
	j, err := c.journal(ctx)
	if err != nil || !j.changing() || c.o.Key == nil {
		return credential{}, false
	}
	if k := c.kept.Load(); k != nil && k.id == j.ID && k.attempt == j.Attempt {
		return k.cred, true
	}
	cred, ok, err := c.escrow().open(ctx, j.ID, j.Attempt, j.Escrow)
	return cred, ok && err == nil
}

// salvage looks whether a file in the escrow has what the upstream takes, when it refuses what the vault has. A node that
// lost its lease while it waited for the answer leaves such a file.
func (c *Client) salvage(ctx context.Context) {
	for _, path := range c.escrow().files() {
		cred, ok, err := c.escrow().get(ctx, path)
		name, cut := strings.CutPrefix(filepath.Base(path), c.env.Name+"-")
		if err != nil || !ok || !cut {
			continue
		}
		attempt, err := strconv.Atoi(strings.TrimSuffix(name[37:], ".age"))
		if err != nil {
			continue
		}
		if _, err := c.broker.endpoint.fetch(ctx, cred); err != nil {
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		h, err := c.o.Vaults.Get(ctx, c.env.Secret, vault.Current)
		now := c.o.Clock.Now()
		_, _ = c.work(ctx, &journal{
			ID: name[:36], Reason: Incident, Strategy: InPlace, Step: stepEscrowed, Client: cred.client, Next: cred.client, Attempt: attempt,
			Pair: err == nil && isPair(h.Secret) || cred.client != c.env.ClientID, Token: ids.UUID(), Escrow: content, Started: now, Updated: now,
		}, false) // events tell
		return
	}
}
