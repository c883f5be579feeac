// SPDX-License-Identifier: Apache-2.0

// Package forget takes a person out of documents that must be kept, such as bookings that accounting needs.
// First, whose a document is: a person's are those with the id, or with what is that person's alone (addresses of
// e-mail, numbers of telephones, documents and memberships; a number that two profiles have is nobody's alone).
// Names and days of birth tie nothing, because other people have them.
//
// Within such a document, sections about the person are cut down, by the ids in them. In other texts the full name
// and what identifies is replaced; single names and the day of birth only where a text is about nobody else.
// Sections about others, companies and places keep their names. Amounts, tickets, dates of travel and ids stay.
//
// Not here: which documents there are (the domains), and what is removed altogether (purge). What somebody typed in
// other words than the profile's, such as a nickname, cannot be found. An error says that a document is not JSON.
package forget
