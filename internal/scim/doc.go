// SPDX-License-Identifier: Apache-2.0

// Package scim is SCIM 2.0 (RFC 7643, RFC 7644) for a company's own directory of people: users, seen
// and changed in SCIM's terms, and the documents by which a directory finds out what works here.
//
// A SCIM user is a traveler's profile. Attributes that a profile has are written there and read from
// there; everything else a directory sends is kept beside it, so that it reads back what it wrote.
// Where the profile was changed by somebody else meanwhile, the profile is right.
//
// The dialects of Microsoft Entra ID and Okta are understood: operations with a capital letter,
// changes without a path, booleans as text, and a manager given as a bare id.
//
// Not here: HTTP, tokens (identity), the profiles themselves (directory, behind the port Directory).
// Errors: RESOURCE_NOT_FOUND, DUPLICATE_VALUE, COMPANY_NOT_ACCESSIBLE, and API_VALIDATION_FAILED whose
// rule is one of the RFC's scimType words.
package scim
