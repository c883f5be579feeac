// SPDX-License-Identifier: Apache-2.0

// Package personkey gives each user a data key and seals with it what cannot be rewritten when the user is
// purged: bodies of events, answers kept for an Idempotency-Key, and the personal part of audit details.
// Destroying the key makes them unreadable; the rows stay, so that orders, counts and the audit chain hold.
//
// Store is a layer over a store. What is written is searched for ids of users; a text about several of them
// is sealed with a key made of all of theirs, so that it is gone when the first of them is purged. Keys are
// records, sealed like any other with the key of the TMC, made when a user is first written about, and
// read in each transaction: another process that purges is obeyed at once.
//
// Not here: documents, which the domains remove or rewrite (purge), and what was written before a user had a
// key, which ages out. docs/adr/0007-purge.md says why, and which copies a purge reaches.
//
// Errors: those of the store; store.ErrCorrupt for what does not open although its keys are there. What is
// gone for good is no error: it is marked as purged.
package personkey
