// SPDX-License-Identifier: Apache-2.0

// Package trailfile is an audit trail in a file: lines of JSON that hold a header, the entries, the signed
// checkpoints in their places and a digest at the end. Verify needs the file and nothing else, and names what
// was altered, taken out, moved, added or cut off. docs/audit.md describes the lines.
//
// A line counts only as it was written: what is read is written again and compared byte by byte, so there is no
// second way to say the same. Without a key or a checkpoint from elsewhere the file vouches for itself only.
//
// Not here: where entries come from (keeper), how a stored trail is checked (audit). What is wrong with a file is
// in the Report; an error says that it could not be read.
package trailfile
