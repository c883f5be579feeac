// SPDX-License-Identifier: Apache-2.0

// Package forget takes a person out of documents that must be kept, such as bookings that accounting needs.
// Sections about the person are cut down by their place, beside the person's id; in all other texts, names
// and what identifies (addresses of e-mail, numbers of phones, documents and cards, the date of birth) are
// replaced by their words. Amounts, tickets, dates of travel and ids stay.
//
// Not here: which documents (the domains), and what is removed altogether (purge). What somebody typed in
// other words than the profile's, such as a nickname, cannot be found. An error says that a document is not JSON.
package forget
