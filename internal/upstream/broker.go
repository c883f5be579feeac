// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/airside-travel/airside/internal/vault"
)

// broker has the token of one credential. However many ask, in this process and in the others that share the store,
// one fetches; a token is shared through the store, so a restart fetches nothing; and nobody asks the endpoint
// before it may be asked again.
type broker struct {
	key      string // of the shared record
	node     string
	state    *state
	source   *source
	endpoint *endpoint
	patience time.Duration
	pause    func(ctx context.Context, d time.Duration) error
	rotating func(ctx context.Context) bool               // whether the credential is being changed
	spare    func(ctx context.Context) (credential, bool) // of a rotation that waits for the vault
	event    func(ctx context.Context, e Event)

	taken, refusedAs EventKind // what becomes of the credential, as an event

	now     atomic.Pointer[token]
	fetches atomic.Int64

	mu      sync.Mutex
	life    context.Context // of the flights, which outlive who asked first
	running sync.WaitGroup
	flight  *flight
	dead    *token    // refused by the upstream last
	failed  error     // why there is no token
	denied  error     // why the credential is not taken; a token from before may still live
	told    time.Time // when that was told last
	until   time.Time // when the next flight may begin after a failure
	refused []time.Time
	held    chan struct{} // not nil while a rotation keeps flights from starting; closed when it ends
}

// flight is one attempt to get a token, for all who wait.
type flight struct {
	done chan struct{}
	t    *token
	err  error
}

// shared is what the nodes know of a token.
type shared struct {
	ClientID  string    `json:"clientId,omitempty"`
	Token     string    `json:"token,omitempty"`
	Expires   time.Time `json:"expires,omitzero"`
	Refresh   time.Time `json:"refresh,omitzero"`
	Fetched   time.Time `json:"fetched,omitzero"`
	Version   string    `json:"version,omitempty"` // of the secret
	Node      string    `json:"node,omitempty"`    // who fetches the next one
	Until     time.Time `json:"until,omitzero"`    // and until when it is believed to
	NotBefore time.Time `json:"notBefore,omitzero"`
	Failures  int       `json:"failures,omitempty"`
	Because   string    `json:"because,omitempty"` // of the last failure: its kind
}

const (
	pollEvery   = 100 * time.Millisecond // how often a node looks whether another has got the token
	claimFor    = 15 * time.Second       // how long a node that fetches is waited for
	firstWait   = 500 * time.Millisecond // after a failure; doubles
	longestWait = time.Minute
	refusals    = 20 // fetches in a minute because the upstream refused tokens; more would be a storm
)

// get gives a token that is live and not refused. It waits for one no longer than ctx and the broker's patience, and
// not at all when the endpoint may not be asked for longer than a call should take.
func (b *broker) get(ctx context.Context, refused *token) (*token, error) {
	if t := b.ready(refused); t != nil {
		return t, nil
	}
	ctx, cancel := context.WithTimeout(ctx, b.patience)
	defer cancel()
	for {
		now := b.state.clock.Now()
		t := b.now.Load()
		usable := t.live(now) && !t.same(refused)
		if usable && now.Before(t.refresh) {
			return t, nil
		}
		f, wait, err := b.join(now, usable)
		switch {
		case usable: // the new one comes in the background
			return t, nil
		case err != nil:
			return nil, err
		case wait != nil:
			select {
			case <-wait:
				continue
			case <-ctx.Done():
				return nil, b.ended(ctx)
			}
		}
		select {
		case <-f.done:
			if f.err != nil {
				return nil, f.err
			}
			if f.t.same(refused) || !f.t.live(b.state.clock.Now()) {
				continue
			}
			return f.t, nil
		case <-ctx.Done():
			return nil, b.ended(ctx)
		}
	}
}

// ready is the token that is live, not refused and not to be replaced yet; nil when there is none.
func (b *broker) ready(refused *token) *token {
	if t := b.now.Load(); t != nil && t != refused && b.state.clock.Now().Before(t.refresh) {
		return t
	}
	return nil
}

