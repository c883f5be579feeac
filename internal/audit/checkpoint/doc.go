// SPDX-License-Identifier: Apache-2.0

// Package checkpoint is the signed statement about an audit trail: so many entries, this root of their
// Merkle tree, this hash at the end of the chain. It is a note of x/mod/sumdb/note over the lines of the
// C2SP checkpoint format, so that other tools read and witness it.
//
// Not here: when one is made and where it goes (keeper). Errors: ErrFormat, ErrSignature.
package checkpoint
