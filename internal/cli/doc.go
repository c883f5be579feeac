// SPDX-License-Identifier: Apache-2.0

// Package cli is the command line: what a person types and sees. Main runs one command in process,
// with its arguments, environment and streams given, so that tests do what a shell does.
//
// The commands under `airside api` are not written here: they are made of the contract, one for each
// operation. They talk to a server over HTTP like any other client.
//
// Not here: what the commands do behind HTTP (see app), and reading the environment (see config).
//
// Every failure of a command is a *Failure with an exit code: 1 failure, 2 usage, 3 not found,
// 4 denied, 5 conflict, 6 unavailable. Errors without one are usage errors of the flag parser.
package cli
