// SPDX-License-Identifier: Apache-2.0

// Package archtest holds the shape of the repository as tests: who may import whom, what may be called
// where, how files begin and how long they get. A failure prints the rule and the place.
//
// It parses source and resolves nothing: a rule sees what a file itself imports and names. It has no
// code outside tests. Exceptions stand in one table, each with its reason.
package archtest
