// SPDX-License-Identifier: Apache-2.0

// Package export writes the detection's rules and counters in the formats of others: Sigma, for those
// who have a SIEM; a rule file and metrics for Prometheus.
//
// Not here: deciding anything (see detect), and serving metrics (see app). What Sigma cannot say is
// listed at the end of its file, by name, and left to the alerts.
//
// Errors are those of the writer.
package export
