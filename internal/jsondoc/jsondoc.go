// SPDX-License-Identifier: Apache-2.0

package jsondoc

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/go-faster/jx"
)

// Object is a JSON object as an ordered list of members with their raw values.
type Object struct{ members []member }

type member struct {
	key string
	raw []byte
}

// Parse reads the top level of an object; values are slices of b, so b must not change afterwards.
func Parse(b []byte) (*Object, error) {
	o := &Object{members: make([]member, 0, 16)}
	d := jx.DecodeBytes(b)
	if err := d.ObjBytes(func(d *jx.Decoder, key []byte) error {
		raw, err := d.Raw()
		if err != nil {
			return err
		}
		o.members = append(o.members, member{string(key), raw})
		return nil
	}); err != nil {
		return nil, fmt.Errorf("jsondoc: %w", err)
	}
	return o, nil
}

// New is an empty object.
func New() *Object { return &Object{} }

// Get is the raw value of a member, nil when absent.
func (o *Object) Get(key string) json.RawMessage {
	for i := range o.members {
		if o.members[i].key == key {
			return o.members[i].raw
		}
	}
	return nil
}

// Has reports whether the member is there (null counts).
func (o *Object) Has(key string) bool { return o.Get(key) != nil }

// String is the value of a string member, empty when absent or not a string.
func (o *Object) String(key string) string {
	raw := o.Get(key)
	if len(raw) == 0 || raw[0] != '"' {
		return ""
	}
	s, err := jx.DecodeBytes(raw).Str()
	if err != nil {
		return ""
	}
	return s
}

// Object is the member as an object; an empty one when absent or not an object.
func (o *Object) Object(key string) *Object {
	if raw := o.Get(key); len(raw) > 0 && raw[0] == '{' {
		if sub, err := Parse(raw); err == nil {
			return sub
		}
	}
	return New()
}

// Keys lists the members in their order.
func (o *Object) Keys() []string {
	keys := make([]string, len(o.members))
	for i, m := range o.members {
		keys[i] = m.key
	}
	return keys
}

// SetRaw sets a member to raw JSON, in place when present, else at the end.
func (o *Object) SetRaw(key string, raw []byte) *Object {
	for i := range o.members {
		if o.members[i].key == key {
			o.members[i].raw = raw
			return o
		}
	}
	o.members = append(o.members, member{key, raw})
	return o
}

// Set marshals v into the member; v must be something encoding/json can encode.
func (o *Object) Set(key string, v any) *Object {
	switch t := v.(type) {
	case string:
		var w jx.Writer
		w.Str(t)
		return o.SetRaw(key, w.Buf)
	case *Object:
		return o.SetRaw(key, t.Bytes())
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("jsondoc: set %s: %v", key, err)) // a programming error: the type cannot be JSON
	}
	return o.SetRaw(key, raw)
}

// First sets a member and moves it to the front, where readers look for ids.
func (o *Object) First(key string, v any) *Object {
	o.Delete(key)
	rest := o.members
	o.members = nil
	o.Set(key, v)
	o.members = append(o.members, rest...)
	return o
}

// Delete removes a member.
func (o *Object) Delete(key string) *Object {
	for i := range o.members {
		if o.members[i].key == key {
			o.members = append(o.members[:i:i], o.members[i+1:]...)
			return o
		}
	}
	return o
}

// Bytes writes the object with its members in order, values as they were received.
func (o *Object) Bytes() []byte {
	n := 2
	for _, m := range o.members {
		n += len(m.key) + len(m.raw) + 4
	}
	var w jx.Writer
	w.Buf = make([]byte, 0, n)
	w.ObjStart()
	for i, m := range o.members {
		if i > 0 {
			w.Comma()
		}
		w.Str(m.key)
		w.RawStr(":")
		w.Raw(bytes.TrimSpace(m.raw))
	}
	w.ObjEnd()
	return w.Buf
}

// MarshalJSON is Bytes.
func (o *Object) MarshalJSON() ([]byte, error) { return o.Bytes(), nil }
