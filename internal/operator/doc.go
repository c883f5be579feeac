// SPDX-License-Identifier: Apache-2.0

// Package operator serves what Airside adds about itself, under /v1/airside: the tenant's clock, why a
// request was answered as it was, the error codes, the operations and their policy, the audit
// trail, health.
//
// Not here: webhooks' own extensions (outbox) and what a moving clock performs (schedule). Errors:
// RESOURCE_NOT_FOUND, API_VALIDATION_FAILED.
package operator
