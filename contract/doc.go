// SPDX-License-Identifier: Apache-2.0

// Package contract is the API's own description of itself: every operation,
// every schema and the policy of each operation, embedded as OpenAPI 3.1 and
// compiled into a checker that reads a body once.
//
// It answers three questions: what does the API promise (Operations, Schema,
// Document), does this request or response keep that promise (the Check
// methods), and what does a good one look like (Example, and the package
// contract/sample).
//
// It is not a router, it decodes nothing into Go types, and it enforces no
// policy: effects, scopes and roles are read from it and enforced elsewhere.
//
// Load and Contract.Verify return plain errors about a broken contract; they
// name the file or schema at fault. The Check methods return no errors, only
// violations: no input makes them panic.
//
// Where the contract's letter and its meaning differ, this package keeps the
// meaning. The differences are few and deliberate:
//
//   - A union is decided by its discriminator, else by which keys are present
//     (union.go). By the letter most unions refuse their own alternatives.
//   - Some required names are not declared; undeclared.go decides each.
//   - A schema with properties but no type means an object, one with items an
//     array.
//   - An integer is written without fraction or exponent and fits its format
//     (int64 where none is given), because that is what decoders accept.
//   - A key that differs from a declared one only in case is refused: Go's JSON
//     decoder would take it for the declared one, unchecked.
//   - What is readOnly is neither demanded nor checked in a request, so that a
//     document that was read can be sent back whole.
package contract
