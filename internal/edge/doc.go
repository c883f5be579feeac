// SPDX-License-Identifier: Apache-2.0

// Package edge is the HTTP pipeline in front of every operation, one file per stage, in the order of
// pipeline.go: request, real IP, limits, route, authenticate, networks, rate, authorise, decode,
// validate, then one transaction holding idempotency, handler and audit, then encode. What a
// stage needs to know about an operation is in the contract; policy is never written in a handler.
//
// Not here: what operations do (the domains), who may have a credential (identity), what an audit
// chain is (audit). The edge knows none of them; it calls the ports of ports.go. Every error leaves
// as the envelope of problem.go.
package edge
