// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// By the letter of JSON Schema most unions of the contract refuse their own
// alternatives: a union of {passport?: …} and {visa?: …} is two objects that
// both accept both. One rule says what is meant:
//
//   - where there is a discriminator, its value picks the alternative;
//   - else the keys do: a body must have keys of exactly one alternative, and
//     then what that alternative requires;
//   - where there is one alternative, that is it.
//
// Either way the alternative's properties lie in the same object as the rest,
// so a schema is laid flat first.

// maxFlatten bounds how deep unions and allOf may stand in each other.
const maxFlatten = 8

// flat is an object's rules, collected.
type flat struct {
	props    []flatProp
	required []string
	twins    []string
	unions   [][]flatAlt
	choice   *flatChoice
	values   *Schema
	closed   bool
}

type flatProp struct {
	name   string
	schema *Schema
	at     string
}

// flatAlt is an alternative that its keys tell apart.
type flatAlt struct {
	keys     []string
	required []string
}

type flatChoice struct {
	property string
	values   []string
	alts     []*flat // one for each value
	optional bool    // one alternative, and it does not demand the property
}

// flatten collects the rules of an object schema, its allOf parts and unions.
func (c *Contract) flatten(s *Schema, at string, depth int) (*flat, error) {
	if depth == 0 {
		return nil, errors.New("unions stand too deep in each other")
	}
	if s.Ref != "" {
		t, err := c.schema(s.Ref)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Ref, err)
		}
		return c.flatten(t, t.Name, depth-1)
	}
	if typeOf(s) != "object" {
		return nil, fmt.Errorf("%s: a part of a union or of allOf is not an object", at)
	}
	f := &flat{closed: s.Closed, values: s.Values}
	for _, p := range s.Properties {
		f.props = append(f.props, flatProp{p.Name, p.Schema, at + "." + p.Name})
	}
	for _, name := range s.Required {
		if _, ok := undeclared(at, name); ok {
			f.twins = append(f.twins, name)
		} else {
			f.required = append(f.required, name)
		}
	}
	for _, part := range s.AllOf {
		p, err := c.flatten(part, at, depth-1)
		if err != nil {
			return nil, err
		}
		if err := f.merge(p, true); err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
	}
	if s.OneOf == nil {
		return f, nil
	}
	alts := make([]*flat, len(s.OneOf))
	for i, alt := range s.OneOf {
		var err error
		if alts[i], err = c.flatten(alt, fmt.Sprintf("%s(%d)", at, i), depth-1); err != nil {
			return nil, err
		}
	}
	var err error
	switch {
	case s.Discriminator != nil:
		err = f.choose(s, alts)
	case len(alts) == 1:
		err = f.merge(alts[0], true)
	default:
		err = f.byKeys(alts)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	return f, nil
}

// merge adds the rules of p to f; what p requires only if demanded is set.
func (f *flat) merge(p *flat, demanded bool) error {
	for _, q := range p.props {
		i := slices.IndexFunc(f.props, func(have flatProp) bool { return have.name == q.name })
		switch {
		case i < 0:
			f.props = append(f.props, q)
		case !sameShape(f.props[i].schema, q.schema):
			return fmt.Errorf("property %s has two shapes", q.name)
		}
	}
	if demanded {
		for _, name := range p.required {
			if !slices.Contains(f.required, name) {
				f.required = append(f.required, name)
			}
		}
	}
	f.twins = append(f.twins, p.twins...)
	f.unions = append(f.unions, p.unions...)
	f.closed = f.closed || p.closed
	if p.values != nil {
		f.values = p.values
	}
	if p.choice != nil {
		if f.choice != nil {
			return errors.New("two discriminators in one object")
		}
		f.choice = p.choice
	}
	return nil
}

func sameShape(a, b *Schema) bool {
	return a.Ref == b.Ref && a.Type == b.Type && a.Format == b.Format && slices.Equal(a.Enum, b.Enum) &&
		(a.Ref != "" || a.Type == "string" || bytes.Equal(a.raw, b.raw))
}

// byKeys makes a union whose alternatives the keys tell apart.
func (f *flat) byKeys(alts []*flat) error {
	var u []flatAlt
	taken := map[string]bool{}
	for _, alt := range alts {
		if len(alt.props) == 0 || alt.choice != nil || alt.unions != nil || alt.closed {
			return errors.New("no rule decides this union")
		}
		a := flatAlt{required: alt.required}
		for _, p := range alt.props {
			if taken[p.name] {
				return fmt.Errorf("two alternatives of a union have the key %s", p.name)
			}
			taken[p.name] = true
			a.keys = append(a.keys, p.name)
		}
		u = append(u, a)
		if err := f.merge(alt, false); err != nil {
			return err
		}
	}
	f.unions = append(f.unions, u)
	return nil
}

// choose makes a union that a discriminator decides. A value is a key of the
// mapping, or the name of an alternative that no key leads to.
func (f *flat) choose(s *Schema, alts []*flat) error {
	if f.choice != nil {
		return errors.New("two discriminators in one object")
	}
	d := &flatChoice{property: s.Discriminator.Property}
	mapped := map[string]bool{}
	for _, m := range s.Discriminator.Mapping {
		i := slices.IndexFunc(s.OneOf, func(alt *Schema) bool { return alt.Ref == m.Schema })
		if i < 0 {
			return fmt.Errorf("the discriminator's value %s leads out of the union", m.Value)
		}
		mapped[m.Schema] = true
		d.values, d.alts = append(d.values, m.Value), append(d.alts, alts[i])
	}
	for i, alt := range s.OneOf {
		if !mapped[alt.Ref] {
			d.values, d.alts = append(d.values, alt.Ref), append(d.alts, alts[i])
		}
	}
	d.optional = len(alts) == 1 && !slices.Contains(alts[0].required, d.property)
	for i, alt := range d.alts {
		whole := &flat{}
		if err := whole.merge(f, true); err != nil {
			return err
		}
		if err := whole.merge(alt, true); err != nil {
			return fmt.Errorf("alternative %s: %w", d.values[i], err)
		}
		d.alts[i] = whole
	}
	f.choice = d
	return nil
}

// union is a compiled union that keys decide.
type union struct {
	alts []alternative
	keys []string // of all alternatives, for messages
}

type alternative struct {
	keys, required mask
}

func compileUnion(alts []flatAlt, number map[string]int) union {
	var u union
	for _, a := range alts {
		var alt alternative
		for _, key := range a.keys {
			alt.keys.add(number[key])
			u.keys = append(u.keys, key)
		}
		for _, key := range a.required {
			alt.required.add(number[key])
		}
		u.alts = append(u.alts, alt)
	}
	return u
}

// choice is a compiled discriminator.
type choice struct {
	property string
	values   *names
	objects  []*object // by number of the value
	fallback *object   // where the property may be absent
}

func (c *Contract) compileChoice(f *flat) (*choice, error) {
	d := &choice{property: f.choice.property, values: newNames(f.choice.values)}
	for _, alt := range f.choice.alts {
		o, err := c.compileFlat(alt)
		if err != nil {
			return nil, err
		}
		d.objects = append(d.objects, o)
	}
	if f.choice.optional {
		d.fallback = d.objects[0]
	}
	return d, nil
}
