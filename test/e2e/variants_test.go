// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"maps"
	"slices"

	"github.com/airside-travel/airside/contract"
)

// variants is which alternatives of which unions there are, as "Union/alternative", and whether one of them has been
// written and read back. An alternative is told by the one property it has, or by the value of the discriminator.
type variants map[string]bool

// of collects the alternatives that can occur in a schema and answers how many picks it takes to turn through them all,
// unions inside unions included.
func (v variants) of(s *contract.Schema, seen map[*contract.Schema]bool) (picks int) {
	s = s.Target()
	if seen[s] {
		return 1
	}
	seen[s] = true
	defer delete(seen, s)
	for name := range alternatives(s) {
		if _, ok := v[name]; !ok {
			v[name] = false
		}
	}
	picks = 1
	for _, child := range children(s) {
		picks = max(picks, v.of(child, seen))
	}
	return picks * max(len(s.OneOf), 1)
}

// met marks the alternatives that a document shows.
func (v variants) met(s *contract.Schema, value any) {
	s = s.Target()
	switch t := value.(type) {
	case []any:
		for _, e := range t {
			if s.Items != nil {
				v.met(s.Items, e)
			}
		}
	case map[string]any:
		for _, part := range slices.Concat(s.AllOf, s.OneOf) {
			v.met(part, value)
		}
		for name, shows := range alternatives(s) {
			if shows(t) {
				v[name] = true
			}
		}
		for _, p := range s.Properties {
			if member, ok := t[p.Name]; ok {
				v.met(p.Schema, member)
			}
		}
	}
}

func (v variants) left() (names []string) {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if !v[name] {
			names = append(names, name)
		}
	}
	return names
}

// alternatives of a union and how to tell each in a document.
func alternatives(s *contract.Schema) map[string]func(map[string]any) bool {
	out := map[string]func(map[string]any) bool{}
	if s.Discriminator != nil {
		for _, m := range s.Discriminator.Mapping {
			out[s.Name+"/"+m.Value] = func(o map[string]any) bool { return o[s.Discriminator.Property] == m.Value }
		}
		return out
	}
	for _, alt := range s.OneOf {
		if t := alt.Target(); len(t.Properties) == 1 {
			name := t.Properties[0].Name
			out[s.Name+"/"+name] = func(o map[string]any) bool { return o[name] != nil }
		}
	}
	return out
}

func children(s *contract.Schema) []*contract.Schema {
	out := slices.Concat(s.OneOf, s.AllOf)
	for _, p := range s.Properties {
		if !p.Schema.ReadOnly {
			out = append(out, p.Schema)
		}
	}
	if s.Items != nil {
		out = append(out, s.Items)
	}
	return out
}
