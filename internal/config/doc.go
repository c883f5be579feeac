// SPDX-License-Identifier: Apache-2.0

// Package config is the settings of the process: one struct, filled from environment variables that
// begin with AIRSIDE_, strictly: a variable nobody knows is an error, as is a value that does not
// parse. It prints its own reference. It is the only package that reads the environment.
//
// Not here: what is set per tenant through the API, and secrets of the real API, which are
// references into a vault. Load returns every problem at once, joined.
package config
