// SPDX-License-Identifier: Apache-2.0

// Package metrics keeps numbers for Prometheus and writes them in its text format. It is small because the
// format is: a client library would bring a second way to encode, compress and register, and a dozen modules.
//
// The number of series of a metric is bounded: what comes on top is counted under the label value "other", so
// that callers cannot fill the memory with names of their own.
//
// Not here: what is counted (app). Nothing returns errors; a wrong number of labels panics at the first use.
package metrics
