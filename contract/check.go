// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strconv"
	"strings"
)

// checker reads one body against a schema, once, front to back. It allocates
// only to report a fault.
type checker struct {
	reader
	in       string
	side     int // index into object.required: 0 request, 1 response
	depth    int
	path     []frame
	unknown  [][]byte // names outside the schema, of all open objects
	found    []Violation
	full     bool // enough was found
	maxDepth int
}

// frame is a step on the way to the value being read.
type frame struct {
	key   []byte
	index int // -1: key counts
	plain bool
}

// check reads body against n. side tells requests from responses.
func (c *Contract) check(n *node, body []byte, side int) []Violation {
	ck := c.checkers.Get().(*checker)
	ck.reader = reader{src: body}
	ck.in, ck.side, ck.depth, ck.full, ck.found = InBody, side, 0, false, nil
	ck.path, ck.unknown, ck.maxDepth = ck.path[:0], ck.unknown[:0], c.Limits.MaxDepth
	if limit := c.Limits.MaxBytes; len(body) > limit {
		ck.report(RuleSize, "is "+strconv.Itoa(len(body))+" bytes long; at most "+strconv.Itoa(limit)+" are accepted", nil)
	} else {
		ck.value(n)
		if ck.peek(); ck.fault == "" && ck.pos < len(body) && !ck.full {
			ck.fail("text follows the end of the JSON value")
		}
		if ck.fault != "" && !ck.full {
			ck.reportAt("", RuleSyntax, "is not JSON: "+ck.fault+" ("+where(body, ck.at)+")", nil)
		}
	}
	found := ck.found
	clear(ck.path[:cap(ck.path)])
	clear(ck.unknown[:cap(ck.unknown)])
	ck.reader, ck.found = reader{}, nil
	c.checkers.Put(ck)
	return found
}

// stop ends the reading without a fault of its own.
func (c *checker) stop() {
	c.full = true
	c.fail("stopped")
}

// value reads one value.
func (c *checker) value(n *node) {
	for n.kind == kindRef {
		n = n.ref.compiled()
	}
	first := c.peek()
	if first == 'n' && n.kind != kindAny {
		if c.word("null") && !n.nullable {
			c.report(RuleType, "must be "+n.wanted()+", but is null", nil)
		}
		return
	}
	switch n.kind {
	case kindObject:
		if first == '{' {
			c.readObject(n.object)
			return
		}
	case kindArray:
		if first == '[' {
			c.readArray(n.array)
			return
		}
	case kindText:
		if first == '"' {
			raw, plain := c.text()
			if c.fault == "" {
				c.checkText(n.text, raw, plain)
			}
			return
		}
	case kindNumber:
		if first == '-' || digit(first) {
			raw, whole := c.number()
			if c.fault == "" {
				c.checkNumber(n.number, raw, whole)
			}
			return
		}
	case kindBool:
		if first == 't' || first == 'f' {
			c.scalar(first)
			return
		}
	case kindBroken:
		c.report(RuleContract, "cannot be checked: "+n.err, nil)
		c.anything()
		return
	default:
		c.anything()
		return
	}
	if came := typeAt(first); came != "" {
		c.report(RuleType, "must be "+n.wanted()+", but is "+came, nil)
	}
	c.anything()
}

// wanted names the type a node asks for.
func (n *node) wanted() string {
	switch n.kind {
	case kindObject:
		return "an object"
	case kindArray:
		return "an array"
	case kindText:
		return "a string"
	case kindBool:
		return "true or false"
	case kindNumber:
		if n.number.whole {
			return "an integer"
		}
		return "a number"
	}
	return "a value"
}

// typeAt names the type of the value that starts with c, "" if none does.
func typeAt(c byte) string {
	switch {
	case c == '{':
		return "an object"
	case c == '[':
		return "an array"
	case c == '"':
		return "a string"
	case c == 't' || c == 'f':
		return "true or false"
	case c == '-' || digit(c):
		return "a number"
	}
	return ""
}

// enter counts a level and reports whether it may be entered.
func (c *checker) enter() bool {
	if c.depth == c.maxDepth {
		c.report(RuleDepth, "is nested deeper than "+strconv.Itoa(c.maxDepth)+" levels", nil)
		c.stop()
		return false
	}
	c.depth++
	return true
}

func (c *checker) readArray(a *array) {
	if !c.enter() {
		return
	}
	c.path = append(c.path, frame{})
	top := len(c.path) - 1
	count := 0
	var seen *distinct
	if a.unique {
		seen = new(distinct)
	}
	for ok := c.open(']'); ok; ok = c.more(']') {
		c.path[top].index = count
		c.peek()
		from := c.pos
		c.value(a.items)
		if c.full {
			c.stop()
		}
		if c.fault != "" {
			break
		}
		if seen != nil {
			if first, again := seen.add(c.src[from:c.pos], count); again {
				c.report(RuleUniqueItems, "repeats the element at "+strconv.Itoa(first), nil)
			}
		}
		count++
	}
	c.path = c.path[:top]
	c.depth--
	if c.fault != "" {
		return
	}
	if count < a.min {
		c.report(RuleMinItems, "must have at least "+plural(a.min, "element")+", but has "+strconv.Itoa(count), nil)
	}
	if a.max > 0 && count > a.max {
		c.report(RuleMaxItems, "must have at most "+plural(a.max, "element")+", but has "+strconv.Itoa(count), nil)
	}
}

// anything reads a value of which only the JSON itself is checked.
func (c *checker) anything() {
	switch first := c.peek(); first {
	case '{':
		c.readObject(freeObject())
	case '[':
		c.readArray(freeArray())
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		raw, _ := c.number()
		if c.fault == "" && !fitsFloat(raw, 64) {
			c.report(RuleFormat, "is a number too large to be read", nil)
		}
	case '"':
		c.text()
	default:
		c.scalar(first)
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// distinct finds repeated strings in the elements of an array.
type distinct struct {
	at map[string]int
}

func (d *distinct) add(raw []byte, index int) (first int, again bool) {
	if d.at == nil {
		d.at = map[string]int{}
	}
	text := string(raw)
	if strings.IndexByte(text, '\\') >= 0 {
		text = string(unescape(raw))
	}
	if first, again = d.at[text]; !again {
		d.at[text] = index
	}
	return first, again
}
