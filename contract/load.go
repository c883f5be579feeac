// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Contract is the whole API. It is safe for concurrent use.
type Contract struct {
	// Limits of the bodies that are checked. Set them before the first check.
	Limits Limits

	docs       []document
	components map[string]map[string]component // by kind and name
	tags       map[string]string               // description by name
	paths      map[string]bool
	operations []*Operation
	byID       map[string]*Operation
	params     map[string]Param     // components that operations share
	responses  map[string]*Response // those, too

	schemas  map[string]*schemaSlot
	patterns patternSet
	checkers sync.Pool
	merged   func() []byte
}

type document struct {
	name  string
	raw   []byte
	paths []pathItem
}

type pathItem struct {
	path string
	raw  []byte
}

type component struct {
	file string
	raw  []byte
}

// schemaSlot parses a component when it is first asked for: most requests
// touch few of them, and a start should not pay for all.
type schemaSlot struct {
	once   sync.Once
	schema *Schema
	err    error
	place  atomic.Pointer[Schema] // what stands where this component is referred to and nothing else is said
}

// Load reads the embedded contract. It reads every operation and finds every
// schema; a schema is compiled when it is first needed. That all of them
// compile is what Verify proves, and a test of this package calls it.
func Load() (*Contract, error) {
	return load(embedded())
}

// load makes a contract of documents, which it keeps.
func load(docs []document) (*Contract, error) {
	c := &Contract{
		Limits:     Limits{MaxBytes: 10 << 20, MaxDepth: 64},
		components: map[string]map[string]component{},
		tags:       map[string]string{},
		paths:      map[string]bool{},
		byID:       map[string]*Operation{},
		params:     map[string]Param{},
		responses:  map[string]*Response{},
		schemas:    map[string]*schemaSlot{},
	}
	c.checkers.New = func() any { return new(checker) }
	c.merged = sync.OnceValue(c.merge)
	for i := range docs {
		if err := c.index(&docs[i]); err != nil {
			return nil, fmt.Errorf("contract: %s: %w", docs[i].name, err)
		}
	}
	c.docs = docs
	for _, d := range c.docs {
		for _, p := range d.paths {
			if err := c.readPath(p.path, p.raw); err != nil {
				return nil, fmt.Errorf("contract: %s: %s: %w", d.name, p.path, err)
			}
		}
	}
	slices.SortFunc(c.operations, func(a, b *Operation) int { return strings.Compare(a.ID, b.ID) })
	return c, nil
}

// index notes where each path and each component of a file stands.
func (c *Contract) index(d *document) error {
	r := reader{src: d.raw}
	return r.members(func(key string) error {
		switch key {
		case "paths":
			return r.members(func(path string) error {
				d.paths = append(d.paths, pathItem{path, r.raw()})
				return nil
			})
		case "components":
			return r.members(func(kind string) error {
				return r.members(func(name string) error {
					return c.addComponent(d.name, kind, name, r.raw())
				})
			})
		}
		val := r.raw()
		switch {
		case key == "tags":
			return elements(val, c.readTag)
		case key == "openapi", key == "info", key == "servers", strings.HasPrefix(key, "x-"):
			return nil
		}
		return errUnknownKeyword
	})
}

func (c *Contract) addComponent(file, kind, name string, raw []byte) error {
	byName := c.components[kind]
	if byName == nil {
		byName = map[string]component{}
		c.components[kind] = byName
	}
	if have, ok := byName[name]; ok {
		return fmt.Errorf("already in %s", have.file)
	}
	byName[name] = component{file, raw}
	if kind == "schemas" {
		c.schemas[name] = new(schemaSlot)
	}
	return nil
}

func (c *Contract) readTag(raw []byte) error {
	var name, description string
	err := members(raw, func(key string, val []byte) error {
		switch key {
		case "name":
			return readText(val, &name)
		case "description":
			return readText(val, &description)
		}
		return nil
	})
	if description != "" || c.tags[name] == "" {
		c.tags[name] = description
	}
	return err
}

// refName reads a reference and returns the name of the component, which must
// exist. Names are unique over all files, so the file's name says nothing.
func (c *Contract) refName(raw []byte, kind string) (string, error) {
	var ref string
	if err := readText(raw, &ref); err != nil {
		return "", err
	}
	_, at, ok := strings.Cut(ref, "#/components/"+kind+"/")
	if !ok {
		return "", fmt.Errorf("reference %q does not lead to %s", ref, kind)
	}
	if _, ok := c.components[kind][at]; !ok {
		return "", fmt.Errorf("reference %q leads nowhere", ref)
	}
	return at, nil
}

// Schema returns the component of that name, nil if there is none.
func (c *Contract) Schema(name string) *Schema {
	s, _ := c.schema(name)
	return s
}

func (c *Contract) schema(name string) (*Schema, error) {
	slot := c.schemas[name]
	if slot == nil {
		return nil, fmt.Errorf("no schema %s", name)
	}
	slot.once.Do(func() {
		slot.schema, _, slot.err = c.parseAlone(c.components["schemas"][name].raw)
		if slot.schema != nil {
			slot.schema.Name = name
		}
	})
	return slot.schema, slot.err
}

// Schemas lists the names of all schema components, sorted.
func (c *Contract) Schemas() []string {
	return sortedKeys(c.schemas)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// localRefs turns references between files into references inside one document.
func localRefs(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for {
		i := bytes.Index(raw, []byte(".json#/"))
		if i < 0 {
			return append(out, raw...)
		}
		from := bytes.LastIndexByte(raw[:i], '"') + 1
		if bytes.ContainsAny(raw[from:i], " /") { // prose, not a reference
			from = i + len(".json")
		}
		out = append(out, raw[:from]...)
		raw = raw[i+len(".json"):]
	}
}
