// SPDX-License-Identifier: Apache-2.0

// Package revision carries the version of the one resource a request is about, between who reads the
// HTTP headers and who reads the store: the edge puts a Slot into the context, filled from If-Match; a
// domain says which version it found (Demand) or answers (Answer) and what it replaced (Replace);
// afterwards the edge writes ETag, and names what a complete-object update left out.
//
// A domain may also say in values what it changed (Values), which goes into the audit trail.
//
// Without a Slot in the context every function does nothing, so that domains can be called without
// the edge.
//
// Not here: HTTP, and the store's own check that nobody wrote in between (VERSION_CONFLICT). Errors:
// PRECONDITION_FAILED, and API_VALIDATION_FAILED for a malformed If-Match.
package revision
