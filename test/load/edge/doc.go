// SPDX-License-Identifier: Apache-2.0

// Command edge compares Airside in front of a real API with what else could stand there: no proxy, a bare tuned Go reverse
// proxy, and nginx, HAProxy and Caddy where they are installed. All of them in one run, before the same upstream, in
// rounds that interleave; what counts are the ratios, not the numbers of one machine.
//
//	go build -o /tmp/airside ./cmd/airside
//	go run ./test/load/edge -airside /tmp/airside -for 5s -rounds 3
//
// Reads go through Airside with its whole pipeline and the request log; writes are in the audit trail, synced to disk,
// before they leave and again before the caller hears of them. The load comes from wrk when it is installed, else from
// this program. CPU is the processor time of the proxy's processes per request, memory what they hold under load.
package main
