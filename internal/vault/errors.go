// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"syscall"
)

// The closed set of what can go wrong.
var (
	ErrNotFound    = errors.New("not found")                // no such secret, field or stage
	ErrDenied      = errors.New("denied")                   // our login or our rights do not reach it
	ErrUnavailable = errors.New("vault unavailable")        // no answer, or none that can be used; the same call may be repeated
	ErrSealed      = errors.New("sealed")                   // the vault is up but cannot open its secrets; also ErrUnavailable
	ErrConflict    = errors.New("conflict")                 // a stale writer: somebody else moved the stages on
	ErrReadOnly    = errors.New("read only")                // the backend cannot be written
	ErrLiteral     = errors.New("not a secret reference")   // a value stands where a reference belongs
	ErrInvalid     = errors.New("invalid reference or use") // a malformed reference, token or value
)

// Error is a failure of one verb. Its text is made of our own words, the reference, and codes from closed
// lists; what a server or library said is dropped, because it may quote what was sent.
type Error struct {
	Kind   error  // one of the set
	Op     string // get, put, promote, versions, read, log in, ...
	Ref    Ref
	Detail string
	ended  error // context.Canceled or DeadlineExceeded, when that was the reason
}

func fail(op string, ref Ref, kind error, detail string) *Error {
	return &Error{Kind: kind, Op: op, Ref: ref, Detail: detail}
}

// Error is op, reference, kind and detail.
func (e *Error) Error() string {
	s := "vault: " + e.Op
	if r := e.Ref.String(); r != "" {
		s += " " + r
	}
	s += ": " + e.Kind.Error()
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Unwrap gives the kind, and the context's error when that ended the call.
func (e *Error) Unwrap() []error {
	out := []error{e.Kind}
	if errors.Is(e.Kind, ErrSealed) {
		out = append(out, ErrUnavailable)
	}
	if e.ended != nil {
		out = append(out, e.ended)
	}
	return out
}

// unreachable describes an error of the transport without quoting it.
func unreachable(op string, ref Ref, err error) *Error {
	e := fail(op, ref, ErrUnavailable, "no usable answer")
	var timeout net.Error
	_, badCert := errors.AsType[*tls.CertificateVerificationError](err)
	_, badCA := errors.AsType[x509.UnknownAuthorityError](err)
	_, noName := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(err, context.Canceled):
		e.Detail, e.ended = "canceled", context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		e.Detail, e.ended = "no answer in time", context.DeadlineExceeded
	case errors.As(err, &timeout) && timeout.Timeout():
		e.Detail = "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Detail = "connection refused"
	case badCert, badCA:
		e.Detail = "its certificate is not trusted"
	case noName:
		e.Detail = "its name does not resolve"
	}
	return e
}
