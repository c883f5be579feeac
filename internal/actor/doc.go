// SPDX-License-Identifier: Apache-2.0

// Package actor says who is calling. The edge puts an Actor into the context once the token is
// known; domains read it to keep companies apart and to narrow what a role sees.
//
// Rights come from two sides that add up: roles, which hold for the actor's company or for its whole
// tenant, and grants, which hold for audiences. Within narrows an actor to what opens one operation, so
// that a right to something else is never taken for a right to this.
//
// Not here: how tokens are checked (identity) and which operation needs which role (the contract's
// x-roles, enforced by the edge).
package actor
