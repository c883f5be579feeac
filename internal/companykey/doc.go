// SPDX-License-Identifier: Apache-2.0

// Package companykey seals the documents of a company with a key of its own, once the company has asked for
// one (provisionOrRotateTenantKey).
//
// Each call draws a data key and stores it wrapped. The wrapping key is derived from the master key of the
// installation and a random salt, so the key cannot be opened once its record is gone. From then on Store, a
// layer over an engine, seals with the newest key each document whose record belongs to the company when it is
// written: its profile, people, places, settings, policies, trips with their bookings, notes and orders.
//
// What was stored before is sealed anew by a job (Reseal), which walks along all records of the tenant in short
// transactions, goes on where it ended, and changes nothing that can be seen: versions and times stay. When it has
// come to the end, no document needs a former key, and the former keys are destroyed. Every write reads in
// its transaction which key seals, so that another process that rotated is heeded. State says how far the job is.
//
// Events, audit details and kept answers are always sealed by the engine, with the key of the TMC.
//
// Not here: the engine's keys (store/seal) and index entries, which are keyed hashes in either case.
//
// Errors: TOO_MANY_REQUESTS within an hour, RESOURCE_NOT_FOUND, COMPANY_NOT_ACCESSIBLE; store.ErrCorrupt for
// a document that does not open.
package companykey
