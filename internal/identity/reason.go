// SPDX-License-Identifier: Apache-2.0

package identity

// Why a credential was refused, for logs and detection. The caller gets the same answer, after the same work,
// for all of them.
const (
	ReasonUnknownToken  = "unknown-token"
	ReasonExpiredToken  = "expired-token"
	ReasonRotatedToken  = "rotated-token" // killed by a rotation or with its client
	ReasonUnknownClient = "unknown-client"
	ReasonWrongSecret   = "wrong-secret"
	ReasonRotatedSecret = "rotated-secret" // the right one until the last rotation
)

// maxDead is of how many tokens that are gone the reason is remembered.
const maxDead = 50_000

// bury remembers why a token is gone; the caller holds the lock. What was known before is forgotten when there
// is too much of it: a reason is a hint.
func (s *Service) bury(h [32]byte, reason string) {
	if s.dead == nil || len(s.dead) >= maxDead {
		s.dead = map[[32]byte]string{}
	}
	s.dead[h] = reason
}

// lost is why a token is not known.
func (s *Service) lost(h [32]byte) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if reason := s.dead[h]; reason != "" {
		return reason
	}
	return ReasonUnknownToken
}

// exists is 1 for a client that there is.
func exists(c *client) int {
	if c == nil {
		return 0
	}
	return 1
}
