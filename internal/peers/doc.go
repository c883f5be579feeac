// SPDX-License-Identifier: Apache-2.0

// Package peers keeps in step what processes that share a database remember of it: credentials, rights,
// clocks, seats. Whoever changes such a thing counts the change in the same transaction; the others compare
// the count with the one that what they remember belongs to.
//
// A write compares inside its transaction, once the tenant is locked: what it decides by is exact. Everything
// else compares when the last comparison is older than a bound (250 ms unless set otherwise), before it uses
// what is remembered; a process that was frozen therefore begins with a comparison. Nothing is sent between
// processes, and an idle tenant costs nothing.
//
// What is not remembered at all is nobody's permission: whoever meets it compares at once (Refresh).
//
// Not here: what is remembered and how it is read anew (whoever registers a follower), and subscriptions of
// webhooks, which the outbox counts by itself. Errors are the store's: what cannot be compared is not used.
package peers
