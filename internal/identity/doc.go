// SPDX-License-Identifier: Apache-2.0

// Package identity knows who may call: API users with their client id and secret, the access tokens
// made with them, and the partner keys with which a token for a user can be had.
//
// Secrets and tokens are random values of 256 bits and rest as SHA-256 hashes; a token is checked in
// memory, without the store, and dies on the next request after its client was rotated or revoked. A
// service that shares the database (Share) asks the store for what it does not know, and follows the
// other processes through package peers.
// Everything is kept under the Platform tenant, because a credential must be found before its
// tenant is known.
//
// Not here: what a caller may do (the contract's roles, enforced by the edge), the secrets of the real API
// (vault, upstream), what SCIM does (scim). Errors carry codes of errs: CLIENT_CREDENTIALS_INVALID,
// SUBJECT_TOKEN_INVALID, ACCESS_TOKEN_INVALID, API_USER_LIMIT_REACHED, RESOURCE_NOT_FOUND.
package identity
