// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the whole program as an integration meets it: over HTTP, against a real server
// in this process, every answer judged by the contract.
package e2e
