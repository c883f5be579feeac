// SPDX-License-Identifier: Apache-2.0

// Package review is the regular review of access: a dated snapshot of who may do what (applications, API users,
// roles, groups, networks, vault references, operator policies) beside what was really used since the last review;
// what stands out; a proposal of the least grants that would have sufficed; a decision about each credential with
// reviewer and reason; and the act itself when the review is closed, in one transaction for each credential with its
// audit entry. What changed since the snapshot is not touched and stays open. The evidence of a closed review never
// changes; its hash is in the audit trail.
//
// Not here: what is counted as use (usage), what an application is (application), who is told of an overdue review
// (alert). Roles and groups are shown and judged, not changed: their own operations do that.
//
// Operations return errors of package errs: RESOURCE_NOT_FOUND, STATE_DOES_NOT_ALLOW, API_VALIDATION_FAILED.
package review
