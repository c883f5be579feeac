// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// longest is how many bytes of one value a difference has.
const longest = 2000

// Difference lists the members of two JSON objects that differ, by name, as `rate: - -> {"burst":2}; …`; what is not
// there is a hyphen. Texts that are no objects, and nil, have no members.
func Difference(before, after []byte) string {
	var was, is map[string]json.RawMessage
	_, _ = json.Unmarshal(before, &was), json.Unmarshal(after, &is)
	all := map[string]json.RawMessage{}
	maps.Copy(all, was)
	maps.Copy(all, is)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !bytes.Equal(was[name], is[name]) {
			out = append(out, name+": "+value(was[name])+" -> "+value(is[name]))
		}
	}
	return strings.Join(out, "; ")
}

// value is a value as it stands there, unless that is too long.
func value(v json.RawMessage) string {
	if len(v) == 0 {
		return "-"
	}
	if len(v) <= longest {
		return string(v)
	}
	v = v[:longest]
	for !utf8.Valid(v) {
		v = v[:len(v)-1]
	}
	return string(v) + "…"
}
