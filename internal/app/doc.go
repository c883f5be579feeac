// SPDX-License-Identifier: Apache-2.0

// Package app composes Airside: it opens the store, makes the services, binds them to the contract's
// operations in routes.go, which is the table of contents of the system, and starts and stops
// everything in order. It is the only package that sees all others.
//
// Not here: behaviour. What lives here is wiring and the adapters that let one domain speak to
// another through its port. New and Start return errors of the store, the contract and the network.
package app
