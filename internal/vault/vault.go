// SPDX-License-Identifier: Apache-2.0

package vault

import (
	"context"
	"time"
)

// Stage is which of a secret's versions is meant.
type Stage string

// The stages, named as AWS names its labels.
const (
	Current  Stage = "current"
	Pending  Stage = "pending"
	Previous Stage = "previous"
)

// Version is what may be shown about one version of a secret.
type Version struct {
	ID      string    `json:"id"` // the token it was put with; of other origin, a name the backend has for it
	Stages  []Stage   `json:"stages"`
	Created time.Time `json:"created,omitzero"` // UTC; zero when the backend does not know
}

// Held is a secret with the version it is.
type Held struct {
	Secret  Secret
	Version Version
	Stale   bool // from memory, because the vault did not answer
}

// Backend keeps secrets. Every verb may be repeated after any failure: with the same token it does nothing twice.
//
// The token of PutPending and Promote is chosen by the caller, 32 to 64 letters, digits or hyphens (a
// UUID does), and becomes the version's id.
type Backend interface {
	// Get reads one stage: ErrNotFound, ErrDenied, ErrUnavailable.
	Get(ctx context.Context, ref Ref, stage Stage) (Held, error)
	// PutPending writes value as the pending stage and leaves the others alone. It replaces another token's
	// pending value, which stays in the backend's history. ErrConflict when the token was used for another
	// value or has been replaced since; ErrReadOnly.
	PutPending(ctx context.Context, ref Ref, value Secret, token string) error
	// Promote makes the pending version with this token current, and what was current previous. Done already
	// is success; another token's pending version, or none, is ErrConflict.
	Promote(ctx context.Context, ref Ref, token string) error
	// Versions lists what is known, newest first, without values.
	Versions(ctx context.Context, ref Ref) ([]Version, error)
}

// Vault is the five verbs that the rest of Airside sees.
type Vault interface {
	Backend
	// Watch sends the current version, and again whenever another becomes current, until ctx ends. A slow
	// reader sees the newest only. While the vault is away nothing is sent.
	Watch(ctx context.Context, ref Ref) (<-chan Version, error)
}

// checkToken holds tokens to what every backend takes.
func checkToken(op string, ref Ref, token string) error {
	if len(token) < 32 || len(token) > 64 {
		return fail(op, ref, ErrInvalid, "a token has 32 to 64 characters")
	}
	for _, r := range token {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' {
			return fail(op, ref, ErrInvalid, "a token has letters, digits and hyphens only")
		}
	}
	return nil
}

func checkPut(ref Ref, value Secret, token string) error {
	if value.Empty() {
		return fail("put", ref, ErrInvalid, "the value is empty")
	}
	return checkToken("put", ref, token)
}
