// SPDX-License-Identifier: Apache-2.0

// Package sqlread is the read half of a transaction, over any SQL engine: which statement answers a
// question, and what its rows mean. Engines bring the statements to the database; what they write is
// laid out by the functions here, so that what one engine stores another one can read.
//
// Not here: connections, transactions and the order of writes (the engines), the statements
// themselves (sqltext). Errors are those of package store and of the engine's Source.
package sqlread
