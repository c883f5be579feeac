// SPDX-License-Identifier: Apache-2.0

// Package sqlite is the embedded engine of the store: one file in write-ahead-log mode with full
// synchronisation, one writer goroutine that commits waiting transactions as a group, and a few
// read-only connections that see snapshots. In memory mode the same tables live in the process.
//
// A group is one SQLite transaction, and one synchronisation of the disk pays for all. When a caller's part fails, or
// panics, after it wrote something, the group runs again with a savepoint for each part, so that nothing else goes with it.
//
// Not here: the statements (sqltext), the schema (migrations), encryption (seal), what must hold for
// any engine (storetest). Besides the errors of package store, Open returns ErrLocked, ErrMasterKey,
// ErrForeign, ErrNewer and ErrNetwork.
package sqlite
