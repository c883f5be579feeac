// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strconv"
	"unicode/utf8"
)

// checkText checks a string as it stands between its quotes.
func (c *checker) checkText(t *text, raw []byte, plain bool) {
	if t.enum == nil && t.matchers == nil && t.min == 0 && t.max == 0 {
		return
	}
	if !plain {
		raw = unescape(raw)
	}
	c.checkString(t, raw)
}

func (c *checker) checkString(t *text, s []byte) {
	if t.enum != nil && t.enum.find(s) < 0 {
		c.report(RuleEnum, "must be one of "+list(t.enum.list, "or")+came(s), t.enum.list)
	}
	for i, m := range t.matchers {
		if !m.match(s) {
			c.report(t.rules[i], "must be "+m.want, nil)
		}
	}
	if t.min > 0 || t.max > 0 {
		n := utf8.RuneCount(s)
		if n < t.min {
			c.report(RuleMinLength, "must have at least "+plural(t.min, "character")+", but has "+strconv.Itoa(n), nil)
		}
		if t.max > 0 && n > t.max {
			c.report(RuleMaxLength, "must have at most "+plural(t.max, "character")+", but has "+strconv.Itoa(n), nil)
		}
	}
}

// came quotes a short value that was sent where one of a list was due.
// Nothing longer and no other kind of text is ever repeated: it may be secret.
func came(s []byte) string {
	const most = 40
	if len(s) > most {
		return ""
	}
	return ", but is " + strconv.Quote(string(s))
}

func (c *checker) checkNumber(n *numeric, raw []byte, whole bool) {
	switch {
	case n.whole && !whole:
		c.report(RuleType, "must be an integer, written without fraction or exponent", nil)
		return
	case !n.fits(raw):
		name := "number"
		if n.whole {
			name = "integer"
		}
		c.report(RuleFormat, "must fit a "+name+" of "+strconv.Itoa(n.bits)+" bits", nil)
		return
	case n.min == nil && n.max == nil:
		return
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return // out of range; reported above
	}
	if n.min != nil && f < *n.min {
		c.report(RuleMinimum, "must be at least "+literal(*n.min)+", but is "+clip(string(raw)), nil)
	}
	if n.max != nil && f > *n.max {
		c.report(RuleMaximum, "must be at most "+literal(*n.max)+", but is "+clip(string(raw)), nil)
	}
}

func literal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
