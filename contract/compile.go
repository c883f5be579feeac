// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"errors"
	"fmt"
)

// node is a schema made ready to check with. A node of kindRef stands for a
// component and finds its node when a value first gets there.
type node struct {
	kind     kind
	nullable bool
	ref      *Schema // kindRef: the component
	err      string  // kindBroken: why the schema did not compile
	text     *text
	number   *numeric
	object   *object
	array    *array
}

type kind uint8

const (
	kindAny kind = iota
	kindRef
	kindObject
	kindArray
	kindText
	kindNumber
	kindBool
	kindBroken
)

type text struct {
	enum     *names
	matchers []*matcher // of the format and the pattern
	rules    []string   // what each of them is called
	min, max int        // in characters
}

type array struct {
	items    *node
	min, max int
	unique   bool
}

// object is an object's rules with its allOf parts and union keys laid flat.
type object struct {
	names    *names
	props    []property
	required [2]mask // in a request, in a response
	unions   []union
	choice   *choice // a discriminator that picks further rules
	values   *node   // of other keys, nil: anything
	closed   bool
	twins    []string // undeclared names that may be sent nevertheless
}

type property struct {
	node     *node
	readOnly bool
}

// mask is a set of an object's properties.
type mask [2]uint64

const maxProps = 128

func (m *mask) add(i int)        { m[i>>6] |= 1 << (i & 63) }
func (m *mask) has(i int) bool   { return m[i>>6]&(1<<(i&63)) != 0 }
func (m mask) meets(o mask) bool { return m[0]&o[0]|m[1]&o[1] != 0 }
func (m mask) without(o mask) mask {
	return mask{m[0] &^ o[0], m[1] &^ o[1]}
}

// compiled returns the node of a component or of any other schema, and makes it
// when it is first asked for.
func (s *Schema) compiled() *node {
	s.once.Do(func() {
		n, err := s.contract.compile(s, s.Name)
		if err != nil {
			n = &node{kind: kindBroken, err: err.Error()}
		}
		s.node = n
	})
	return s.node
}

// compile makes the node of a schema. at names the place, for errors and for
// the table of undeclared names.
func (c *Contract) compile(s *Schema, at string) (*node, error) {
	if s.Ref != "" {
		t, err := c.schema(s.Ref)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Ref, err)
		}
		return &node{kind: kindRef, ref: t}, nil
	}
	n := &node{nullable: s.Nullable}
	var err error
	switch typeOf(s) {
	case "":
		return n, nil
	case "object":
		n.kind = kindObject
		n.object, err = c.compileObject(s, at)
	case "array":
		n.kind = kindArray
		n.array, err = c.compileArray(s, at)
	case "string":
		n.kind = kindText
		n.text, err = c.compileText(s)
	case "integer", "number":
		n.kind = kindNumber
		n.number = compileNumber(s)
	case "boolean":
		n.kind = kindBool
	default:
		err = fmt.Errorf("unknown type %q", s.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	return n, nil
}

// typeOf is the type of a schema, concluded from its keywords where the
// contract leaves it out.
func typeOf(s *Schema) string {
	switch {
	case s.Type != "":
		return s.Type
	case s.Properties != nil || s.OneOf != nil || s.AllOf != nil:
		return "object"
	case s.Items != nil:
		return "array"
	case s.Enum != nil:
		return "string"
	}
	return ""
}

func (c *Contract) compileArray(s *Schema, at string) (*array, error) {
	a := &array{items: &node{}, min: s.MinItems, max: s.MaxItems, unique: s.UniqueItems}
	if s.Items == nil {
		return a, nil
	}
	if s.UniqueItems && typeOf(s.Items.Target()) != "string" {
		return nil, errors.New("uniqueItems is understood for strings only")
	}
	var err error
	a.items, err = c.compile(s.Items, at+"[]")
	return a, err
}

func (c *Contract) compileText(s *Schema) (*text, error) {
	t := &text{min: s.MinLength, max: s.MaxLength}
	if s.Enum != nil {
		t.enum = newNames(s.Enum)
	}
	if m := textFormat(s.Format); m != nil {
		t.matchers, t.rules = append(t.matchers, m), append(t.rules, RuleFormat)
	}
	if s.Pattern != "" {
		m, err := c.patterns.get(s.Pattern)
		if err != nil {
			return nil, err
		}
		t.matchers, t.rules = append(t.matchers, m), append(t.rules, RulePattern)
	}
	return t, nil
}

func compileNumber(s *Schema) *numeric {
	n := &numeric{whole: s.Type == "integer", bits: 64, min: s.Minimum, max: s.Maximum}
	if s.Format == "int32" || s.Format == "float" {
		n.bits = 32
	}
	return n
}

func (c *Contract) compileObject(s *Schema, at string) (*object, error) {
	f, err := c.flatten(s, at, maxFlatten)
	if err != nil {
		return nil, err
	}
	return c.compileFlat(f)
}

// compileFlat turns collected rules into the form the checker walks.
func (c *Contract) compileFlat(f *flat) (*object, error) {
	if len(f.props) > maxProps {
		return nil, fmt.Errorf("more than %d properties", maxProps)
	}
	o := &object{closed: f.closed, twins: f.twins}
	list := make([]string, len(f.props))
	number := map[string]int{}
	for i, p := range f.props {
		list[i] = p.name
		number[p.name] = i
		n, err := c.compile(p.schema, p.at)
		if err != nil {
			return nil, err
		}
		o.props = append(o.props, property{n, p.schema.ReadOnly})
	}
	o.names = newNames(list)
	for _, name := range f.required {
		i, ok := number[name]
		if !ok {
			return nil, fmt.Errorf("required name %q is not declared", name)
		}
		o.required[1].add(i)
		if !o.props[i].readOnly {
			o.required[0].add(i)
		}
	}
	for _, u := range f.unions {
		o.unions = append(o.unions, compileUnion(u, number))
	}
	if f.values != nil {
		var err error
		if o.values, err = c.compile(f.values, "values"); err != nil {
			return nil, err
		}
	}
	if f.choice != nil {
		var err error
		o.choice, err = c.compileChoice(f)
		return o, err
	}
	return o, nil
}

// Verify compiles every schema and returns all that does not compile: an
// unknown keyword, a reference into the void, a union no rule decides, a
// required name that nobody declares.
func (c *Contract) Verify() error {
	var errs []error
	check := func(name string, s *Schema, err error) {
		if err == nil {
			if n := s.compiled(); n.kind == kindBroken {
				err = errors.New(n.err)
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("contract: %s: %w", name, err))
		}
	}
	for _, name := range sortedKeys(c.schemas) {
		s, err := c.schema(name)
		check(name, s, err)
	}
	for _, op := range c.operations {
		for _, p := range op.Params {
			check(op.ID+" parameter "+p.Name, p.Schema, nil)
		}
		if op.Body != nil {
			for media, s := range op.Body.Content {
				check(op.ID+" "+media, s, nil)
			}
		}
		for _, r := range op.Responses {
			for media, s := range r.Content {
				check(op.ID+" "+media, s, nil)
			}
		}
	}
	return errors.Join(errs...)
}
