// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// CheckQuery checks the query parameters that the operation declares.
func (op *Operation) CheckQuery(query url.Values) []Violation {
	ck := checker{in: InQuery}
	for i := range op.Params {
		if p := &op.Params[i]; p.In == InQuery {
			ck.param(p, query[p.Name], query.Has(p.Name))
		}
	}
	return ck.found
}

// CheckUnknownQuery reports the query parameters that the operation does not
// declare. Whether they are faults is the caller's decision.
func (op *Operation) CheckUnknownQuery(query url.Values) []Violation {
	ck := checker{in: InQuery}
	var known []string
	for i := range op.Params {
		if op.Params[i].In == InQuery {
			known = append(known, op.Params[i].Name)
		}
	}
	for _, name := range sortedKeys(query) {
		if !slices.Contains(known, name) {
			ck.reportAt("/"+pointerEscape(clip(name)), RuleUnknownParam, "is not a parameter of this operation", known)
		}
	}
	return ck.found
}

// CheckPath checks the path parameters; value returns each by its name.
func (op *Operation) CheckPath(value func(name string) string) []Violation {
	ck := checker{in: InPath}
	for i := range op.Params {
		if p := &op.Params[i]; p.In == InPath {
			v := value(p.Name)
			ck.param(p, []string{v}, v != "")
		}
	}
	return ck.found
}

// CheckHeader checks the header parameters; value returns each by its name, as
// http.Header.Get does.
func (op *Operation) CheckHeader(value func(name string) string) []Violation {
	ck := checker{in: InHeader}
	for i := range op.Params {
		if p := &op.Params[i]; p.In == InHeader {
			v := value(p.Name)
			ck.param(p, []string{v}, v != "")
		}
	}
	return ck.found
}

func (c *checker) param(p *Param, values []string, present bool) {
	if !present {
		if p.Required {
			c.reportAt("/"+pointerEscape(p.Name), RuleRequired, "is required", nil)
		}
		return
	}
	c.path = append(c.path[:0], frame{key: []byte(p.Name), index: -1, plain: true})
	n := p.Schema.compiled()
	for n.kind == kindRef {
		n = n.ref.compiled()
	}
	if n.kind == kindArray && p.Comma {
		values = strings.Split(strings.Join(values, ","), ",")
	}
	c.plainValues(n, values)
}

// plainValues checks values that came as text, outside JSON.
func (c *checker) plainValues(n *node, values []string) {
	if n.kind != kindArray {
		if len(values) != 1 {
			c.report(RuleDuplicateKey, "is given "+strconv.Itoa(len(values))+" times, but takes one value", nil)
			return
		}
		c.plainValue(n, values[0])
		return
	}
	a := n.array
	items := a.items
	for items.kind == kindRef {
		items = items.ref.compiled()
	}
	c.path = append(c.path, frame{})
	for i, v := range values {
		c.path[len(c.path)-1].index = i
		c.plainValue(items, v)
		if a.unique && slices.Contains(values[:i], v) {
			c.report(RuleUniqueItems, "repeats an earlier value", nil)
		}
	}
	c.path = c.path[:len(c.path)-1]
	if len(values) < a.min {
		c.report(RuleMinItems, "must have at least "+plural(a.min, "value"), nil)
	}
	if a.max > 0 && len(values) > a.max {
		c.report(RuleMaxItems, "must have at most "+plural(a.max, "value"), nil)
	}
}

func (c *checker) plainValue(n *node, v string) {
	switch n.kind {
	case kindText:
		if strings.ToValidUTF8(v, "") != v {
			c.report(RuleSyntax, "is not UTF-8", nil)
			return
		}
		c.checkString(n.text, []byte(v))
	case kindNumber:
		r := reader{src: []byte(v)}
		if b := r.peek(); r.pos == 0 && (b == '-' || digit(b)) {
			if raw, whole := r.number(); r.fault == "" && r.pos == len(v) {
				c.checkNumber(n.number, raw, whole)
				return
			}
		}
		c.report(RuleType, "must be "+n.wanted(), nil)
	case kindBool:
		if v != "true" && v != "false" {
			c.report(RuleType, "must be true or false", nil)
		}
	case kindObject, kindArray:
		// An object among form fields or parameters is written as JSON.
		inner := checker{reader: reader{src: []byte(v)}, in: c.in, side: c.side, path: c.path, found: c.found, maxDepth: 64}
		inner.value(n)
		if inner.peek(); inner.fault != "" || inner.pos < len(v) {
			inner.report(RuleSyntax, "must be JSON text", nil)
		}
		c.found = inner.found
	case kindBroken:
		c.report(RuleContract, "cannot be checked: "+n.err, nil)
	}
}

// CheckForm checks a form body: application/x-www-form-urlencoded, or the parts
// of multipart/form-data, where the caller puts each file's name under its
// field. Fields that are objects hold JSON text.
func (op *Operation) CheckForm(form url.Values) []Violation {
	ck := checker{in: InBody}
	if op.Body == nil {
		return nil
	}
	var s *Schema
	for _, media := range []string{"application/x-www-form-urlencoded", "multipart/form-data"} {
		if have := op.Body.Content[media]; have != nil {
			s = have
		}
	}
	if s == nil {
		return nil
	}
	n := s.compiled()
	for n.kind == kindRef {
		n = n.ref.compiled()
	}
	if n.kind != kindObject {
		ck.report(RuleContract, "cannot be checked: a form is not an object", nil)
		return ck.found
	}
	o := n.object
	var seen mask
	for i, name := range o.names.list {
		if !form.Has(name) {
			continue
		}
		seen.add(i)
		field := o.props[i].node
		for field.kind == kindRef {
			field = field.ref.compiled()
		}
		ck.path = append(ck.path[:0], frame{key: []byte(name), index: -1, plain: true})
		ck.plainValues(field, form[name])
	}
	ck.path = ck.path[:0]
	ck.missing(o, o.required[0].without(seen))
	for i := range o.unions {
		ck.checkUnion(o, &o.unions[i], seen)
	}
	return ck.found
}
