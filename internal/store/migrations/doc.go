// SPDX-License-Identifier: Apache-2.0

// Package migrations holds the schema of the store as numbered SQL files, one folder per engine. A
// released file never changes; a change of schema is a new file with the next number in every
// folder.
//
// Not here: running them (each engine does, with goose) and the statements that use the tables
// (sqltext). Nothing here returns an error.
package migrations
