// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// needs says which keys a method must have besides the ones that all have, and which it may have.
func needs(method string) (must, may []string) {
	switch method {
	case count:
		return []string{"window", "threshold"}, []string{"times", "field", "learn"}
	case distinct:
		return []string{"window", "threshold", "field"}, []string{"times", "learn"}
	case ratio:
		return []string{"window", "threshold", "share", "of"}, nil
	case sequence:
		return []string{"window", "threshold", "then"}, nil
	case firstSeen:
		return []string{"field", "learn"}, nil
	case baseline:
		return []string{"window", "threshold", "times", "learn"}, []string{"field"}
	case offHours:
		return []string{"window", "threshold", "learn"}, nil
	}
	return nil, nil
}

// complete checks what can only be seen of a whole rule.
func (r *reader) complete(n *yaml.Node, rule *Rule, given map[string]bool) {
	must, may := needs(rule.Method)
	for _, k := range append([]string{"id", "title", "what", "advice", "severity", "method", "where", "by", "tests"}, must...) {
		if !given[k] {
			r.bad(n, "the rule has no "+k, needHint(k, rule.Method))
		}
	}
	for _, k := range []string{"window", "threshold", "share", "of", "then", "field", "learn", "times"} {
		if given[k] && rule.Method != "" && !slices.Contains(must, k) && !slices.Contains(may, k) {
			r.bad(n, "the method "+rule.Method+" has no "+k, "leave it out")
		}
	}
	if given["where"] && len(rule.Where.kinds()) == 0 {
		r.bad(n, "`where` names no kind of event", "add kind: with "+strings.Join(kinds, ", "))
	}
	if rule.Field != "" {
		sums := rule.Method == count || rule.Method == baseline
		if sums != slices.Contains(sumFields, rule.Field) {
			r.bad(n, "the method "+rule.Method+" cannot use the field "+rule.Field, nearest("", pick(sums, sumFields, valueFields)))
		}
	}
	if (rule.Method == baseline || rule.Method == offHours) && rule.Window > time.Hour {
		r.bad(n, "the window of a "+rule.Method+" rule is at most 1h", "it is compared with hours of the week")
	}
	if len(rule.Tests) == 0 && given["tests"] {
		r.bad(n, "the rule has no test", "give it one that fires and one that does not")
	}
}

func needHint(key, method string) string {
	if key == "tests" {
		return "give it one that fires and one that does not"
	}
	if must, _ := needs(method); slices.Contains(must, key) {
		return "the method " + method + " needs it"
	}
	return "every rule needs it"
}

func pick[T any](cond bool, yes, no T) T {
	if cond {
		return yes
	}
	return no
}

var filterFields = append(append([]string{}, textFields...), numberFields...) //nolint:gochecknoglobals // a constant table

func (r *reader) filter(n *yaml.Node) Filter {
	var out Filter
	for _, m := range r.members(n, "a filter", filterFields) {
		c := Cond{Field: m.key.Value, get: textField(m.key.Value), num: numberField(m.key.Value)}
		if c.num != nil {
			r.bounds(&c, m.value)
		} else {
			r.values(&c, m.value)
		}
		out = append(out, c)
	}
	return out
}

// bounds reads a number, or {atLeast: n, atMost: n}.
func (r *reader) bounds(c *Cond, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		v := r.whole(n, c.Field)
		c.AtLeast, c.AtMost = &v, &v
		return
	}
	for _, m := range r.members(n, c.Field, []string{"atLeast", "atMost"}) {
		v := r.whole(m.value, c.Field)
		if m.key.Value == "atLeast" {
			c.AtLeast = &v
		} else {
			c.AtMost = &v
		}
	}
}

// values reads a text, a list of texts, or {not: text or list}.
func (r *reader) values(c *Cond, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for _, m := range r.members(n, c.Field, []string{"not"}) {
			c.Not = true
			if m.value.Kind == yaml.MappingNode {
				r.bad(m.value, "not takes a text or a list", "")
				return
			}
			r.values(c, m.value)
		}
	case yaml.SequenceNode:
		for _, v := range n.Content {
			r.value(c, v)
		}
	default:
		r.value(c, n)
	}
	if len(c.Values) == 0 {
		r.bad(n, c.Field+" has no value", "")
	}
}

func (r *reader) value(c *Cond, n *yaml.Node) {
	v := r.text(n, c.Field)
	if n.Kind != yaml.ScalarNode {
		return
	}
	if allowed := closed(c.Field); allowed != nil && !slices.Contains(allowed, v) {
		r.bad(n, c.Field+" cannot be "+strconv.Quote(Clean(v)), nearest(v, allowed))
	}
	c.Values = append(c.Values, v)
}

// String writes a filter in one line, the same for the same filter.
func (f Filter) String() string {
	parts := make([]string, 0, len(f))
	for _, c := range f {
		s := c.Field
		switch {
		case c.num != nil && c.AtLeast != nil && c.AtMost != nil && *c.AtLeast == *c.AtMost:
			s += fmt.Sprintf("=%d", *c.AtLeast)
		case c.num != nil:
			if c.AtLeast != nil {
				s += fmt.Sprintf(">=%d", *c.AtLeast)
			}
			if c.AtMost != nil {
				s += fmt.Sprintf("<=%d", *c.AtMost)
			}
		case c.Not:
			s += "!=" + strings.Join(c.Values, "|")
		default:
			s += "=" + strings.Join(c.Values, "|")
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

// shape is what the state of a rule depends on: while it stays the same, state is kept when rules change.
func (r *Rule) shape() string {
	return strings.Join([]string{r.ID, r.Method, r.By, r.Field, r.Window.String(), r.Where.String(), r.Of.String(), r.Then.String()}, "\x00")
}
