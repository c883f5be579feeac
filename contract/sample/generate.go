// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/airside-travel/airside/contract"
)

// deepest stops a schema that requires itself without end; none does today.
const deepest = 60

type generator struct {
	Options
	request bool
	stride  int      // how many Picks the unions around the value take for a round
	path    []string // names on the way to the value, for choosing it
	out     []byte
}

func (g *generator) value(s *contract.Schema, depth int) {
	site := s
	s = s.Target()
	switch {
	case depth > deepest:
		g.out = append(g.out, "null"...)
	case isObject(s):
		g.object(s, depth)
	case s.Items != nil || s.Type == "array":
		g.array(s, depth)
	case s.Type == "boolean":
		g.out = append(g.out, g.flag(site, s)...)
	case s.Type == "integer" || s.Type == "number":
		g.out = append(g.out, g.number(s)...)
	case s.Type == "string" || s.Enum != nil:
		text, _ := json.Marshal(g.text(s)) // a string always can be
		g.out = append(g.out, text...)
	default:
		g.out = append(g.out, "{}"...)
	}
}

func isObject(s *contract.Schema) bool {
	return s.Type == "object" || s.Type == "" && (s.Properties != nil || s.OneOf != nil || s.AllOf != nil)
}

// member is a property to write; fixed is its value where a union sets it.
type member struct {
	contract.Property
	fixed string
}

func (g *generator) object(s *contract.Schema, depth int) {
	members := g.members(s, nil)
	defer func(around int) { g.stride = around }(g.stride)
	g.stride = max(g.stride, 1) * max(len(s.OneOf), 1)
	g.out = append(g.out, '{')
	start := len(g.out)
	for _, m := range members {
		switch {
		case m.fixed != "":
			g.member(m.Name, nil, func() { g.out = fmt.Appendf(g.out, "%q", m.fixed) }, start)
		case g.request && m.Schema.ReadOnly:
		case m.Required:
			g.member(m.Name, m.Schema, func() { g.value(m.Schema, depth+1) }, start)
		case depth < g.Depth && g.wanted(m):
			g.optional(m, depth, start)
		}
	}
	if s.Values != nil && depth < g.Depth {
		g.member("note", s.Values, func() { g.value(s.Values, depth+1) }, start)
	}
	// Nobody learns from an empty object: it gets the first member that says
	// something.
	for _, m := range members {
		if g.Depth == 0 || depth > deepest/2 || len(g.out) > start {
			break
		}
		if g.wanted(m) && !(g.request && m.Schema.ReadOnly) {
			g.optional(m, depth, start)
		}
	}
	g.out = append(g.out, '}')
}

// wanted says whether an optional member is worth writing: it is not on its way
// out, and it does not lead back to where the generator has been.
func (g *generator) wanted(m member) bool {
	t := m.Schema.Target()
	if (m.Schema.Deprecated || t.Deprecated) && !g.Deprecated {
		return false
	}
	return t.Name == "" || !slices.Contains(g.path, t.Name)
}

func (g *generator) optional(m member, depth, start int) {
	before := len(g.out)
	g.member(m.Name, m.Schema, func() {
		from := len(g.out)
		g.value(m.Schema, depth+1)
		if v := string(g.out[from:]); v == "{}" || v == "[]" || v == "[{}]" {
			g.out = g.out[:from]
		}
	}, start)
	if g.out[len(g.out)-1] == ':' {
		g.out = g.out[:before]
	}
}

func (g *generator) member(name string, s *contract.Schema, write func(), start int) {
	if len(g.out) > start {
		g.out = append(g.out, ',')
	}
	quoted, _ := json.Marshal(name) // a string always can be
	g.out = append(append(g.out, quoted...), ':')
	from := len(g.path)
	if s != nil && s.Target().Name != "" {
		g.path = append(g.path, s.Target().Name)
	}
	g.path = append(g.path, name)
	write()
	g.path = g.path[:from]
}

// members lists what an object is written with: its own properties, those of
// its allOf parts and those of one alternative of its union.
func (g *generator) members(s *contract.Schema, list []member) []member {
	s = s.Target()
	for _, p := range s.Properties {
		list = add(list, member{Property: p})
	}
	for _, part := range s.AllOf {
		list = g.members(part, list)
	}
	for _, name := range s.Required {
		for i := range list {
			list[i].Required = list[i].Required || list[i].Name == name
		}
	}
	if len(s.OneOf) == 0 {
		return list
	}
	turn := g.Pick / max(g.stride, 1)
	n := turn % len(s.OneOf)
	fixed := ""
	if d := s.Discriminator; d != nil {
		n = turn % max(len(d.Mapping), 1)
		for i, alt := range s.OneOf {
			if len(d.Mapping) > 0 && alt.Ref == d.Mapping[n].Schema {
				fixed, n = d.Mapping[n].Value, i
				break
			}
		}
	}
	from := len(list)
	list = g.members(s.OneOf[n], list)
	byKeys := s.Discriminator == nil && len(s.OneOf) > 1
	for i := range list {
		if byKeys && i >= from {
			list[i].Required = true // the keys say which alternative it is
		}
		if s.Discriminator != nil && list[i].Name == s.Discriminator.Property {
			list[i].fixed = fixed
		}
	}
	return list
}

func add(list []member, m member) []member {
	for i := range list {
		if list[i].Name == m.Name {
			list[i].Required = list[i].Required || m.Required
			return list
		}
	}
	return append(list, m)
}

func (g *generator) array(s *contract.Schema, depth int) {
	n := max(s.MinItems, g.Items)
	if depth > g.Depth && (g.Depth == 0 || depth > g.Depth+2) || s.Items == nil {
		n = s.MinItems
	}
	if s.MaxItems > 0 {
		n = min(n, s.MaxItems)
	}
	if s.UniqueItems {
		n = min(n, 1)
	}
	g.out = append(g.out, '[')
	for i := range n {
		if i > 0 {
			g.out = append(g.out, ',')
		}
		if name := s.Items.Target().Name; name != "" {
			if slices.Contains(g.path, name) && s.MinItems == 0 {
				break // a tree ends here
			}
			g.path = append(g.path, name)
			g.value(s.Items, depth)
			g.path = g.path[:len(g.path)-1]
			continue
		}
		g.value(s.Items, depth)
	}
	g.out = append(g.out, ']')
}

func (g *generator) flag(site, target *contract.Schema) string {
	for _, s := range []*contract.Schema{site, target} {
		if s.Default != nil {
			return string(s.Default)
		}
	}
	if strings.HasPrefix(g.last(), "is") {
		return "true"
	}
	return "false"
}

// last is the name that says most about the value.
func (g *generator) last() string {
	if len(g.path) == 0 {
		return ""
	}
	return g.path[len(g.path)-1]
}
