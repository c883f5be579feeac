// SPDX-License-Identifier: Apache-2.0

// Package wire refuses HTTP/1 requests whose framing two programs could read differently, before any of it is
// read: Content-Length with Transfer-Encoding or twice, a transfer coding other than chunked, lines that end in
// a bare LF, a CR inside a line, folded header lines, space before a colon, control characters, no Host or two, two
// credentials, a target that names another host. A proxy in front of us, we,
// and the real API behind us then always agree where a request ends and for whom it is, so that nobody smuggles a
// second one in.
//
// The standard library's server is strict about most of this, but lets two of them pass, and answers the others with
// a bare line of text that no log and no trail hears of. It parses the requests; this package only looks at the bytes
// on their way to it. What is left to the server is what only a parser of URLs finds.
//
// It also leaves callers who do not take their answer, so that none holds for ever what the answer holds.
//
// Not here: what a request means (edge). A connection that breaks the rules is answered 400 and closed; its
// reader sees io.EOF.
package wire
