// SPDX-License-Identifier: Apache-2.0

// Package evidence builds one archive of what an auditor asks for about a period, and verifies such an archive where
// nothing else is at hand. An archive is a zip file: the audit trail with its proof, what other packages hand in, a
// manifest with the hash of each file, and a note about the manifest that is signed with the key of the audit
// trail. So the archive vouches for itself as far as the key does: compare the key with one kept elsewhere.
//
// Not here: where the files come from (a Source, wired in app), the trail and its proof (audit). What is wrong with an
// archive is in the Report. Build returns API_VALIDATION_FAILED for a period that is none, or too large.
package evidence
