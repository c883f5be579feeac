// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// deepest bounds the walk; the contract's own limit on nesting is below it.
const deepest = 100

// Removed lists, as JSON pointers, the members that before has and after lacks or has as null. The
// elements of a list are compared one by one when there are as many as before; a list of another
// length was edited on purpose, only its absence counts.
func Removed(before, after []byte) []string {
	if bytes.Equal(before, after) {
		return nil
	}
	return compare(nil, "", before, after, deepest)
}

func compare(out []string, at string, before, after []byte, depth int) []string {
	before, after = bytes.TrimSpace(before), bytes.TrimSpace(after)
	if depth == 0 || len(before) == 0 || len(after) == 0 || before[0] != after[0] || bytes.Equal(before, after) {
		return out
	}
	switch before[0] {
	case '{':
		was, err1 := jsondoc.Parse(before)
		now, err2 := jsondoc.Parse(after)
		if err1 != nil || err2 != nil {
			return out
		}
		for _, key := range was.Keys() {
			v, pointer := was.Get(key), at+"/"+escape(key)
			switch next := now.Get(key); {
			case isNull(v):
			case next == nil || isNull(next):
				out = append(out, pointer)
			default:
				out = compare(out, pointer, v, next, depth-1)
			}
		}
	case '[':
		var was, now []json.RawMessage
		if json.Unmarshal(before, &was) != nil || json.Unmarshal(after, &now) != nil || len(was) != len(now) {
			return out
		}
		for i := range was {
			out = compare(out, at+"/"+strconv.Itoa(i), was[i], now[i], depth-1)
		}
	}
	return out
}

func isNull(v []byte) bool { return string(bytes.TrimSpace(v)) == "null" }

func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}
