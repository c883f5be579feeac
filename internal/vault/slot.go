// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"sync"
	"time"
)

// slot is what is remembered of one reference.
type slot struct {
	asking chan struct{} // holds one element while somebody reads the backend
	mu     sync.Mutex
	held   Held
	read   time.Time     // when the backend gave it; zero: there is nothing
	doubt  bool          // a promotion may have changed it: ask before using it
	turn   chan struct{} // closed by the next promotion
}

func newSlot() *slot { return &slot{asking: make(chan struct{}, 1), turn: make(chan struct{})} }

// usable gives the secret when the backend need not be asked: it is younger than ttl, or another one than
// the upstream refused.
func (s *slot) usable(now time.Time, ttl time.Duration, refused *Held) (Held, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.read.IsZero() || s.doubt {
		return Held{}, false
	}
	if refused != nil {
		return s.held, s.held.Version.ID != refused.Version.ID || !s.held.Secret.Equal(refused.Secret)
	}
	return s.held, now.Before(s.read.Add(ttl))
}

// stale gives what is there although the backend should have been asked.
func (s *slot) stale(now time.Time, most time.Duration) (Held, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.held
	h.Stale = true
	return h, !s.read.IsZero() && now.Before(s.read.Add(most))
}

// round is closed by the next promotion; who reads the backend takes it before.
func (s *slot) round() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turn
}

// remember keeps what was read, unless a promotion came in between.
func (s *slot) remember(round <-chan struct{}, h Held, read time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-round:
	default:
		s.held, s.read, s.doubt = h, read, false
	}
}

// promoted forgets the secret; when nobody knows whether it was promoted, it stays for the time that the vault is
// away.
func (s *slot) promoted(surely bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if surely {
		s.held, s.read = Held{}, time.Time{}
	}
	s.doubt = true
	close(s.turn)
	s.turn = make(chan struct{})
}
