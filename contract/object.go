// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

func freeObject() *object { return &anyObject }
func freeArray() *array   { return &anyArray }

// Rules that ask for nothing; nobody writes to them.
var (
	anyObject = object{names: newNames(nil)}
	anyArray  = array{items: &node{}}
)

// readObject reads an object that starts at pos.
func (c *checker) readObject(o *object) {
	if !c.enter() {
		return
	}
	for o.choice != nil {
		alt := c.choose(o.choice)
		if alt == nil {
			break // reported; what all alternatives share is still checked
		}
		o = alt
	}
	c.path = append(c.path, frame{index: -1})
	top, base := len(c.path)-1, len(c.unknown)
	var names map[string]struct{} // of unknown keys, once they are many
	var seen mask
	for ok := c.open('}'); ok; ok = c.more('}') {
		raw, plain := c.key()
		if c.fault != "" {
			break
		}
		c.path[top] = frame{raw, -1, plain}
		name := raw
		if !plain {
			name = unescape(raw)
		}
		if i := o.names.find(name); i >= 0 {
			if seen.has(i) {
				c.report(RuleDuplicateKey, "appears twice in one object", nil)
			}
			seen.add(i)
			if p := &o.props[i]; p.readOnly && c.side == 0 {
				c.anything()
			} else {
				c.value(p.node)
			}
		} else {
			if c.repeats(name, base, &names) {
				c.report(RuleDuplicateKey, "appears twice in one object", nil)
			}
			c.unknownKey(o, name)
		}
		if c.full {
			c.stop()
		}
	}
	c.path = c.path[:top]
	c.unknown = c.unknown[:base]
	c.depth--
	if c.fault != "" {
		return
	}
	if missing := o.required[c.side].without(seen); missing != (mask{}) {
		c.missing(o, missing)
	}
	for i := range o.unions {
		c.checkUnion(o, &o.unions[i], seen)
	}
}

// repeats notes a key outside the schema and says whether its object already
// had it. Few such keys are compared, many are hashed.
func (c *checker) repeats(name []byte, base int, names *map[string]struct{}) bool {
	const few = 16
	if *names == nil && len(c.unknown)-base < few {
		for _, have := range c.unknown[base:] {
			if bytes.Equal(have, name) {
				return true
			}
		}
		c.unknown = append(c.unknown, name)
		return false
	}
	if *names == nil {
		*names = map[string]struct{}{}
		for _, have := range c.unknown[base:] {
			(*names)[string(have)] = struct{}{}
		}
	}
	if _, ok := (*names)[string(name)]; ok {
		return true
	}
	(*names)[string(name)] = struct{}{}
	return false
}

// unknownKey reads the value of a key that the schema does not declare.
func (c *checker) unknownKey(o *object, name []byte) {
	if c.fault != "" {
		return
	}
	if like := o.likely(name); like != "" {
		c.report(RuleUnknownKey, "is not declared here; it must be spelled "+like, []string{like})
		c.anything()
		return
	}
	switch {
	case o.values != nil:
		c.value(o.values)
		return
	case o.closed:
		c.report(RuleUnknownKey, "is not declared here", sorted(o.names.list))
	}
	c.anything()
}

// likely returns the declared name that differs from name only in case.
func (o *object) likely(name []byte) string {
	if len(o.props) == 0 || slices.Contains(o.twins, string(name)) {
		return ""
	}
	// Two letters outside ASCII fold into it, and Go's decoder follows them; they
	// are longer than what they stand for.
	wide := slices.ContainsFunc(name, func(c byte) bool { return c >= utf8.RuneSelf })
	for _, have := range o.names.list {
		if (len(have) == len(name) || wide) && strings.EqualFold(have, string(name)) {
			return have
		}
	}
	return ""
}

func (c *checker) missing(o *object, missing mask) {
	for i, name := range o.names.list {
		if missing.has(i) {
			c.reportAt(c.pointerTo(name), RuleRequired, "is required", nil)
		}
	}
}

func (c *checker) checkUnion(o *object, u *union, seen mask) {
	chosen := -1
	for i := range u.alts {
		if !seen.meets(u.alts[i].keys) {
			continue
		}
		if chosen >= 0 {
			var have []string
			for _, key := range u.keys {
				if seen.has(o.names.find([]byte(key))) {
					have = append(have, key)
				}
			}
			c.report(RuleOneOf, "has "+list(have, "and")+", which exclude each other", sorted(u.keys))
			return
		}
		chosen = i
	}
	if chosen < 0 {
		c.report(RuleOneOf, "needs exactly one of "+list(sorted(u.keys), "or"), sorted(u.keys))
		return
	}
	if missing := u.alts[chosen].required.without(seen); missing != (mask{}) {
		c.missing(o, missing)
	}
}

// choose finds the discriminator of the object that starts at pos and returns
// the rules it picks; nil, and a report, if it picks none. It looks ahead and
// leaves the reader where it was.
func (c *checker) choose(ch *choice) *object {
	ahead := reader{src: c.src, pos: c.pos}
	for ok := ahead.open('}'); ok; ok = ahead.more('}') {
		raw, plain := ahead.key()
		if !plain {
			raw = unescape(raw)
		}
		if ahead.fault != "" || string(raw) != ch.property {
			ahead.skip(c.maxDepth)
			continue
		}
		if ahead.peek() != '"' {
			c.reportAt(c.pointerTo(ch.property), RuleDiscriminator,
				"must be one of "+list(ch.values.list, "or"), ch.values.list)
			return nil
		}
		value, plain := ahead.text()
		if !plain {
			value = unescape(value)
		}
		if i := ch.values.find(value); i >= 0 {
			return ch.objects[i]
		}
		c.reportAt(c.pointerTo(ch.property), RuleDiscriminator,
			"must be one of "+list(ch.values.list, "or")+came(value), ch.values.list)
		return nil
	}
	switch {
	case ch.fallback != nil:
		return ch.fallback
	case ahead.fault == "":
		c.reportAt(c.pointerTo(ch.property), RuleRequired,
			"is required; it says which of "+list(ch.values.list, "or")+" this is", ch.values.list)
	}
	return nil
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
