// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airside-travel/airside/internal/errs"
)

// filter decides about a resource, or about one value of a list (RFC 7644, section 3.4.2.2).
type filter interface {
	match(object map[string]any) bool
}

// The operators between filters.
type (
	both   struct{ a, b filter }
	either struct{ a, b filter }
	not    struct{ f filter }
)

func (f both) match(o map[string]any) bool   { return f.a.match(o) && f.b.match(o) }
func (f either) match(o map[string]any) bool { return f.a.match(o) || f.b.match(o) }
func (f not) match(o map[string]any) bool    { return !f.f.match(o) }

// test compares one attribute.
type test struct {
	at   path
	op   string
	want any // string, bool or float64; nil is null
}

func (t test) match(o map[string]any) bool {
	values := t.values(o)
	if t.op == "pr" {
		for _, v := range values {
			if v != nil && v != "" {
				return true
			}
		}
		return false
	}
	if t.op == "ne" {
		return !(test{t.at, "eq", t.want}).match(o)
	}
	if t.want == nil && t.op == "eq" {
		return len(values) == 0
	}
	return slices.ContainsFunc(values, t.compare)
}

// values are what the path leads to; a complex value stands for its member value.
func (t test) values(o map[string]any) []any {
	if t.at.extension {
		ext, _ := o[enterpriseURN].(map[string]any)
		if t.at.whole {
			if len(ext) == 0 {
				return nil
			}
			return []any{true}
		}
		o = ext
	}
	v, ok := o[t.at.attr.Name]
	if !ok || v == nil {
		return nil
	}
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	out := make([]any, 0, len(list))
	for _, e := range list {
		m, isObject := e.(map[string]any)
		switch {
		case !isObject:
			out = append(out, e)
		case t.at.where != nil && !t.at.where.match(m):
		case t.at.sub != nil:
			if v, ok := m[t.at.sub.Name]; ok {
				out = append(out, v)
			}
		case m["value"] != nil:
			out = append(out, m["value"])
		default:
			out = append(out, true) // there, but nothing to compare with
		}
	}
	return out
}

func (t test) compare(v any) bool {
	switch have := v.(type) {
	case bool:
		want, ok := truth(t.want)
		return ok && t.op == "eq" && have == want
	case float64:
		want, ok := t.want.(float64)
		return ok && order(t.op, have-want)
	case string:
		want, ok := t.want.(string)
		if !ok {
			return false
		}
		exact := t.at.attr.CaseExact
		if t.at.sub != nil {
			exact = t.at.sub.CaseExact
		}
		if !exact {
			have, want = strings.ToLower(have), strings.ToLower(want)
		}
		switch t.op {
		case "co":
			return strings.Contains(have, want)
		case "sw":
			return strings.HasPrefix(have, want)
		case "ew":
			return strings.HasSuffix(have, want)
		}
		if a, err := time.Parse(time.RFC3339, v.(string)); err == nil { //nolint:forcetypeassert // have came from it
			if b, err := time.Parse(time.RFC3339, t.want.(string)); err == nil { //nolint:forcetypeassert // as want
				return order(t.op, float64(a.Compare(b)))
			}
		}
		return order(t.op, float64(strings.Compare(have, want)))
	}
	return false
}

func order(op string, difference float64) bool {
	switch op {
	case "eq":
		return difference == 0
	case "gt":
		return difference > 0
	case "ge":
		return difference >= 0
	case "lt":
		return difference < 0
	case "le":
		return difference <= 0
	}
	return false
}

