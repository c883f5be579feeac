// SPDX-License-Identifier: Apache-2.0

// Package audit writes and verifies each tenant's audit log: a chain in which every entry carries
// the SHA-256 hash of its own content and of the entry before it. It is the only package that calls
// AppendAudit.
//
// An entry that was changed, moved, replaced or taken out of the middle breaks the chain from there
// on. Entries cut off the end leave a shorter chain that is intact in itself: keep the head that
// Verify returns somewhere else, and compare.
//
// Not here: what is worth an entry (the contract's x-audit, applied by the edge) and who may read
// the log. Errors are those of the store.
package audit
