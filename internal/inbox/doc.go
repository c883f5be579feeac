// SPDX-License-Identifier: Apache-2.0

// Package inbox receives the webhooks of the real APIs behind this server: it has each checked, writes down
// that it came, and what becomes of it, and passes its body on, to the byte, to the consumers that
// configuration names.
//
// A webhook is answered with 200 once its receipt, its body and what is to be sent are on disk, in one
// transaction. Sent again by the real API, it is counted and nothing more. An event older than what was
// received about the same resource is kept and not passed on by itself: consumers never see a resource go back.
//
// Not here: the bytes of secrets (upstream/hook), sending with its retries and order (outbox), what an
// event means, and the audit trail, where the edge notes refusals. What anybody can cause, refused receipts,
// is bounded for each minute and kept for a shorter time.
//
// Receive returns WEBHOOK_NOT_SIGNED, WEBHOOK_SIGNATURE_REFUSED, WEBHOOK_TIMESTAMP_REFUSED, REQUEST_TOO_LARGE,
// API_VALIDATION_FAILED, RESOURCE_NOT_FOUND for an environment without inbox, and STORE_UNAVAILABLE
// when a vault has no answer. The operations return RESOURCE_NOT_FOUND and STATE_DOES_NOT_ALLOW.
package inbox
