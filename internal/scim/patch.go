// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
)

// operation is one change of a PATCH (RFC 7644, section 3.5.2).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// patch applies operations to a resource, in order. The resource is changed in place.
func patch(resource map[string]any, ops []operation) error {
	for i, o := range ops {
		err := o.apply(resource)
		if e := errs.As(err); e != nil {
			for j := range e.Fields {
				e.Fields[j].In, e.Fields[j].Pointer = "body", fmt.Sprintf("/Operations/%d", i)+strings.TrimSuffix(e.Fields[j].Pointer, "/filter")
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (o operation) apply(resource map[string]any) error {
	o.Op = strings.ToLower(o.Op)
	if o.Path == "" {
		return o.pathless(resource)
	}
	at, err := parsePath(o.Path)
	if err != nil {
		return err
	}
	return o.at(resource, at)
}

// pathless spreads an object of attributes; its keys may be paths, as Entra and Okta write them.
func (o operation) pathless(resource map[string]any) error {
	if o.Op == "remove" {
		return errs.Invalidf("/path", "noTarget", "a removal needs a path")
	}
	object, ok := o.Value.(map[string]any)
	if !ok {
		return errs.Invalidf("/value", "invalidValue", "without a path the value must be an object of attributes")
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		value := object[key]
		at, err := parsePath(key)
		if err != nil {
			return err
		}
		if at.attr != nil && at.attr.Name == "schemas" || at.attr != nil && at.attr.Mutability == "readOnly" && reflect.DeepEqual(resource[at.attr.Name], value) {
			continue
		}
		if err := (operation{o.Op, key, value}).at(resource, at); err != nil {
			return err
		}
	}
	return nil
}

func (o operation) at(resource map[string]any, at path) error {
	if at.whole {
		return o.extension(resource)
	}
	if at.attr.Mutability == "readOnly" || at.sub != nil && at.sub.Mutability == "readOnly" {
		return errs.Invalidf("/path", "mutability", "%s is set by the server", at.attr.Name)
	}
	holder := resource
	if at.extension {
		holder = sub(resource, enterpriseURN)
	}
	err := o.attribute(holder, at)
	if ext, _ := resource[enterpriseURN].(map[string]any); ext != nil && len(ext) == 0 {
		delete(resource, enterpriseURN)
	}
	return err
}

func (o operation) extension(resource map[string]any) error {
	if o.Op == "remove" {
		delete(resource, enterpriseURN)
		return nil
	}
	object, ok := o.Value.(map[string]any)
	if !ok {
		return errs.Invalidf("/value", "invalidValue", "the extension is an object of attributes")
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		name := enterpriseURN + ":" + key
		at, err := parsePath(name)
		if err != nil {
			return err
		}
		if err := (operation{o.Op, name, object[key]}).at(resource, at); err != nil {
			return err
		}
	}
	return nil
}

func (o operation) attribute(holder map[string]any, at path) error {
	name := at.attr.Name
	if at.attr.Multi && (at.where != nil || at.sub != nil) {
		return o.elements(holder, at)
	}
	if at.sub != nil {
		inner := sub(holder, name)
		err := o.set(inner, at.sub)
		if len(inner) == 0 {
			delete(holder, name)
		}
		return err
	}
	if !at.attr.Multi {
		return o.set(holder, at.attr)
	}
	if o.Op == "remove" && o.Value == nil {
		delete(holder, name)
		return nil
	}
	given, err := list(at.attr, o.Value)
	if err != nil {
		return err
	}
	have, _ := holder[name].([]any)
	switch o.Op {
	case "replace":
		have = given
	case "add":
		for _, v := range given {
			if !slices.ContainsFunc(have, func(h any) bool { return reflect.DeepEqual(h, v) }) {
				have = append(oneprimary(have, v), v)
			}
		}
	default: // remove the values named
		have = slices.DeleteFunc(slices.Clone(have), func(h any) bool {
			return slices.ContainsFunc(given, func(v any) bool { return reflect.DeepEqual(valueOf(h), valueOf(v)) })
		})
	}
	put(holder, name, have)
	return nil
}

// elements changes the values of a list that fit the filter in brackets. Directories replace what is not
// there yet and mean to add it: the filter's equalities then describe the new value.
func (o operation) elements(holder map[string]any, at path) error {
	name := at.attr.Name
	have, _ := holder[name].([]any)
	have = slices.Clone(have)
	var kept []any
	found := false
	for _, v := range have {
		m, ok := v.(map[string]any)
		if !ok || at.where != nil && !at.where.match(m) {
			kept = append(kept, v)
			continue
		}
		found = true
		m = maps.Clone(m)
		switch {
		case at.sub != nil:
			if err := o.set(m, at.sub); err != nil {
				return err
			}
		case o.Op == "remove":
			continue
		default:
			given, err := complexValue(at.attr, o.Value)
			if err != nil {
				return err
			}
			if o.Op == "replace" {
				m = map[string]any{}
				described(at.where, m)
			}
			maps.Copy(m, given)
		}
		if m["value"] != nil || len(m) > 0 && at.attr.Name == "addresses" {
			kept = append(kept, m)
		}
	}
	if !found && o.Op != "remove" {
		m := map[string]any{}
		described(at.where, m)
		if at.sub != nil {
			if err := o.set(m, at.sub); err != nil {
				return err
			}
		} else {
			given, err := complexValue(at.attr, o.Value)
			if err != nil {
				return err
			}
			maps.Copy(m, given)
		}
		if m["value"] != nil || at.attr.Name == "addresses" {
			kept = append(oneprimary(kept, m), m)
		}
	}
	put(holder, name, kept)
	return nil
}

// described sets what the equalities of a filter say about a value.
func described(f filter, m map[string]any) {
	switch t := f.(type) {
	case both:
		described(t.a, m)
		described(t.b, m)
	case test:
		if t.op != "eq" || t.want == nil {
			return
		}
		if v, err := simple(t.at.attr, t.want); err == nil {
			m[t.at.attr.Name] = v
		}
	}
}

// oneprimary takes primary from the values that are there when the new one has it.
func oneprimary(have []any, v any) []any {
	if m, ok := v.(map[string]any); !ok || m["primary"] != true {
		return have
	}
	out := make([]any, len(have))
	for i, h := range have {
		if m, ok := h.(map[string]any); ok && m["primary"] == true {
			m = maps.Clone(m)
			delete(m, "primary")
			h = m
		}
		out[i] = h
	}
	return out
}

// set changes one attribute that is no list. Empty text and null take it away.
func (o operation) set(holder map[string]any, a *attribute) error {
	if o.Op == "remove" || o.Value == nil || o.Value == "" {
		delete(holder, a.Name)
		return nil
	}
	if a.Type == "complex" {
		given, err := complexValue(a, o.Value)
		if err != nil {
			return err
		}
		if have, _ := holder[a.Name].(map[string]any); o.Op == "add" && have != nil {
			have = maps.Clone(have)
			maps.Copy(have, given)
			given = have
		}
		put(holder, a.Name, given)
		return nil
	}
	v, err := simple(a, o.Value)
	if err == nil {
		holder[a.Name] = v
	}
	return err
}

// simple reads a value of a simple attribute; booleans may be text.
func simple(a *attribute, v any) (any, error) {
	if a.Type == "boolean" {
		b, ok := truth(v)
		if !ok {
			return nil, errs.Invalidf("/value", "invalidValue", "%s must be true or false", a.Name)
		}
		return b, nil
	}
	s, ok := v.(string)
	if !ok {
		if m, isObject := v.(map[string]any); isObject { // {"value": "..."}, as some write plain attributes
			if s, ok = m["value"].(string); ok {
				return s, nil
			}
		}
		return nil, errs.Invalidf("/value", "invalidValue", "%s must be a text", a.Name)
	}
	return s, nil
}

// complexValue reads an object by the names of the schema; a bare text is its member value.
func complexValue(a *attribute, v any) (map[string]any, error) {
	if s, ok := v.(string); ok && find(a.Subs, "value") != nil {
		return map[string]any{"value": s}, nil
	}
	if l, ok := v.([]any); ok && len(l) == 1 { // one value, written as a list
		v = l[0]
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errs.Invalidf("/value", "invalidValue", "%s must be an object", a.Name)
	}
	out := map[string]any{}
	for key, value := range m {
		s := find(a.Subs, key)
		if s == nil || s.Mutability == "readOnly" || value == nil || value == "" {
			continue
		}
		one, err := simple(s, value)
		if err != nil {
			return nil, err
		}
		out[s.Name] = one
	}
	return out, nil
}

// list reads the values of a list; a single one may stand without brackets.
func list(a *attribute, v any) ([]any, error) {
	in, ok := v.([]any)
	if !ok {
		if v == nil {
			return nil, nil
		}
		in = []any{v}
	}
	var out []any
	for _, e := range in {
		m, err := complexValue(a, e)
		if err != nil {
			return nil, err
		}
		if len(m) > 0 {
			out = append(oneprimary(out, m), m)
		}
	}
	return out, nil
}

func valueOf(v any) any {
	if m, ok := v.(map[string]any); ok {
		return m["value"]
	}
	return v
}

// sub is the object under a name, made when it is not there; a copy, so that the original stays.
func sub(holder map[string]any, name string) map[string]any {
	m, _ := holder[name].(map[string]any)
	m = maps.Clone(m)
	if m == nil {
		m = map[string]any{}
	}
	holder[name] = m
	return m
}

// put sets a list or an object, and takes an empty one away.
func put[T ~[]any | ~map[string]any](holder map[string]any, name string, v T) {
	if len(v) == 0 {
		delete(holder, name)
		return
	}
	holder[name] = v
}
