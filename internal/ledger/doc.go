// SPDX-License-Identifier: Apache-2.0

// Package ledger remembers every id that was ever issued to a caller: which operation created it, for
// which client, when, and under which external id. An answer that got lost on the network is found
// again here, instead of creating a second resource.
//
// It is written by the edge in the transaction of the creation, so that an id is in the ledger exactly
// when its resource exists, and it is never changed. Deleting a resource leaves its line.
//
// Not here: the resources. Errors: API_VALIDATION_FAILED for a search by nothing.
package ledger
