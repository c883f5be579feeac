// SPDX-License-Identifier: Apache-2.0

// Package companykey seals the documents of a company with a key of its own, once the company has asked for
// one (provisionOrRotateTenantKey).
//
// The first call draws a data key and a wrapping key and stores the data key wrapped. Every later call makes a
// new wrapping key and wraps the same data key with it; documents stay as they are and stay
// readable. The wrapping key is derived from the master key of the installation and a random salt that each
// rotation replaces, so the former wrapping cannot be opened once its salt is gone.
//
// From then on Store, a layer over an engine, seals with the data key each document whose record
// belongs to the company when it is written: its profile, people, places, settings, policies, trips with their
// bookings, notes and orders. What was written before is sealed at its next write; until then, and always for events,
// audit details and kept answers, there is the engine's sealing with the key of the TMC, which covers
// the company's documents as well.
//
// Not here: the engine's keys (store/seal) and index entries, which are keyed hashes in either case.
//
// Errors: TOO_MANY_REQUESTS within an hour, RESOURCE_NOT_FOUND, COMPANY_NOT_ACCESSIBLE; store.ErrCorrupt for
// a document that does not open.
package companykey
