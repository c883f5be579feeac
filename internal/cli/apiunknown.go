// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/airside-travel/airside/contract"
)

// unknownMembers are the members of a body that the contract does not have: nobody reads them, so one of them may be
// a misspelt one. The server takes them, as the public API does.
func (m *Main) unknownMembers(op *contract.Operation, body []byte) {
	var v any
	if op.Body == nil || json.Unmarshal(body, &v) != nil {
		return
	}
	for _, s := range op.Body.Content {
		for _, line := range unknown(s, v, "") {
			fmt.Fprintln(m.Stderr, "airside: warning: "+line)
		}
	}
}

func unknown(s *contract.Schema, v any, pointer string) (found []string) {
	switch v := v.(type) {
	case []any:
		items := elements(s)
		if items == nil {
			return nil
		}
		for i, x := range v {
			found = append(found, unknown(items, x, pointer+"/"+strconv.Itoa(i))...)
		}
	case map[string]any:
		members := map[string]*contract.Schema{}
		if open := gather(s, members); open || len(members) == 0 {
			return nil
		}
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			if member := members[name]; member != nil {
				found = append(found, unknown(member, v[name], pointer+"/"+escaped(name))...)
			} else {
				found = append(found, fmt.Sprintf("%s is not in the contract%s", pointer+"/"+escaped(name), meant(name, members)))
			}
		}
	}
	return found
}

// gather puts the members of an object together, those of its alternatives too; open says that it may have others.
func gather(s *contract.Schema, members map[string]*contract.Schema) (open bool) {
	s = s.Target()
	for _, p := range s.Properties {
		if members[p.Name] == nil {
			members[p.Name] = p.Schema
		} else if p.Schema.Target() != members[p.Name].Target() {
			members[p.Name] = &contract.Schema{} // alternatives differ: what is inside is not looked at
		}
	}
	open = s.Values != nil
	for _, part := range slices.Concat(s.AllOf, s.OneOf) {
		open = gather(part, members) || open
	}
	return open
}

// elements is the schema of what stands in a list.
func elements(s *contract.Schema) *contract.Schema {
	s = s.Target()
	for _, part := range s.AllOf {
		if items := elements(part); items != nil {
			return items
		}
	}
	return s.Items
}

func escaped(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// meant suggests the nearest name.
func meant(name string, members map[string]*contract.Schema) string {
	best, least := "", 3
	for known := range members {
		if d := distance(strings.ToLower(name), strings.ToLower(known)); d < least || d == least && best != "" && known < best {
			best, least = known, d
		}
	}
	if best == "" {
		return " and is not read"
	}
	return "; did you mean " + best + "?"
}
