// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// PostgreSQL takes neither NUL nor invalid UTF-8 in text, but ids come from paths and headers, and an
// audit entry must keep them to the byte. Such text is stored as escape and its base64 form; so is
// text that begins with escape.
const escape = '\x1b'

func encodeText(s string) []byte {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 && (s == "" || s[0] != escape) {
		return []byte(s)
	}
	return base64.RawURLEncoding.AppendEncode([]byte{escape}, []byte(s))
}

func decodeText(b []byte) string {
	if len(b) == 0 || b[0] != escape {
		return string(b)
	}
	plain, err := base64.RawURLEncoding.DecodeString(string(b[1:]))
	if err != nil {
		return string(b) // not written by encodeText
	}
	return string(plain)
}
