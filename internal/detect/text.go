// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how many bytes of a name are kept.
const maxName = 64

// clip cuts a name to what is kept. Names that differ only behind the cut stay different: the cut
// one ends in a hash of all of it.
func (h hasher) clip(s string) string {
	if len(s) <= maxName {
		return s
	}
	return fmt.Sprintf("%s~%016x", s[:maxName-17], h.sum(s))
}

// Clean makes text safe to print: line breaks, terminal escapes, marks that turn the direction of
// writing, and bytes that are no text become visible, and it is cut at 200 bytes.
func Clean(s string) string {
	const most = 200
	plain := len(s) <= most
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] >= ' ' && s[i] < 0x7f && s[i] != '\\'
	}
	if plain {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if b.Len() > most {
			b.WriteString("…")
			break
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\\':
			b.WriteString(`\\`) // so that a visible escape cannot be forged
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
		i += n
	}
	return b.String()
}
