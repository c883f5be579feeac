// SPDX-License-Identifier: Apache-2.0

// Package sinktest is for tests: a mail server and an HTTP server on loopback that take what sinks send,
// keep it, and fail on demand. They stop with the test. It returns no errors; what goes wrong fails the test.
//
// Not here: what is sent (package sink).
package sinktest
