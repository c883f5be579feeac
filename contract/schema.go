// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bytes"
	"sync"
)

// Schema is one schema as the contract writes it: a named component, or one
// that stands inside another or beside a parameter. Fields hold what stands at
// this very place; where Ref is set, Target leads to the rest. Read only.
type Schema struct {
	Name        string // of the component; "" for an inline schema
	Ref         string // name of the component this place refers to, or ""
	Description string
	Type        string // "" where the contract gives none
	Nullable    bool   // "null" is listed beside Type
	Format      string
	Pattern     string
	Enum        []string
	Default     []byte // JSON
	Required    []string
	Properties  []Property // in the order written
	Items       *Schema
	Values      *Schema // of keys that are not declared (additionalProperties)
	Closed      bool    // additionalProperties: false
	OneOf       []*Schema
	AllOf       []*Schema
	// Discriminator names the property whose value picks one of OneOf.
	Discriminator *Discriminator

	Minimum, Maximum     *float64
	MinItems, MaxItems   int // MaxItems 0: no limit
	MinLength, MaxLength int // in characters; MaxLength 0: no limit
	UniqueItems          bool
	ReadOnly             bool
	Deprecated           bool
	PII                  string // class of personal data (x-pii), or ""
	Redact               string // how the value is shown where it should not be whole (x-redact), or ""
	Choice               string // what we decided where the reference is silent (x-choice)

	contract *Contract
	raw      []byte
	once     sync.Once
	node     *node
}

// Property is a declared member of an object.
type Property struct {
	Name     string
	Required bool
	Schema   *Schema
}

// Discriminator picks an alternative of a union.
type Discriminator struct {
	Property string
	Mapping  []Mapping // in the order written
}

// Mapping ties a discriminator's value to the component it stands for.
type Mapping struct {
	Value  string
	Schema string
}

// Target follows references to the schema that holds the structure. It is the
// schema itself where nothing is referred to.
func (s *Schema) Target() *Schema {
	for s.Ref != "" {
		t := s.contract.Schema(s.Ref)
		if t == nil {
			return s
		}
		s = t
	}
	return s
}

// JSON is the schema as written, references local to the merged document.
func (s *Schema) JSON() []byte { return localRefs(s.raw) }

// Extension is the JSON of a member such as "x-payload-schema", nil if absent.
func (s *Schema) Extension(name string) []byte {
	var found []byte
	_ = members(s.raw, func(k string, v []byte) error {
		if k == name {
			found = bytes.Clone(v) // v may lie in memory that cannot be written
		}
		return nil
	})
	return found
}

// Fields lists the properties an object of this schema may have, those of its
// allOf parts and union alternatives included, each name once.
func (s *Schema) Fields() []Property {
	var out []Property
	seen := map[string]bool{}
	var add func(s *Schema, depth int)
	add = func(s *Schema, depth int) {
		s = s.Target()
		for _, p := range s.Properties {
			if !seen[p.Name] {
				seen[p.Name] = true
				out = append(out, p)
			}
		}
		if depth == 0 {
			return
		}
		for _, part := range s.AllOf {
			add(part, depth-1)
		}
		for _, alt := range s.OneOf {
			add(alt, depth-1)
		}
	}
	add(s, maxFlatten)
	return out
}
