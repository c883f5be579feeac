// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"

	"github.com/airside-travel/airside/internal/actor"
)

// Authenticator turns a bearer token into the actor it stands for. Errors: USER_NOT_AUTHENTICATED,
// ACCESS_TOKEN_INVALID; with others, which say that a known caller may not call at all, the caller comes too.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (*Caller, error)
}

// Caller is an actor and what the edge enforces for it.
type Caller struct {
	Actor *actor.Actor
	// Networks are the CIDR blocks from which this client may call; empty for anywhere.
	Networks Networks
	// KeepsAll refuses complete-object updates that leave out members which are stored.
	KeepsAll bool
	// Application is set for a credential that an application has, which is held to more than roles.
	Application *Application
}

// Transactor is the half of the store that the edge drives.
type Transactor interface {
	Update(ctx context.Context, fn func(ctx context.Context) error) error
	View(ctx context.Context, fn func(ctx context.Context) error) error
}

// Act is what the audit trail keeps of one write.
type Act struct {
	Tenant, Actor, Operation, Target, Outcome, RequestID string
	Detail                                               map[string]string
	Foreign                                              bool // done by a real API: the ids in Target are its own
}

// Auditor appends to the audit trail inside the running transaction; an error refuses the write.
type Auditor interface {
	Record(ctx context.Context, a Act) error
}

// Replayer keeps and finds answers by Idempotency-Key, inside the running transaction.
type Replayer interface {
	// Find returns nil when the key is new, the kept answer when key and body are the same, and
	// IDEMPOTENCY_KEY_REUSED when the body is another.
	Find(ctx context.Context, client, key string, body []byte) (*Answer, error)
	Keep(ctx context.Context, client, key string, body []byte, a Answer) error
	// Forget makes the key new again.
	Forget(ctx context.Context, client, key string) error
}

// Answer is a status and a body as they were sent.
type Answer struct {
	Status int
	Body   []byte
}
