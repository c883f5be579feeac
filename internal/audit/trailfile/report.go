// SPDX-License-Identifier: Apache-2.0

package trailfile

import (
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// What can be wrong.
const (
	Altered   = "altered"
	Missing   = "missing"
	Reordered = "reordered"
	Added     = "added"
	Cut       = "cut"
)

// maxProblems bounds how many are told one by one.
const maxProblems = 100

// Options is what is known from elsewhere.
type Options struct {
	// Key must have signed; without it the key in the file is believed.
	Key note.Verifier
	// Checkpoints must fit. They need not be in the file.
	Checkpoints []string
}

// Problem is something that is wrong.
type Problem struct {
	Kind  string `json:"kind"`
	What  string `json:"what"`            // "entry 17", "entries 3 to 5", "header", "checkpoint of 40 entries", …
	Seq   int64  `json:"entry,omitempty"` // the first entry that it concerns
	Line  int64  `json:"line,omitempty"`
	About string `json:"about"`
}

// String is a sentence.
func (p Problem) String() string {
	at := ""
	if p.Line > 0 {
		at = fmt.Sprintf(" (line %d)", p.Line)
	}
	return fmt.Sprintf("%s: %s%s: %s", p.Kind, p.What, at, p.About)
}

// Report is what Verify found.
type Report struct {
	Tenant      string    `json:"tenant"`
	First       int64     `json:"first"`
	Last        int64     `json:"last"`
	Entries     int64     `json:"entries"`     // that were read
	Checkpoints int64     `json:"checkpoints"` // that are signed and fit
	Trusted     int64     `json:"trusted"`     // of those given from elsewhere, that fit
	Root        string    `json:"root,omitempty"`
	At          time.Time `json:"at,omitzero"` // of the last checkpoint
	Key         string    `json:"key"`
	KeyGiven    bool      `json:"keyGiven"` // and not taken from the file
	Intact      bool      `json:"intact"`
	Problems    []Problem `json:"problems,omitempty"`
	More        int64     `json:"moreProblems,omitempty"`
}

func entryName(seq int64) string { return fmt.Sprintf("entry %d", seq) }

func entryNames(from, to int64) string {
	if from == to {
		return entryName(from)
	}
	return fmt.Sprintf("entries %d to %d", from, to)
}
