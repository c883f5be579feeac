// SPDX-License-Identifier: Apache-2.0

// Package storetest says in tests what a store must do. Every engine passes the same suite, so what
// works embedded works on a server too.
//
// Not here: what belongs to one engine, such as files, locks and encryption on disk. Nothing here
// returns an error; tests fail.
package storetest
