// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"regexp"
	"strconv"
	"time"

	"github.com/airside-travel/airside/internal/errs"
)

// Period is a time with a name; To is not in it.
type Period struct {
	Name string    `json:"period"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

var periodForm = regexp.MustCompile(`^(\d{4})(?:Q([1-4])|-(0[1-9]|1[0-2]))?$`)

// ParsePeriod reads a year (2026), a quarter (2026Q4) or a month (2026-11), in UTC.
func ParsePeriod(text string) (Period, error) {
	m := periodForm.FindStringSubmatch(text)
	if m == nil {
		return Period{}, errs.Invalidf("/period", "format", "%q is no period; write a year, a quarter or a month", text).Allow("2026", "2026Q4", "2026-11")
	}
	number := func(s string) int { n, _ := strconv.Atoi(s); return n } // digits only
	first, months := time.January, 12
	switch {
	case m[2] != "":
		first, months = time.Month(3*number(m[2])-2), 3
	case m[3] != "":
		first, months = time.Month(number(m[3])), 1
	}
	from := time.Date(number(m[1]), first, 1, 0, 0, 0, 0, time.UTC)
	return Period{text, from, from.AddDate(0, months, 0)}, nil
}

// Holds reports whether a moment is in the period.
func (p Period) Holds(t time.Time) bool { return !t.Before(p.From) && t.Before(p.To) }
