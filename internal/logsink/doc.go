// SPDX-License-Identifier: Apache-2.0

// Package logsink carries the events of requests to where logs are kept: a stream of the process, a file that
// is rotated, syslog, or OpenTelemetry, each in Airside's own form or as OCSF. Every sink has a queue of its own.
// A request never waits for one: when a queue is full its events are dropped and counted, and the next line
// that gets through says how many.
//
// Not here: what an event holds and what is kept out of it (telemetry, edge, redact), and the log of the process
// itself. Parse returns errors that name the sink; afterwards what a sink cannot do is counted and told to the
// log of the process, and nobody waits for it.
package logsink
