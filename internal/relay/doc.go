// SPDX-License-Identifier: Apache-2.0

// Package relay publishes webhooks to the brokers that the operator configured: NATS JetStream and Kafka.
// It implements outbox.Relays. A message is published when the broker has acknowledged it durably; what
// was not acknowledged is published again by the outbox, so receivers see each at least once, under the
// same id.
//
// It is not a queue: order, retries, breaker and parking are the outbox's. It decides nothing about who
// gets which event, and it makes no topics or streams.
//
// Open returns an error that names the place in the file, and vault's for a credential that is no
// reference. Check returns *outbox.RelayRefused. The errors of Publish are for people: our own words and
// the broker's error codes, never a credential.
package relay
