// SPDX-License-Identifier: Apache-2.0

// Package errs is the vocabulary in which the parts of Airside tell each other that something
// went wrong, and the closed list of codes that a client can ever see.
//
// An *Error carries a Code from the table in codes.go; the code decides the kind, the kind decides
// the HTTP status, and that mapping lives in the edge alone. Any other error is internal: it is
// logged with its whole chain and reaches the client as INTERNAL_ERROR and nothing more.
//
// Not here: HTTP, JSON envelopes (see edge), or contract violations as the checker reports them
// (see contract; the edge turns them into fields of an API_VALIDATION_FAILED error).
package errs
