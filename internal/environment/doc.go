// SPDX-License-Identifier: Apache-2.0

// Package environment knows where calls can go: the sandbox, which is this server itself, and the real APIs
// behind it, and what each lets through at present. Switching an environment to read-only or to a dry run
// takes effect with the commit and outlives a restart.
//
// Not here: the calls (edge), the credentials (upstream), and which application is where (application).
// Errors: RESOURCE_NOT_FOUND, API_VALIDATION_FAILED.
package environment
