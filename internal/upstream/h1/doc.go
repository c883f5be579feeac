// SPDX-License-Identifier: Apache-2.0

// Package h1 sends requests over a pool of HTTP/1.1 connections, each on the goroutine that asks. The standard
// library's transport hands every request to two goroutines and back, which under load costs more than everything else that
// happens to it on its way through the edge. Answers are parsed by the standard library; the request is written
// here, and what could be read as two is refused.
//
// An answer to a request that is not repeatable is waited for once. A read, and anything of which not a byte was
// written, is sent again when the connection it was given had been idle and turns out to be closed.
//
// Not here: HTTP/2, proxies, redirects, compression, and credentials other than the bearer that is handed in. One host
// per pool. Errors are those of net, crypto/tls and context; no connection is a *net.OpError with Op "dial", too
// long a wait is context.DeadlineExceeded.
package h1
