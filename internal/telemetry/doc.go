// SPDX-License-Identifier: Apache-2.0

// Package telemetry holds the one wide event that every request leaves behind: each stage of the
// edge writes its decision into it, it is logged once at the end, and the last ones are kept so
// that a debugIdentifier can be explained.
//
// Not here: what the stages decide (edge) and what is unusual about a stream of events (detect).
// Nothing here returns an error.
package telemetry
