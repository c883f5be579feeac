// SPDX-License-Identifier: Apache-2.0

// Package postgres is the engine of the store for a cluster: PostgreSQL through pgx, with prepared
// statements sent in pipelined batches. Several processes may share one database.
//
// Writes of a tenant are one after another, as on SQLite: a transaction locks the tenant's row in
// tenant_head at its first touch, and takes from it the numbers of the next record, event and audit
// entry, so that all three count in the order of the commits. Within a process the calls for a tenant
// wait in a lane and are committed as a group, which holds one connection and pays for one
// synchronisation of the disk; tenants do not wait for each other. What is written is kept until
// something is read or the transaction ends, and then sent in one go.
//
// A transaction that met a conflict or lost its connection runs again. When the connection is lost
// while it commits, a fresh one waits for the end of the old one and looks up whether it did.
//
// Not here: statements that SQLite has too (sqltext), what rows mean (sqlread), the schema
// (migrations), encryption (seal), what must hold for any engine (storetest). The rules that keep the
// SQL portable are in docs/adr/0005-sql-subset.md. Besides the errors of package store, Open returns
// ErrMasterKey, ErrForeign, ErrNewer and ErrUnsafe, Import ErrNotEmpty, and Update ErrUnknown.
package postgres
