// SPDX-License-Identifier: Apache-2.0

// Package sample writes bodies that the contract accepts: for tests, for
// examples and for people who want to see what an operation takes. The same
// schema and options always give the same bytes.
//
// It is not a simulation: values are plausible by their name alone and do not
// fit together. It returns no errors; a schema it cannot fill is a fault of
// the contract, which the tests of this package find.
package sample
