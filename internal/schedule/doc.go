// SPDX-License-Identifier: Apache-2.0

// Package schedule performs what is due: jobs that domains put into the store with a time of the
// tenant's clock, and, through a port, the deliveries of the outbox. Moving a clock forward performs
// everything on the way, in order, each at its own time, before the move returns. Every hour it also
// deletes what only serves for a while: answers kept for an Idempotency-Key, attempts to deliver, old events.
//
// Not here: what a job does (the domain that registered its kind) and how webhooks are sent
// (outbox). A job that fails is logged and tried again a minute later on the tenant's clock; the
// error never reaches whoever moved the clock.
package schedule
