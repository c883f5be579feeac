// SPDX-License-Identifier: Apache-2.0

// Package upstream is everything that is particular to the real API behind the edge: the environments it is
// reached in, the token of each credential (one, fetched once for any number of callers and nodes, ahead of its
// end), a transport that puts it into requests and repeats what the upstream refused with 401, and the rotation of a
// client secret that dies with all its tokens the moment it is rotated (ADR 9).
//
// Not here: who may call what and in which mode (the edge), what an operation means, how a secret is kept (vault), and
// the API users that Airside itself issues (identity).
//
// Errors are *Error; errors.Is finds one of ErrInvalid, ErrUnavailable, ErrThrottled, ErrCredential, ErrHeld,
// ErrStopped, ErrBusy, ErrRisk, ErrManual, and, below it, the vault's kind or the context's error. Their text
// is made of our own words: nothing that an upstream or a vault sent is repeated.
package upstream