func (b *broker) ended(ctx context.Context) error {
	return &Error{Kind: ErrUnavailable, Environment: b.endpoint.name, Op: "token", Detail: "no token in time", cause: safeCause(ctx.Err())}
}

// join finds the running flight or starts one; or says what to wait for; or why none may start yet.
func (b *broker) join(now time.Time, ahead bool) (*flight, <-chan struct{}, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held != nil {
		return nil, b.held, nil
	}
	if b.flight != nil {
		return b.flight, nil, nil
	}
	if b.life.Err() != nil {
		return nil, nil, &Error{Kind: ErrStopped, Environment: b.endpoint.name, Op: "token"}
	}
	if now.Before(b.until) && (ahead || b.until.Sub(now) > b.endpoint.timeout) {
		return nil, nil, b.again(b.failed, b.until.Sub(now))
	}
	f := &flight{done: make(chan struct{})}
	b.flight = f
	b.running.Go(func() {
		f.t, f.err = b.obtain(b.life)
		b.land(f)
	})
	return f, nil, nil
}

// again is the failure, with the time that is left.
func (b *broker) again(err error, left time.Duration) error {
	if e, ok := errors.AsType[*Error](err); ok {
		next := *e
		next.RetryAfter = left
		return &next
	}
	return err
}

func (b *broker) land(f *flight) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flight = nil
	if f.err == nil {
		b.failed = nil
		if now := b.state.clock.Now(); now.Before(f.t.refresh) {
			b.until, b.denied = time.Time{}, nil
		} else if soon := now.Add(firstWait); b.until.Before(soon) { // the old one is all there is for now
			b.until = soon
		}
		if f.t.same(b.dead) {
			f.t, f.err = nil, &Error{Kind: ErrUnavailable, Environment: b.endpoint.name, Op: "token", Detail: "the upstream refused the newest token"}
		} else {
			b.now.Store(f.t)
		}
	} else {
		b.failed = f.err
	}
	close(f.done)
}

// stop waits for the flight that is on; life has ended, so none starts any more once the lock was free.
func (b *broker) stop() {
	b.mu.Lock()
	//nolint:staticcheck // taking the lock is the point
	b.mu.Unlock()
	b.running.Wait()
}

// refuse forgets a token that the upstream answered with 401. It returns false when that happened so often that
// another token will not help.
func (b *broker) refuse(t *token) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.now.Load().same(t) {
		return true // replaced already
	}
	now := b.state.clock.Now()
	for len(b.refused) > 0 && now.Sub(b.refused[0]) > time.Minute {
		b.refused = b.refused[1:]
	}
	if len(b.refused) >= refusals {
		return false
	}
	b.refused = append(b.refused, now)
	b.dead = t
	b.now.Store(nil)
	return true
}

// put uses a token that a rotation proved.
func (b *broker) put(ctx context.Context, t *token) error {
	b.mu.Lock()
	b.now.Store(t)
	b.failed, b.until = nil, time.Time{}
	b.mu.Unlock()
	b.judge(ctx, nil)
	return b.share(ctx, t)
}

// tellAgain is how often it is told that the credential is refused, while that lasts.
const tellAgain = time.Hour

// judge tells of another token, and of a credential that is not taken: when that begins, not for each attempt.
func (b *broker) judge(ctx context.Context, err error) {
	if err == nil {
		b.mu.Lock()
		b.denied = nil
		b.mu.Unlock()
		b.event(ctx, Event{Kind: b.taken})
		return
	}
	if !errors.Is(err, ErrCredential) { // that says nothing about it
		return
	}
	now := b.state.clock.Now()
	b.mu.Lock()
	tell := b.denied == nil || now.Sub(b.told) >= tellAgain
	if b.denied = err; tell {
		b.told = now
	}
	b.mu.Unlock()
	if tell {
		b.event(ctx, Event{Kind: b.refusedAs, Err: err})
	}
}

// hold keeps flights from starting until release, and waits for the one that is on: its token would be dead.
func (b *broker) hold(ctx context.Context) error {
	b.mu.Lock()
	if b.held == nil {
		b.held = make(chan struct{})
	}
	f := b.flight
	b.mu.Unlock()
	if f == nil {
		return nil
	}
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *broker) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held != nil {
		close(b.held)
		b.held = nil
	}
}

