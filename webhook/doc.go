// SPDX-License-Identifier: Apache-2.0

// Package webhook is for receivers: it verifies that a webhook was sent by the platform (or by
// Airside, which signs alike), reads its envelope, and serves an endpoint that does both.
//
// It does not model payloads: Event.Payload is the JSON of the entity, to be decoded into whatever
// the receiver needs. It keeps no state beyond the ids of recent deliveries, and that in memory
// unless a Seen is given.
//
// Verify returns ErrNoSignature, ErrSignature, ErrTimestamp, ErrSecret or ErrTolerance; ParseEvent returns ErrEvent.
package webhook
