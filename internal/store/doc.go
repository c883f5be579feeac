// SPDX-License-Identifier: Apache-2.0

// Package store says what a transactional store must do, for one file (SQLite) as for a cluster
// (PostgreSQL). State, event, audit entry, scheduled jobs and idempotency record are written in one
// transaction or not at all.
//
// Documents are opaque: an engine compresses and encrypts them with the tenant's key. What must be
// found is an index entry, stored as a keyed hash. Tenant comes first in every key.
//
// Not here: what a document means (the domains), hashing of the audit chain (audit), matching and
// sending of events (outbox), and any SQL (sqlite, postgres). Methods return ErrNotFound,
// ErrExists, *DuplicateError, ErrVersion as their comments say; anything else means the store itself is
// in trouble and the transaction is rolled back.
package store
