// SPDX-License-Identifier: Apache-2.0

// Package bodylog keeps what requests and their answers said, for as long as the configuration says, where it is
// switched on at all (AIRSIDE_LOG_BODIES). A body is redacted by the contract, looked through for credentials, card
// numbers and e-mail addresses, cut, and stored as a record like any other: sealed with the key of its tenant.
//
// Nobody waits for it: the edge hands bodies over, and one goroutine redacts and writes them in batches. What waits
// is bounded in number and bytes; what finds no place, or cannot be stored, is dropped and counted. What was kept is
// deleted by the clock, also once the switch is off again, and nothing that has expired is shown.
//
// Not here: which bodies there are (edge), and the one event of each request, which never holds a body (telemetry).
// Errors: RESOURCE_NOT_FOUND, and those of the store.
package bodylog
