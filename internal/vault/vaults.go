// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/clock"
)

// Options is what Vaults is made of.
type Options struct {
	Backends map[Scheme]Backend
	Clock    clock.Clock
	TTL      time.Duration // how long a current secret is believed without asking; 0 means 5 minutes
	MaxStale time.Duration // how long it may be used while the vault does not answer; 0 means 24 hours
	Poll     time.Duration // how often Watch asks; 0 means TTL
	// Pause waits before a verb is repeated, and between two polls; a timer when nil.
	Pause func(ctx context.Context, d time.Duration) error
}

// Vaults sends each reference to its backend. It keeps current secrets in memory for a while, and longer while a
// vault is away; repeats verbs that found it away; and tells watchers. It is safe for concurrent use.
type Vaults struct {
	o     Options
	mu    sync.Mutex
	cache map[Ref]*slot
}

const (
	tries      = 3
	firstPause = 100 * time.Millisecond
)

// New makes the set.
func New(o Options) *Vaults {
	if o.TTL == 0 {
		o.TTL = 5 * time.Minute
	}
	if o.MaxStale == 0 {
		o.MaxStale = 24 * time.Hour
	}
	if o.Poll == 0 {
		o.Poll = o.TTL
	}
	if o.Pause == nil {
		o.Pause = pause
	}
	return &Vaults{o: o, cache: map[Ref]*slot{}}
}

// Get reads one stage. The current one may come from memory; Stale says that the vault did not answer when it
// should have been read again.
func (v *Vaults) Get(ctx context.Context, ref Ref, stage Stage) (Held, error) {
	if stage != Current {
		return v.fetch(ctx, ref, stage)
	}
	return v.current(ctx, ref, nil)
}

// Refresh reads the current secret past the cache, for a caller whose upstream refused the one it had. Of many
// callers that had the same one, one asks the backend.
func (v *Vaults) Refresh(ctx context.Context, ref Ref, refused Held) (Held, error) {
	return v.current(ctx, ref, &refused)
}

func (v *Vaults) current(ctx context.Context, ref Ref, refused *Held) (Held, error) {
	s := v.slot(ref)
	if h, ok := s.usable(v.o.Clock.Now(), v.o.TTL, refused); ok {
		return h, nil
	}
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	case <-ctx.Done():
		return Held{}, unreachable("get", ref, ctx.Err())
	}
	if h, ok := s.usable(v.o.Clock.Now(), v.o.TTL, refused); ok { // somebody else has just read it
		return h, nil
	}
	round := s.round()
	h, err := v.fetch(ctx, ref, Current)
	now := v.o.Clock.Now()
	switch {
	case err == nil:
		s.remember(round, h, now)
	case !errors.Is(err, ErrUnavailable): // gone or forbidden: not to be used any more
		s.remember(round, Held{}, time.Time{})
	case refused == nil:
		if old, ok := s.stale(now, v.o.MaxStale); ok {
			return old, nil
		}
	}
	return h, err
}

// PutPending stages a value in the reference's backend.
func (v *Vaults) PutPending(ctx context.Context, ref Ref, value Secret, token string) error {
	return v.repeat(ctx, "put", ref, func(b Backend) error { return b.PutPending(ctx, ref, value, token) })
}

// Promote makes a pending version current, forgets the old one and wakes watchers.
func (v *Vaults) Promote(ctx context.Context, ref Ref, token string) error {
	err := v.repeat(ctx, "promote", ref, func(b Backend) error { return b.Promote(ctx, ref, token) })
	v.slot(ref).promoted(err == nil)
	return err
}

// Versions lists what the backend knows.
func (v *Vaults) Versions(ctx context.Context, ref Ref) (out []Version, err error) {
	err = v.repeat(ctx, "versions", ref, func(b Backend) (err error) { out, err = b.Versions(ctx, ref); return err })
	return out, err
}

// Watch sends the current version now and whenever it has become another.
func (v *Vaults) Watch(ctx context.Context, ref Ref) (<-chan Version, error) {
	if _, err := v.backend("watch", ref); err != nil {
		return nil, err
	}
	out := make(chan Version, 1)
	go v.watch(ctx, ref, out)
	return out, nil
}

func (v *Vaults) watch(ctx context.Context, ref Ref, out chan Version) {
	defer close(out)
	s := v.slot(ref)
	var last Held
	for ctx.Err() == nil {
		round := s.round()
		h, err := v.fetch(ctx, ref, Current)
		if err == nil && (h.Version.ID != last.Version.ID || !h.Secret.Equal(last.Secret)) {
			last = h
			s.remember(round, h, v.o.Clock.Now())
			select { // the newest replaces one that nobody has read yet
			case <-out:
			default:
			}
			out <- h.Version
		}
		rest, stop := context.WithCancel(ctx)
		go func() {
			select {
			case <-round:
				stop()
			case <-rest.Done():
			}
		}()
		_ = v.o.Pause(rest, v.o.Poll) // ended early by a promotion, or by ctx, which the loop looks at
		stop()
	}
}

func (v *Vaults) fetch(ctx context.Context, ref Ref, stage Stage) (h Held, err error) {
	err = v.repeat(ctx, "get", ref, func(b Backend) (err error) { h, err = b.Get(ctx, ref, stage); return err })
	return h, err
}

// repeat carries a verb out again when the backend was away: every verb may be repeated.
func (v *Vaults) repeat(ctx context.Context, op string, ref Ref, call func(Backend) error) error {
	b, err := v.backend(op, ref)
	if err != nil {
		return err
	}
	wait := firstPause
	for n := 1; ; n++ {
		err := call(b)
		if n == tries || !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrSealed) || ctx.Err() != nil {
			return err
		}
		if v.o.Pause(ctx, wait) != nil {
			return err
		}
		wait *= 4
	}
}

func (v *Vaults) backend(op string, ref Ref) (Backend, error) {
	b := v.o.Backends[ref.Scheme]
	if b == nil {
		return nil, fail(op, ref, ErrInvalid, "this vault is not configured")
	}
	return b, nil
}

func (v *Vaults) slot(ref Ref) *slot {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.cache[ref]
	if s == nil {
		s = newSlot()
		v.cache[ref] = s
	}
	return s
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
