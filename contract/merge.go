// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bytes"
	"encoding/json"
)

// Document is the whole contract as one OpenAPI document with local references.
// It is built when first asked for. Do not change the bytes.
func (c *Contract) Document() []byte { return c.merged() }

func (c *Contract) merge() []byte {
	paths := map[string][]byte{}
	for _, d := range c.docs {
		for _, p := range d.paths {
			paths[p.path] = p.raw
		}
	}
	var b bytes.Buffer
	b.WriteString(`{"openapi":"3.1.0","info":{"title":"Airside","version":"1"},"security":[{"Bearer":[]}],"tags":[`)
	for i, tag := range sortedKeys(c.tags) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"name":` + quote(tag) + `,"description":` + quote(c.tags[tag]) + `}`)
	}
	b.WriteString(`],"paths":`)
	writeObject(&b, paths)
	b.WriteString(`,"components":{`)
	for i, kind := range sortedKeys(c.components) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(kind) + ":")
		parts := map[string][]byte{}
		for name, p := range c.components[kind] {
			parts[name] = p.raw
		}
		writeObject(&b, parts)
	}
	b.WriteString("}}\n")
	return b.Bytes()
}

func writeObject(b *bytes.Buffer, parts map[string][]byte) {
	b.WriteByte('{')
	for i, name := range sortedKeys(parts) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(name) + ":")
		b.Write(localRefs(parts[name]))
	}
	b.WriteByte('}')
}

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always can be
	return string(b)
}
