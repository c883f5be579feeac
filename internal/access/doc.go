// SPDX-License-Identifier: Apache-2.0

// Package access is Access Management: permissions, roles, user groups with their members, and what
// follows from them for a user. Everything adds up; nothing denies (rbac page §1).
//
// Platform roles and the standard groups of every company are code data (platform.go, standard.go):
// they exist without being created, and only the members of a standard group are stored. Next to them
// stand the older roles (RoleTypeEnum): the table in legacy.go says what each of those permits, so that
// both systems can be shown, and delegated from, as one.
//
// Not here: deciding on a request (actor and edge, with what Rights gives them) and the older roles
// themselves (directory). Errors: RESOURCE_NOT_FOUND, COMPANY_NOT_ACCESSIBLE, ACCESS_DENIED for what is
// unmodifiable or beyond the caller's own rights, DUPLICATE_VALUE, REFERENCE_NOT_FOUND, STILL_REFERENCED,
// API_VALIDATION_FAILED.
package access
