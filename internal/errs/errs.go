// SPDX-License-Identifier: Apache-2.0

package errs

import (
	"errors"
	"fmt"
)

// Kind groups codes by what the caller can do about them. The edge maps each kind to one status.
type Kind int

// The kinds. Internal is the zero value, so an error that nobody classified is never shown.
const (
	Internal        Kind = iota
	Invalid              // the request breaks a rule: 400
	Unauthenticated      // no usable token: 401
	Denied               // a valid token without permission: 403
	NotFound             // nothing there, or nothing the caller may see: 404
	WrongMethod          // the path exists, the method does not: 405
	Conflict             // the stored state does not allow it: 409
	TooLarge             // body over the limit: 413
	WrongMedia           // content type not accepted: 415
	Throttled            // slow down: 429
	NotBuilt             // in the contract, not in the program yet: 501
	Unavailable          // try again later: 503
	Precondition         // the caller's condition does not hold: 412
	Broken               // what stands behind us answered badly: 502
	Late                 // what stands behind us did not answer in time: 504
	Unheard              // nobody waits for the answer any more: 499, for logs and counts
)

// Field names one place of the request that breaks a rule.
type Field struct {
	Code    Code     // of this field alone; empty for the error's
	In      string   // body, query, path or header
	Pointer string   // RFC 6901 pointer; "/name" for query, path and header
	Rule    string   // type, required, enum, reference, unique, ...
	Message string   // one sentence: what was expected and what came
	Allowed []string // the values that would pass, when they can be listed
}

// Param is one name and value given with an error.
type Param struct{ Name, Value string }

// Error is an error whose code and message are meant for the caller.
type Error struct {
	Code    Code
	Message string
	Fields  []Field
	Params  []Param
	Detail  string
	Hint    string
	Reason  string // finer than the code, for logs and detection: callers are never told
	cause   error
}

// New makes an error with a code of the table.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalidf is New(ValidationFailed) for one field of the body; pointer is an RFC 6901 pointer.
func Invalidf(pointer, rule, format string, args ...any) *Error {
	return OnField(ValidationFailed, pointer, rule, format, args...)
}

// OnField makes an error with the code about one field of the body.
func OnField(code Code, pointer, rule, format string, args ...any) *Error {
	msg := fmt.Sprintf(format, args...)
	return &Error{Code: code, Message: msg, Fields: []Field{{In: "body", Pointer: pointer, Rule: rule, Message: msg}}}
}

// Missing is the 404 for a thing of a kind: "user 42 does not exist".
func Missing(what, id string) *Error {
	return New(ResourceNotFound, "%s %q does not exist, or is not visible to this caller", what, id).With("id", id)
}

// With adds a parameter and returns e.
func (e *Error) With(name, value string) *Error {
	e.Params = append(e.Params, Param{name, value})
	return e
}

// Allow names the values that would pass for the (last) field and returns e.
func (e *Error) Allow(values ...string) *Error {
	if n := len(e.Fields); n > 0 {
		e.Fields[n-1].Allowed = values
	}
	return e
}

// Hinting sets what the caller should try next and returns e.
func (e *Error) Hinting(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// Known notes why it really failed, which the caller must not learn, and returns e.
func (e *Error) Known(reason string) *Error {
	e.Reason = reason
	return e
}

// Because keeps the internal cause, for the log only, and returns e.
func (e *Error) Because(err error) *Error {
	e.cause = err
	return e
}

// Error is the text for logs: code, message and the internal cause.
func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap gives the internal cause.
func (e *Error) Unwrap() error { return e.cause }

// Kind is the kind of the error's code.
func (e *Error) Kind() Kind { return e.Code.Info().Kind }

// As finds the *Error in a chain; nil when there is none and err is therefore internal.
func As(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return nil
}

// Is reports whether the chain holds an *Error with this code.
func Is(err error, code Code) bool {
	e := As(err)
	return e != nil && e.Code == code
}

// Wrap prefixes *errp with where it happened; use it deferred as the first line of a function.
func Wrap(errp *error, format string, args ...any) {
	if *errp != nil {
		*errp = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *errp)
	}
}
