// SPDX-License-Identifier: Apache-2.0

// Package sqltext holds the statements of the store in the SQL that SQLite and PostgreSQL share,
// with parameters written $1, $2, ... A tenant is the first condition of every one of them.
//
// Not here: the schema (migrations), transactions and savepoints, what each engine does about
// conflicts between writers, and the sealing of values. Nothing here returns an error.
package sqltext
