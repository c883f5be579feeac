// SPDX-License-Identifier: Apache-2.0

package personkey

import (
	"bytes"
	"slices"
	"strings"
)

const idSize = 36 // a UUID

// idsIn lists the UUIDs in a text, each once, in lower case and in order.
func idsIn(text []byte) []string {
	var out []string
	for from := 0; ; {
		i := bytes.IndexByte(text[from:], '-')
		if i < 0 {
			break
		}
		start := from + i - 8
		from += i + 1
		if start < 0 || start+idSize > len(text) || !isID(text[start:start+idSize]) {
			continue
		}
		out = append(out, strings.ToLower(string(text[start:start+idSize])))
		from = start + idSize
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func isID(b []byte) bool {
	for i, c := range b {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return false
			}
		}
	}
	return true
}
