// SPDX-License-Identifier: Apache-2.0

// Package seal keeps what is at rest unreadable without the master key: each tenant has a random
// secret, wrapped by the master key; documents are compressed and sealed with it, and values that
// must be found by equality become keyed hashes (a blind index).
//
// A sealed value is one byte of key version, a 96-bit random nonce and the AES-256-GCM ciphertext
// of one byte of codec and the content; the place where it is stored is authenticated with it, so
// that a value copied to another record, version or tenant does not open. Destroying a tenant's
// wrapped secret makes its data unreadable in every copy, backups included.
//
// Not here: where wrapped secrets are stored (the engines) and where the master key comes from
// (config). Opening returns ErrSealed when the bytes, their place or the key are not the ones that
// were sealed.
package seal
