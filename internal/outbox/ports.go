// SPDX-License-Identifier: Apache-2.0

package outbox

import "context"

// Relays publishes to the brokers that the operator configured (package relay).
type Relays interface {
	// Check returns *RelayRefused for a destination that the tenant may not publish to.
	Check(tenant string, to Destination) error
	// Publish returns once the broker has the message for good.
	Publish(ctx context.Context, m *Message) error
}

// Companies knows the owners that a subscription may name. Both methods run inside the caller's
// transaction and return store.ErrNotFound for an id that the tenant has nothing to do with.
type Companies interface {
	CompanyName(ctx context.Context, tenant, id string) (string, error)
	// TMCName names the tenant itself or a TMC that books for its companies.
	TMCName(ctx context.Context, tenant, id string) (string, error)
}
