// SPDX-License-Identifier: Apache-2.0

// Package merkle is the Merkle tree (RFC 6962) over a tenant's audit entries: how it grows, how its
// hashes are kept as tiles of 256, and proofs out of them. A leaf is the hash of an audit entry.
//
// Not here: where tiles are stored and who signs the root (keeper), and the chain of hashes beneath (audit).
// Errors are those of whoever reads tiles, and of x/mod/sumdb/tlog for sizes that do not exist.
package merkle