// obtain takes the token that is shared or, as the only one of all nodes, fetches one.
func (b *broker) obtain(ctx context.Context) (*token, error) {
	b.mu.Lock()
	wait := b.until.Sub(b.state.clock.Now())
	b.mu.Unlock()
	if wait > 0 && b.pause(ctx, wait) != nil {
		return nil, &Error{Kind: ErrStopped, Environment: b.endpoint.name, Op: "token"}
	}
	for {
		c, err := b.claim(ctx)
		switch {
		case c.t != nil || err != nil:
			return c.t, err
		case c.wait > 0:
			if c.wait > b.endpoint.timeout {
				b.notBefore(c.wait)
				return nil, &Error{Kind: reason(c.because), Environment: b.endpoint.name, Op: "token", RetryAfter: c.wait}
			}
			if b.pause(ctx, c.wait) != nil {
				return nil, &Error{Kind: ErrStopped, Environment: b.endpoint.name, Op: "token"}
			}
			continue
		}
		t, err := b.fetch(ctx)
		b.judge(ctx, err)
		if err == nil {
			if err := b.share(ctx, t); err != nil {
				b.event(ctx, Event{Kind: EventStore, Detail: "the token is not shared with other nodes", Err: err})
			}
			return t, nil
		}
		wait := b.missed(ctx, err)
		if !errors.Is(err, errRotating) {
			b.notBefore(wait)
			if c.old.live(b.state.clock.Now()) {
				return c.old, nil
			}
			return nil, b.again(err, wait)
		}
		if b.pause(ctx, pollEvery) != nil {
			return nil, &Error{Kind: ErrStopped, Environment: b.endpoint.name, Op: "token"}
		}
	}
}

func (b *broker) notBefore(wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = b.state.clock.Now().Add(wait)
}

// claimed is what looking at the shared record leads to: a token that is good enough, or how long to wait and why, or
// neither, and this node fetches. old is the token that can be used when that fails.
type claimed struct {
	t, old  *token
	wait    time.Duration
	because string
}

// look decides by the shared record.
func (b *broker) look(s *shared, dead *token, now time.Time) claimed {
	have := s.token()
	if !have.live(now) || have.same(dead) {
		have = nil
	}
	c := claimed{old: have, because: s.Because}
	switch {
	case have != nil && now.Before(have.refresh):
		c.t = have
	case now.Before(s.NotBefore):
		c.t, c.wait = have, s.NotBefore.Sub(now)
	case now.Before(s.Until) && s.Node != b.node:
		c.t, c.wait = have, min(pollEvery, s.Until.Sub(now))
	}
	return c
}

// claim looks, and when neither a token is there nor a reason to wait, tells the other nodes that this one fetches.
func (b *broker) claim(ctx context.Context) (c claimed, err error) {
	b.mu.Lock()
	dead := b.dead
	b.mu.Unlock()
	now := b.state.clock.Now()
	s, found, err := get[shared](ctx, b.state, kindToken, b.key)
	if c = b.look(&s, dead, now); err == nil && found && (c.t != nil || c.wait > 0) {
		return c, nil
	}
	if err == nil {
		err = change(ctx, b.state, kindToken, b.key, func(s *shared) (bool, error) {
			if c = b.look(s, dead, now); c.t != nil || c.wait > 0 {
				return false, nil
			}
			s.Node, s.Until = b.node, now.Add(claimFor)
			return true, nil
		})
	}
	if err != nil { // without the store nodes cannot agree; requests need a token all the same
		if ctx.Err() != nil {
			return claimed{}, &Error{Kind: ErrStopped, Environment: b.endpoint.name, Op: "token"}
		}
		b.event(ctx, Event{Kind: EventStore, Detail: "the shared token cannot be read", Err: err})
		return claimed{}, nil
	}
	return c, nil
}

func (s *shared) token() *token {
	if s.Token == "" {
		return nil
	}
	return &token{
		client: s.ClientID, access: vault.NewSecret([]byte(s.Token)),
		expires: s.Expires, refresh: s.Refresh, fetched: s.Fetched, version: s.Version,
	}
}