// truth reads a boolean that some directories write as text.
func truth(v any) (value, ok bool) {
	switch t := v.(type) {
	case bool:
		return t, true
	case string:
		switch strings.ToLower(t) {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	}
	return false, false
}

// deepest is how far filters may nest; longer ones are refused, not followed.
const deepest = 20

type filterParser struct {
	rest  string
	depth int
	of    []attribute // names within brackets are sub-attributes of the list; nil: any path
}

func badFilter(format string, args ...any) error {
	return &errs.Error{Code: errs.ValidationFailed, Message: "the filter cannot be read", Fields: []errs.Field{{
		In: "query", Pointer: "/filter", Rule: "invalidFilter", Message: "the filter cannot be read: " + fmt.Sprintf(format, args...)}}}
}

// parseFilter reads a filter over users, or over the values of a list with the sub-attributes of.
func parseFilter(s string, of []attribute) (filter, error) {
	p := &filterParser{rest: s, of: of}
	f, err := p.any()
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(p.rest) != "" {
		return nil, badFilter("%q is left over", clip(strings.TrimSpace(p.rest)))
	}
	return f, nil
}

func (p *filterParser) any() (filter, error) {
	if p.depth++; p.depth > deepest {
		return nil, badFilter("it nests too deep")
	}
	defer func() { p.depth-- }()
	left, err := p.all()
	for err == nil && p.word("or") {
		var right filter
		if right, err = p.all(); err == nil {
			left = either{left, right}
		}
	}
	return left, err
}

func (p *filterParser) all() (filter, error) {
	left, err := p.one()
	for err == nil && p.word("and") {
		var right filter
		if right, err = p.one(); err == nil {
			left = both{left, right}
		}
	}
	return left, err
}

func (p *filterParser) one() (filter, error) {
	p.space()
	if strings.HasPrefix(p.rest, "(") {
		return p.parenthesis()
	}
	if saved := p.rest; p.word("not") {
		if p.space(); strings.HasPrefix(p.rest, "(") {
			f, err := p.parenthesis()
			return not{f}, err
		}
		p.rest = saved
	}
	return p.test()
}

func (p *filterParser) parenthesis() (filter, error) {
	p.rest = p.rest[1:]
	f, err := p.any()
	if err != nil {
		return nil, err
	}
	if p.space(); !strings.HasPrefix(p.rest, ")") {
		return nil, badFilter("a parenthesis is not closed")
	}
	p.rest = p.rest[1:]
	return f, nil
}

// test reads `path op value`, `path pr` or `list[filter]`.
func (p *filterParser) test() (filter, error) {
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	t := test{}
	if t.at, err = p.attribute(name); err != nil {
		return nil, err
	}
	if t.op = strings.ToLower(p.token()); t.op == "" && t.at.where != nil && t.at.sub == nil {
		t.op = "pr"
		return t, nil
	}
	switch t.op {
	case "pr":
		return t, nil
	case "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le":
	case "and", "or": // behind list[filter], which needs no operator
		if t.at.where != nil && t.at.sub == nil {
			p.rest = " " + t.op + p.rest
			t.op = "pr"
			return t, nil
		}
		return nil, badFilter("%s has nothing to compare with", clip(name))
	default:
		return nil, badFilter("%q is no operator", clip(t.op))
	}
	t.want, err = p.value()
	return t, err
}

func (p *filterParser) attribute(name string) (path, error) {
	if p.of != nil {
		if a := find(p.of, name); a != nil {
			return path{attr: a}, nil
		}
		return path{}, badFilter("the list has no attribute %q", clip(name))
	}
	at, err := parsePath(name)
	if errs.As(err) != nil && errs.As(err).Fields[0].Rule == "invalidPath" {
		err = badFilter("%q is not an attribute of users", clip(name))
	}
	return at, err
}

// name reads an attribute path; brackets may hold spaces and text.
func (p *filterParser) name() (string, error) {
	p.space()
	inside, quoted := false, false
	for i, c := range p.rest {
		switch {
		case c == '"' && inside:
			quoted = !quoted
		case quoted:
		case c == '[':
			inside = true
		case c == ']':
			inside = false
		case !inside && (c == ' ' || c == ')' || c == '('):
			name := p.rest[:i]
			p.rest = p.rest[i:]
			return name, nil
		}
	}
	name := p.rest
	p.rest = ""
	if name == "" || inside {
		return "", badFilter("an attribute is missing or a bracket is not closed")
	}
	return name, nil
}

func (p *filterParser) value() (any, error) {
	p.space()
	if strings.HasPrefix(p.rest, `"`) {
		text, err := strconv.QuotedPrefix(p.rest)
		if err != nil {
			return nil, badFilter("a text is not closed")
		}
		p.rest = p.rest[len(text):]
		text, err = strconv.Unquote(strings.ReplaceAll(text, `\/`, "/"))
		if err != nil {
			return nil, badFilter("a text has an escape that is not JSON")
		}
		return text, nil
	}
	word := p.token()
	if b, ok := truth(word); ok {
		return b, nil
	}
	if word == "null" {
		return nil, nil //nolint:nilnil // null is a value
	}
	n, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return nil, badFilter("%q is not a value; texts stand in double quotes", clip(word))
	}
	return n, nil
}

func (p *filterParser) space() { p.rest = strings.TrimLeft(p.rest, " \t") }

// token reads up to a space or a parenthesis.
func (p *filterParser) token() string {
	p.space()
	i := strings.IndexAny(p.rest, " \t()")
	if i < 0 {
		i = len(p.rest)
	}
	word := p.rest[:i]
	p.rest = p.rest[i:]
	return word
}

// word takes the next word when it is that one.
func (p *filterParser) word(want string) bool {
	saved := p.rest
	if strings.EqualFold(p.token(), want) {
		return true
	}
	p.rest = saved
	return false
}
