// SPDX-License-Identifier: Apache-2.0

// Package secretscan finds credentials in files, in what is staged for a commit and in a repository's history: our own
// shapes (whose checksum is verified), those of the API behind the edge, and those of the vaults and keys we use.
//
// The rules are data, in the format of gitleaks (rules.toml), so that its engine can be run with the same file. A
// line is let through by "gitleaks:allow" and a reason behind it; what cannot carry a comment, by its fingerprint in
// .gitleaksignore below a line of comment with the reason.
//
// Not here: whether a credential still works, and what to do about it (see the runbook leaked-secret). Nothing here
// returns a whole secret. Errors: those of reading files and of running git, and of rules that cannot be read.
package secretscan