// share tells the other nodes. What it overwrites is older.
func (b *broker) share(ctx context.Context, t *token) error {
	return change(ctx, b.state, kindToken, b.key, func(s *shared) (bool, error) {
		*s = shared{ClientID: t.client, Expires: t.expires, Refresh: t.refresh, Fetched: t.fetched, Version: t.version}
		t.access.Use(func(b []byte) { s.Token = string(b) })
		return true, nil
	})
}

// missed gives the claim up and says for all nodes when the endpoint may be asked again.
func (b *broker) missed(ctx context.Context, failure error) (wait time.Duration) {
	var asked time.Duration
	if e, ok := errors.AsType[*Error](failure); ok {
		asked = e.RetryAfter
	}
	wait = max(asked, firstWait)
	err := change(ctx, b.state, kindToken, b.key, func(s *shared) (bool, error) {
		if s.Node == b.node {
			s.Node, s.Until = "", time.Time{}
		}
		if errors.Is(failure, errRotating) {
			return true, nil
		}
		s.Failures, s.Because = s.Failures+1, ErrUnavailable.Error()
		for _, k := range []error{ErrThrottled, ErrCredential} {
			if errors.Is(failure, k) {
				s.Because = k.Error()
			}
		}
		wait = max(asked, backoff(s.Failures))
		s.NotBefore = b.state.clock.Now().Add(wait)
		return true, nil
	})
	if err != nil && ctx.Err() == nil {
		b.event(ctx, Event{Kind: EventStore, Detail: "the failure to get a token is not shared", Err: err})
	}
	return wait
}

// reason is the kind of a failure that another node wrote down.
func reason(because string) error {
	for _, k := range []error{ErrThrottled, ErrCredential} {
		if because == k.Error() {
			return k
		}
	}
	return ErrUnavailable
}

// backoff doubles, and differs from node to node.
func backoff(failures int) time.Duration {
	d := min(firstWait<<min(failures-1, 10), longestWait)
	return d - jitter(d/4)
}

// fetch trades the credential. When neither what the vault has nor what it has by now is taken, the escrow of a
// rotation may have what is.
func (b *broker) fetch(ctx context.Context) (*token, error) {
	t, err := b.fromVault(ctx)
	if err == nil || errors.Is(err, ErrThrottled) || errors.Is(err, errRotating) {
		return t, err
	}
	c, ok := b.spare(ctx)
	if !ok {
		return nil, err
	}
	if t, bad := b.endpoint.fetch(ctx, c); bad == nil {
		return t, nil
	}
	return nil, err
}

// fromVault reads the secret, and once more past the cache when it is refused: somebody else may have rotated it.
func (b *broker) fromVault(ctx context.Context) (*token, error) {
	c, err := b.source.get(ctx, nil)
	if err != nil {
		return nil, err
	}
	for again := false; ; again = true {
		b.fetches.Add(1)
		t, err := b.endpoint.fetch(ctx, c)
		if err == nil || !errors.Is(err, errRefused) {
			return t, err
		}
		if b.rotating(ctx) {
			return nil, errRotating
		}
		refused := &Error{Kind: ErrCredential, Environment: b.endpoint.name, Op: "token", Detail: "client id and secret do not belong together"}
		if again {
			return nil, refused
		}
		next, err := b.source.get(ctx, &c)
		if err != nil {
			return nil, err
		}
		if next.client == c.client && next.secret.Equal(c.secret) {
			return nil, refused
		}
		c = next
	}
}

// adopt uses a token that another node has put into the store, when it is newer.
func (b *broker) adopt(ctx context.Context) {
	s, found, err := get[shared](ctx, b.state, kindToken, b.key)
	if err != nil || !found {
		return
	}
	t, now := s.token(), b.state.clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	have := b.now.Load()
	if t.live(now) && !t.same(b.dead) && b.held == nil && have != nil && t.fetched.After(have.fetched) {
		b.now.Store(t)
	}
}

// failing is why there is no token, if there is none; denied, why there will be no other.
func (b *broker) failing() (failed, denied error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed, b.denied
}
