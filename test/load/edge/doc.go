// SPDX-License-Identifier: Apache-2.0

// Command edge compares Airside in front of a real API with what else could stand there: no proxy, a bare tuned Go reverse
// proxy, and nginx, HAProxy and Caddy where they are installed. All of them in one run, before the same upstream, in
// rounds that interleave; what counts are the ratios, not the numbers of one machine.
//
//	go build -o /tmp/airside ./cmd/airside
//	go run ./test/load/edge -airside /tmp/airside -for 5s -rounds 3
//
// Reads go through Airside with its whole pipeline and the request log, and, as "reads audited", with an entry in the audit
// trail besides, synced to disk before the caller hears of it. Writes are in the trail before they leave and again before
// the caller hears of them, with the id that was issued. The load comes from wrk when it is installed, else from
// this program. CPU is the processor time of the proxy's processes per request, memory what they hold under load.
// Of that, own leaves out pages of files, such as the program's: the kernel takes those back as it likes. -memory 64 gives
// Airside no more than a container of that many megabytes has, and shows what that costs.
//
// With -rotations it measures nothing of that. It starts a second Airside as the real API, rotates the credential of the one
// in front while all connections read and create companies, counts requests that failed, and compares what the second one
// has with what was confirmed:
//
//	go run ./test/load/edge -airside /tmp/airside -rotations 10 -connections 64 -for 30s
package main
