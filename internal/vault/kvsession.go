// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"context"
	"errors"
	"time"

	bao "github.com/openbao/openbao/api/v2"

	"github.com/airside-travel/airside/internal/clock"
)

// session holds one login. It does not use the client library's LifetimeWatcher, which may end without an error
// although renewal kept failing (hashicorp/vault#28616) and ignores tokens that were looked up (#12928).
type session struct {
	client *bao.Client // carries the token
	anon   *bao.Client // logs in
	auth   Auth
	clock  clock.Clock
	busy   chan struct{} // holds one element while somebody renews or logs in

	now     login
	has     bool
	granted time.Duration // lifetime at login; a renewal that gives less than half nears the maximum
	renewAt time.Time
	ends    time.Time
}

func newSession(client, anon *bao.Client, auth Auth, c clock.Clock) *session {
	return &session{client: client, anon: anon, auth: auth, clock: c, busy: make(chan struct{}, 1)}
}

// do makes a call with a token that is valid. When it is denied and the token turns out to be dead (revoked, or
// its lease gone while we slept), it logs in again and repeats the call once; a 403 did nothing.
func (s *session) do(ctx context.Context, op string, ref Ref, call func(*bao.Client) error) error {
	for again := false; ; again = true {
		if err := s.ensure(ctx); err != nil {
			return at(op, ref, err)
		}
		used := s.client.Token()
		err := kvFailure(op, ref, call(s.client))
		if again || !errors.Is(err, ErrDenied) || !s.dead(ctx, used) {
			return err
		}
	}
}

// at names the verb and the reference in the error of a login.
func at(op string, ref Ref, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return unreachable(op, ref, err)
	}
	out := *e
	out.Op, out.Ref, out.Detail = op, ref, e.Op
	if e.Detail != "" {
		out.Detail += ": " + e.Detail
	}
	return &out
}

// dead asks the server whether the token is, and forgets it then. Asking first keeps a refusal that is
// really about rights from using up a secret id.
func (s *session) dead(ctx context.Context, used string) bool {
	if err := s.lock(ctx); err != nil {
		return false
	}
	defer s.unlock()
	if s.client.Token() != used {
		return true // somebody else found out and logged in already
	}
	_, err := s.client.Auth().Token().LookupSelfWithContext(ctx)
	if errors.Is(kvFailure("log in", Ref{}, err), ErrDenied) {
		s.has = false
		return true
	}
	return false
}

// ensure returns when there is a token whose lease runs, renewed when two thirds of it are over.
func (s *session) ensure(ctx context.Context) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	now := s.clock.Now()
	if !s.has {
		return s.login(ctx)
	}
	if s.now.ttl == 0 || now.Before(s.renewAt) {
		return nil
	}
	if s.now.renewable && now.Before(s.ends) && s.renew(ctx) {
		return nil
	}
	err := s.login(ctx)
	if left := s.ends.Sub(now); err != nil && left > 0 {
		s.renewAt = now.Add(max(left/10, time.Second)) // the old token still works; ask again soon
		return nil
	}
	return err
}

// renew reports whether the lease is good for long enough again.
func (s *session) renew(ctx context.Context) bool {
	got, err := s.client.Auth().Token().RenewSelfWithContext(ctx, int(s.granted.Seconds()))
	if err != nil || got == nil || got.Auth == nil {
		return false
	}
	s.now.renewable = got.Auth.Renewable
	s.runs(time.Duration(got.Auth.LeaseDuration) * time.Second)
	return s.now.ttl >= s.granted/2
}

func (s *session) login(ctx context.Context) error {
	got, err := s.auth.login(ctx, s.anon)
	if err != nil {
		return err
	}
	s.now, s.has, s.granted = got, true, got.ttl
	s.client.SetToken(got.token.text())
	s.runs(got.ttl)
	return nil
}

func (s *session) runs(ttl time.Duration) {
	now := s.clock.Now()
	s.now.ttl, s.ends, s.renewAt = ttl, now.Add(ttl), now.Add(max(ttl*2/3, time.Second))
}

// run keeps the login alive while nobody calls.
func (s *session) run(ctx context.Context) {
	for {
		pause := time.Minute
		if err := s.ensure(ctx); err == nil {
			pause = s.pause(ctx)
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}

// pause is how long nothing has to be done: until the renewal, at most a minute, at least a second.
func (s *session) pause(ctx context.Context) time.Duration {
	if s.lock(ctx) != nil {
		return time.Second
	}
	defer s.unlock()
	if s.now.ttl == 0 {
		return time.Minute
	}
	return max(time.Second, min(time.Minute, s.renewAt.Sub(s.clock.Now())))
}

func (s *session) lock(ctx context.Context) error {
	select {
	case s.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return unreachable("log in", Ref{}, ctx.Err())
	}
}

func (s *session) unlock() { <-s.busy }
