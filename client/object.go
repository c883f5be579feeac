// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
)

// Object is a JSON object with all of its members, known or not. Numbers are json.Number, so that they
// go back as they came.
type Object map[string]any

// ParseObject reads an object.
func ParseObject(b []byte) (Object, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var o Object
	if err := d.Decode(&o); err != nil {
		return nil, fmt.Errorf("client: not an object: %w", err)
	}
	return o, nil
}

// Get follows member names; nil when something on the way is not there.
func (o Object) Get(path ...string) any {
	var v any = map[string]any(o)
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

// Text is Get for a text, empty when there is none.
func (o Object) Text(path ...string) string {
	s, _ := o.Get(path...).(string)
	return s
}

// Set sets a member and makes the objects on the way to it.
func (o Object) Set(value any, path ...string) {
	m := map[string]any(o)
	for i, name := range path {
		if i == len(path)-1 {
			m[name] = value
			return
		}
		next, ok := m[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			m[name] = next
		}
		m = next
	}
}

// Remove takes a member away.
func (o Object) Remove(path ...string) {
	if len(path) == 0 {
		return
	}
	if m, ok := o.Get(path[:len(path)-1]...).(map[string]any); ok {
		delete(m, path[len(path)-1])
	}
}

// Merge applies a merge patch (RFC 7396): members of patch replace those of o, objects are merged, null
// takes a member away.
func (o Object) Merge(patch Object) { merge(o, patch) }

func merge(into, patch map[string]any) {
	for name, v := range patch {
		m, isObject := v.(map[string]any)
		switch {
		case v == nil:
			delete(into, name)
		case isObject:
			have, ok := into[name].(map[string]any)
			if !ok {
				have = map[string]any{}
			}
			have = maps.Clone(have)
			merge(have, m)
			into[name] = have
		default:
			into[name] = v
		}
	}
}

// Copy is a copy that shares nothing with o that Set, Remove and Merge would change.
func (o Object) Copy() Object { return deepCopy(o) }

func deepCopy(in map[string]any) map[string]any {
	out := make(map[string]any, len(in))
	for name, v := range in {
		if m, ok := v.(map[string]any); ok {
			v = deepCopy(m)
		}
		out[name] = v
	}
	return out
}

// Become gives o the members of other and no others.
func (o Object) Become(other Object) {
	clear(o)
	maps.Copy(o, other)
}
