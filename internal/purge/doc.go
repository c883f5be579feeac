// SPDX-License-Identifier: Apache-2.0

// Package purge removes a person for good: the profile and what hangs on it is deleted, bookings keep money,
// tickets and ids without the person, and the person's key is destroyed, with which events, kept answers and
// audit details are sealed. It all happens in one transaction; a preview of it changes nothing.
//
// Not here: what each domain holds about a person (Part), how a document is redacted (redact), the keys
// (personkey). What was sent to receivers of webhooks, and copies of the database made before, are out of reach;
// docs/adr/0007-purge.md says what to do about copies.
//
// Errors: RESOURCE_NOT_FOUND for nobody and for whom a purge took before, ACCESS_DENIED, COMPANY_NOT_ACCESSIBLE,
// PRECONDITION_FAILED.
package purge
