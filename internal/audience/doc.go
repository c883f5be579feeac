// SPDX-License-Identifier: Apache-2.0

// Package audience decides whether a thing lies within an audience: the construction that role scopes
// (audiences of predicates) and event sources of webhooks (scopes of predicates) have in common.
// Alternatives on the outside, conditions on the inside; there is no negation.
//
// Not here: what is granted or sent to an audience (access, outbox), and whether the ids in it exist.
// Nothing here fails: a predicate of a type that is not known holds for nothing.
package audience
