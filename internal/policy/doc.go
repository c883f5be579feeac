// SPDX-License-Identifier: Apache-2.0

// Package policy keeps what a company allows its travelers: travel policies with every version they ever
// had, the custom fields (questions) that travelers answer, and the judgement of an itinerary against them.
//
// Policies are kept as the bytes that were received. Which of them govern a person is worked out
// from their user groups when it is asked, and what a linked rule amounts to when it is needed, so neither is ever
// stale. Judging (Rules.Search, Rules.Air) is a pure function of the resolved rules and the facts given:
// no clock, no store; in a search it allocates nothing for an offer that keeps to the policy.
//
// Not here: who people are (directory, behind a port), which offers there are and what happens to
// a booking out of policy (air, approval).
//
// Errors are *errs.Error: RESOURCE_NOT_FOUND, COMPANY_NOT_ACCESSIBLE, API_VALIDATION_FAILED with the
// pointer, REFERENCE_NOT_FOUND, DUPLICATE_VALUE for a second default, VERSION_CONFLICT,
// STATE_DOES_NOT_ALLOW for deleting a default, ACCESS_DENIED where defaults may not be edited.
package policy
