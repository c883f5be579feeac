// SPDX-License-Identifier: Apache-2.0

// Package redact makes text of unknown origin fit to be shown: in alerts, e-mails, reports and terminals.
// What cannot be seen is written as an escape (a new line as \n, a terminal's escape as \x1b), so that
// nobody draws lines of his own into a log or an alert; access tokens, secrets and card numbers are
// replaced; what is too long is cut, and says so.
//
// Not here: the type of secrets that cannot be shown at all (vault). Nothing fails.
package redact
