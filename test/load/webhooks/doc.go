// SPDX-License-Identifier: Apache-2.0

// Package webhooks measures what it costs to accept a change over HTTP and to deliver its webhook, with
// the real outbox on a SQLite file that is synchronised at every commit. Generator, server and receivers
// are one process, so the CPU time is that of all of them; answers are judged against the contract as in
// every test, which a production server does not do. Run it with
//
//	go test -run '^$' -bench . -benchtime 3000x ./test/load/webhooks
//
// Compare numbers of one run only. An event counts as reordered when it is first seen after a later one of the
// same resource; of Airside's there must be none.
//
// BenchmarkSideBySide runs the same generator and receiver against a self-hosted Outpost too, when
// AIRSIDE_OUTPOST_BIN names its server, AIRSIDE_OUTPOST_REDIS, AIRSIDE_OUTPOST_RABBITMQ and AIRSIDE_OUTPOST_POSTGRES say
// where empty servers for it are, and AIRSIDE_OUTPOST_PIDS lists their processes, whose CPU time counts.
package webhooks
