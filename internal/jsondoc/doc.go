// SPDX-License-Identifier: Apache-2.0

// Package jsondoc changes single members of a JSON object while every other byte of it stays as it
// was received. Documents travel and rest as the bytes that were checked; this is how the server
// adds an id, merges a section, or drops a member without decoding the whole. Numbers that are money are read exactly.
//
// Not here: checking (contract) or deep edits; a path has one level, call again for the next. Parse
// returns an error only for bytes that are not a JSON object.
package jsondoc
