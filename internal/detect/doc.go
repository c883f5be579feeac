// SPDX-License-Identifier: Apache-2.0

// Package detect finds unusual access in the stream of what happened: requests, tokens, receipts of
// webhooks, acts of administrators, calls to the upstream, and the daily census of credentials. Rules
// are data (rules/*.yaml, each with its tests beside it). An Engine takes one Event after the other and
// answers with what changed: alerts that opened, grew or closed. Its only time is that of the events,
// so the same code runs live and over history. A Runner feeds an engine beside the requests: it may
// fall behind or crash, and no request notices.
//
// Memory is bounded: least recently used subjects go first, counts of different things are sketches,
// names are cut, and callers who have never succeeded cannot push out those who have. The state goes
// into bytes and back (Snapshot, Restore).
//
// Not here: where events come from and where alerts go (app maps and wires both), HTTP, the store, and
// formats of other systems (see export).
//
// Errors: Problems, each with file, line, column and hint, of rule and overlay files; a LineError of a
// file of events; ErrSnapshot of bytes that are no snapshot; a plain error of a silence without scope,
// reason or end.
package detect
