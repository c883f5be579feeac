// SPDX-License-Identifier: Apache-2.0

// Package usage keeps what clients really call: for each client and operation how often, first and last when, how
// often it was refused, and from how many networks. It is what access reviews compare grants with.
//
// The edge tells of each request; counts pile up in memory and go to the store once a minute and at the end, as one
// record for each client that called. Everything is bounded: clients and operations by what exists, networks by
// MaxNetworks, memory between two writes by maxPending. What did not fit is noted as a gap, so that nobody takes
// silence for disuse. A process that dies loses up to a minute.
//
// Not here: what is unusual about calls (detect), what follows from them (review). Errors are those of the store.
package usage
