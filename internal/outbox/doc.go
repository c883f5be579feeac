// SPDX-License-Identifier: Apache-2.0

// Package outbox tells the outside what happened: it keeps the subscriptions of receivers, writes
// each event and its deliveries in the transaction that caused it, and sends them, signed, in the
// order of the commits for each resource and endpoint, until they are answered with 200 or their two
// weeks are over.
//
// Nothing is kept in memory that cannot be read again: a delivery is a row until its success is
// written, so a killed process sends some twice and loses none.
//
// It is not a queue for the process's own work (schedule), it does not decide what is an event (the
// domains), and receiving and verifying is the public package webhook. Processes that share a store
// (Options.Shared) divide the lanes by leases and follow each other's subscriptions; a tenant's clock is
// not theirs to follow (schedule).
//
// Operations return errors of package errs: WEBHOOK_URL_NOT_HTTPS, WEBHOOK_URL_CREDENTIALS, WEBHOOK_URL_LOOPBACK,
// WEBHOOK_URL_METADATA, WEBHOOK_URL_PRIVATE_NETWORK, WEBHOOK_URL_REFUSED (its rule says why: absolute, maxLength or
// fragment), WEBHOOK_BROKER_REFUSED, REFERENCE_NOT_FOUND, COMPANY_NOT_ACCESSIBLE,
// RESOURCE_NOT_FOUND, STATE_DOES_NOT_ALLOW and API_VALIDATION_FAILED. Announce and Settle return the store's.
package outbox
