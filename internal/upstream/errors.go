// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/airside-travel/airside/internal/vault"
)

// The closed set of what can go wrong.
var (
	ErrInvalid     = errors.New("invalid configuration or use")
	ErrUnavailable = errors.New("upstream unavailable")            // no answer, or none that can be used
	ErrThrottled   = errors.New("upstream asks to wait")           // see RetryAfter
	ErrLimit       = errors.New("the environment's own limit")     // of what may leave; the request was not sent, see RetryAfter
	ErrCredential  = errors.New("credential refused")              // by the token endpoint, or the vault has none
	ErrHeld        = errors.New("held too long during a rotation") // the request was not sent
	ErrStopped     = errors.New("stopped")
	ErrBusy        = errors.New("busy")                // another node rotates, or requests did not come to an end
	ErrRisk        = errors.New("rotation refused")    // it could lose the credential; nothing was done
	ErrManual      = errors.New("a person must act")   // Detail says what to do
	errRefused     = errors.New("refused by upstream") // an answer that says no
	errFull        = errors.New("no free API user")    // 409 of createApiUser
	errLost        = errors.New("the answer was lost") // it may have been carried out
	errNotOurs     = errors.New("the lease was lost")  // another node rotates now
	errRotating    = errors.New("a rotation is on")    // the credential changes; ask again
	errGone        = errors.New("no such API user")    // 404
)

// Error is a failure. Its text has no secret and nothing that was received.
type Error struct {
	Kind        error
	Environment string
	Op          string // token, send, rotate, create, revoke, list, ...
	Detail      string
	Status      int           // of the upstream's answer, when there was one
	RetryAfter  time.Duration // of ErrThrottled, ErrLimit and ErrUnavailable, when known
	Hint        string        // of ErrRisk: the settings that would make a rotation possible
	Unsent      bool          // of ErrUnavailable: the upstream surely did not see the request
	cause       error         // a *vault.Error, the context's error, or nil
}

// Need is a part of the configuration without which a rotation is refused.
type Need string

// The needs.
const (
	NeedKey    Need = "a key that seals files"
	NeedEscrow Need = "a directory for the escrow"
	NeedVault  Need = "a secret in a vault that can be written"
	NeedAdmin  Need = "the credential of a TMC admin"
	NeedRole   Need = "the role of a new API user"
	NeedAlone  Need = "consent to rotate alone"
)

// Error is environment, kind, operation and detail; in this order, because a word behind "token:" would be taken for one.
func (e *Error) Error() string {
	s := "upstream " + e.Environment + ": " + e.Kind.Error() + " (" + e.Op + ")"
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.cause}
}

// unsent reports whether no connection came about.
func unsent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// safeCauseOr also lets pass what is ours.
func safeCauseOr(err error) error {
	if ours, ok := errors.AsType[*Error](err); ok {
		return ours
	}
	return safeCause(err)
}

// safeCause keeps of an error what may be shown: a vault's (made of its own words) or a context's.
func safeCause(err error) error {
	if v, ok := errors.AsType[*vault.Error](err); ok {
		return v
	}
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	}
	return nil
}
