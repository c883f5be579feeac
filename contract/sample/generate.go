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
	g.out = append(g.out, '{')
	first := true
	put := func(name string, write func()) {
		if !first {
			g.out = append(g.out, ',')
		}
		first = false
		quoted, _ := json.Marshal(name)
		g.out = append(append(g.out, quoted...), ':')
		g.path = append(g.path, name)
		write()
		g.path = g.path[:len(g.path)-1]
	}
	for _, m := range members {
		target := m.Schema.Target()
		switch {
		case m.fixed != "":
			put(m.Name, func() { g.out = fmt.Appendf(g.out, "%q", m.fixed) })
			continue
		case g.request && m.Schema.ReadOnly:
			continue
		case m.Required:
		case depth >= g.Depth || m.Schema.Deprecated && !g.Deprecated:
			continue
		case target.Deprecated && !g.Deprecated, slices.Contains(g.path, target.Name) && target.Name != "":
			continue
		}
		if target.Name != "" {
			g.path = append(g.path, target.Name)
			put(m.Name, func() { g.value(m.Schema, depth+1) })
			g.path = g.path[:len(g.path)-1]
			continue
		}
		put(m.Name, func() { g.value(m.Schema, depth+1) })
	}
	if s.Values != nil && depth < g.Depth {
		put("note", func() { g.value(s.Values, depth+1) })
	}
	g.out = append(g.out, '}')
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
	n := g.Pick % len(s.OneOf)
	fixed := ""
	if d := s.Discriminator; d != nil {
		n = g.Pick % max(len(d.Mapping), 1)
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
	if depth > g.Depth || s.Items == nil {
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
