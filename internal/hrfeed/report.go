// SPDX-License-Identifier: Apache-2.0

package hrfeed

import (
	"cmp"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
)

// Fault is why a row was not carried out, and where in the file that stands. Values are not repeated:
// a report is read by more people than the file is.
type Fault struct {
	Row     int    `json:"row"`              // 1 for the first one below the header
	Line    int    `json:"line"`             // of the file
	Column  int    `json:"column,omitempty"` // counted from 1; 0 when it is the whole row
	Header  string `json:"header,omitempty"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Counts say what was done.
type Counts struct {
	Rows        int `json:"rows"` // of the file
	Created     int `json:"created"`
	Updated     int `json:"updated"`
	Reactivated int `json:"reactivated"`
	Deactivated int `json:"deactivated"`
	Unchanged   int `json:"unchanged"`
	Failed      int `json:"failed"`
	Resumed     int `json:"resumed,omitempty"` // of all these, those of an earlier run that was interrupted
}

// Done is how many rows have been decided.
func (c Counts) Done() int {
	return c.Created + c.Updated + c.Reactivated + c.Deactivated + c.Unchanged + c.Failed
}

func (c *Counts) add(did outcome) {
	switch did {
	case created:
		c.Created++
	case updated:
		c.Updated++
	case reactivated:
		c.Reactivated++
	case deactivated:
		c.Deactivated++
	case unchanged:
		c.Unchanged++
	case failed:
		c.Failed++
	}
}

// Report is the result of a run.
type Report struct {
	Counts
	DryRun  bool     `json:"dryRun,omitempty"`
	Ignored []string `json:"ignoredColumns,omitempty"`
	Faults  []Fault  `json:"errors"`
}

// outcome is what became of a row.
type outcome string

const (
	created     outcome = "created"
	updated     outcome = "updated"
	reactivated outcome = "reactivated"
	deactivated outcome = "deactivated"
	unchanged   outcome = "unchanged"
	failed      outcome = "failed"
	deferred    outcome = "deferred" // needs a person who may come later in the file
)

func (r *Report) sort() {
	slices.SortFunc(r.Faults, func(a, b Fault) int { return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Column, b.Column)) })
}

// WriteCSV writes the faults, one per line.
func (r *Report) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"row", "line", "column", "header", "code", "message"}); err != nil {
		return err
	}
	for _, f := range r.Faults {
		column := ""
		if f.Column > 0 {
			column = strconv.Itoa(f.Column)
		}
		if err := out.Write([]string{strconv.Itoa(f.Row), strconv.Itoa(f.Line), column, f.Header, f.Code, f.Message}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
