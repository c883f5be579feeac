// SPDX-License-Identifier: Apache-2.0

// Package vault is where secrets live: references to them, the type that holds one in memory, and four
// places they can be kept in (HashiCorp Vault and OpenBao, AWS Secrets Manager, files sealed with age, the
// environment) behind five verbs. A secret has up to three stages: current, the one that is used; pending,
// written but not proved yet; previous, what current replaced. How each backend keeps them: ADR 6.
//
// Not here: when secrets are rotated and what upstream does with them (see upstream), the keys of the store
// (see store/seal), and the client secrets that Airside itself hands out (see identity), which are kept as
// hashes only.
//
// Errors are *Error, and errors.Is finds one of ErrNotFound, ErrDenied, ErrUnavailable (ErrSealed is also
// ErrUnavailable), ErrConflict, ErrReadOnly, ErrLiteral, ErrInvalid. None carries text that a server sent or a
// person typed in place of a reference, so none can carry a secret.
package vault
