// SPDX-License-Identifier: Apache-2.0

// Package pgtest gives tests databases in the server that test/pg/run starts, and servers of their own to
// kill, to follow and to promote. What fails ends the test.
//
// Not here: starting the shared server (test/pg/run) and anything about Airside's tables.
package pgtest
