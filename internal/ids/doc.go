// SPDX-License-Identifier: Apache-2.0

// Package ids makes identifiers and secrets: UUIDs, the ten-digit ids of trips and PNRs, client
// secrets and tokens. It is the only package, besides the simulated world and the store's keys,
// that draws random numbers.
//
// Not here: signed tokens that carry meaning (see the packages that issue them). Nothing here
// returns an error: a broken system random source panics, as crypto/rand does.
package ids
