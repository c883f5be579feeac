// SPDX-License-Identifier: Apache-2.0

// Package directory keeps who travels and for whom: companies, their legal entities, offices,
// departments, cost centers, grades and settings, and the users with their profiles, roles and favorites.
//
// A tenant is a TMC. The TMC itself is a company whose id is the tenant's; every company it has made
// hangs below it. Documents are kept as the bytes that were received, plus the ids and states that only
// the server sets; what follows from other records (who arranges, who books, whether loyalty cards are
// blocked) is worked out when a profile is read, so it is never stale.
//
// Not here: credentials and tokens (identity), policies and questions (policy), API scopes (edge), user
// groups (access).
//
// Errors are *errs.Error: RESOURCE_NOT_FOUND for ids of another company or tenant,
// COMPANY_NOT_ACCESSIBLE when the caller names a company that is not his, ACCESS_DENIED for a colleague he may
// not look at, REFERENCE_NOT_FOUND and DUPLICATE_VALUE with the pointer, STILL_REFERENCED on deletion,
// INVALID_EMAIL_DOMAIN, INVALID_USER_IDS_QUERY_PARAMS, STATE_DOES_NOT_ALLOW.
package directory
