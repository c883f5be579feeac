// SPDX-License-Identifier: Apache-2.0

// Package actor says who is calling. The edge puts an Actor into the context once the token is
// known; domains read it to keep companies apart and to narrow what a role sees.
//
// Not here: how tokens are checked (identity) and which operation needs which role (the contract's
// x-roles, enforced by the edge).
package actor
