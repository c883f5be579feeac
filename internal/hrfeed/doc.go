// SPDX-License-Identifier: Apache-2.0

// Package hrfeed brings the people of a company to what a CSV file of its HR system says: it creates,
// updates, deactivates and reactivates users through the HTTP API, as any client does.
//
// A file is read as a stream and may be of any length. Each row is one person and stands alone: it is
// carried out or refused, never half of it. People are recognised by employee id, else by business
// e-mail, and only what differs is written, so that the same file does nothing the second time. A
// journal beside the file lets an interrupted run go on where it stopped.
//
// Not here: flags, output and watched folders (cli), the rules for users (the server; its answers come
// back as errors of a cell). Errors: plain ones for a file that cannot be read at all; everything about a
// row is a Fault in the report.
package hrfeed
