// SPDX-License-Identifier: Apache-2.0

// Package application keeps the applications that call through this server: who owns each, the one
// environment its credential is for, what it may call, from where, how often, how much it may buy in a
// day, and until when. Every application is at its least: what is not granted is refused.
//
// What counts for a caller on the hot path is compiled when it changes and found in memory (Find); the
// books of purchases are in the store, in the transaction of the purchase (Reserve). Quotas are in the store
// too, and are taken from it in shares (Count), so that processes on one database have one quota together.
//
// Secrets that go into a vault (Settings.SecretRef) are made and kept by package vault; here are their digests.
//
// Not here: secrets and tokens (identity), the evaluation of grants (permit), the order in which the edge
// asks (edge), the environments themselves (upstream). Errors: API_VALIDATION_FAILED, RESOURCE_NOT_FOUND,
// VERSION_CONFLICT, DUPLICATE_VALUE for names, VAULT_UNAVAILABLE, ROTATION_REFUSED, SPEND_CAP_REACHED, PRICE_UNKNOWN, QUOTA_REACHED,
// APPLICATION_EXPIRED, APPLICATION_SUSPENDED, STORE_UNAVAILABLE for a quota that cannot be looked at.
package application
