// SPDX-License-Identifier: Apache-2.0

// Package supplier holds the types and small interfaces that stand between the travel platform and whoever sells
// travel: the simulated world today, a real airline aggregator tomorrow.
//
// It is plain data: integer money in minor units, civil dates without a zone, UTC instants apart from local times.
// It is not a wire format (no JSON), it does no I/O and keeps no state.
//
// Every call answers one of a closed set of errors, to be told apart with errors.Is and errors.As: ErrNotFound,
// ErrExpired, ErrSoldOut, *PriceChanged, *Rejected, *Declined, ErrNotSupported, *Throttled,
// ErrUnavailable and ErrUnknown. Only ErrUnknown leaves the outcome open: the caller must read the order back
// before it tries again.
package supplier
