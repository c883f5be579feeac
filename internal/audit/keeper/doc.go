// SPDX-License-Identifier: Apache-2.0

// Package keeper looks after the audit trails of all tenants beside the path of writes: it grows each tenant's
// Merkle tree from the chained entries, signs checkpoints and puts copies of them elsewhere, drops what is older
// than the policy keeps, gives out trails for files and proofs, and verifies what is stored.
//
// It is sound to do so after the commit, because every entry carries the hash of the one before: the keeper walks
// the chain from the last signed hash on and signs only what follows from it. docs/adr/0008-audit.md says what that
// means for the seconds between.
//
// Not here: what is worth an entry (edge), the form of files (trailfile). Errors are those of the store;
// ErrBroken when a trail is not in order; RESOURCE_NOT_FOUND for entries that are not there.
package keeper
