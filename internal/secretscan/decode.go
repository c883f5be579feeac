// SPDX-License-Identifier: Apache-2.0

package secretscan

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// plain is content as text; empty when it is none.
func plain(content []byte) (text, encoding string) {
	if wide, ok := wideText(content); ok {
		return wide, "utf-16"
	}
	if Binary(content) {
		return "", ""
	}
	return string(content), ""
}

// wideText reads UTF-16 with a byte order mark, or without one when every second byte of its beginning is zero.
func wideText(content []byte) (string, bool) {
	const look = 64
	if len(content) < 4 || len(content)%2 != 0 {
		return "", false
	}
	little := bytes.HasPrefix(content, []byte{0xff, 0xfe})
	big := bytes.HasPrefix(content, []byte{0xfe, 0xff})
	if !little && !big {
		zeros := [2]int{}
		head := content[:min(len(content), look)]
		for i, b := range head {
			if b == 0 {
				zeros[i%2]++
			}
		}
		most := len(head) / 2
		little, big = zeros[1] == most && zeros[0] == 0, zeros[0] == most && zeros[1] == 0
		if !little && !big {
			return "", false
		}
	}
	units := make([]uint16, len(content)/2)
	for i := range units {
		a, b := uint16(content[2*i]), uint16(content[2*i+1])
		if little {
			a, b = b, a
		}
		units[i] = a<<8 | b
	}
	return string(utf16.Decode(units)), true
}

// piece is a decoded part of a text and where it stood.
type piece struct {
	at             int
	text, encoding string
}

//nolint:gochecknoglobals // constant patterns
var (
	base64Runs = regexp.MustCompile(`[A-Za-z0-9+/_-]{24,}(?:(?:\r?\n[ \t]*)[A-Za-z0-9+/_-]{16,})*={0,2}`)
	hexRuns    = regexp.MustCompile(`(?:[0-9a-fA-F]{2}){20,}`)
	percent    = regexp.MustCompile(`[^\s"'<>]*%[0-9a-fA-F]{2}[^\s"'<>]*`)
	escaped    = regexp.MustCompile(`[^\n]*\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})[^\n]*`)
	escapes    = regexp.MustCompile(`\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}`)
	entities   = regexp.MustCompile(`[^\n]*&#[0-9xX]+[0-9a-fA-F]*;[^\n]*`)
	entity     = regexp.MustCompile(`&#(?:[0-9]+|[xX][0-9a-fA-F]+);`)
	spaces     = strings.NewReplacer("\r", "", "\n", "", " ", "", "\t", "")
)

// decoded undoes the encodings that secrets are found in: base64 in one line or wrapped, hexadecimal, percent signs,
// backslash escapes and the character references of XML.
func decoded(text string) []piece {
	var out []piece
	add := func(at int, text, encoding string) {
		if readable(text) {
			out = append(out, piece{at, text, encoding})
		}
	}
	for _, m := range base64Runs.FindAllStringIndex(text, -1) {
		run := strings.TrimRight(spaces.Replace(text[m[0]:m[1]]), "=")
		if len(run)%4 == 1 {
			run = run[:len(run)-1]
		}
		enc := base64.RawStdEncoding
		if strings.ContainsAny(run, "-_") {
			enc = base64.RawURLEncoding
		}
		if raw, err := enc.DecodeString(run); err == nil {
			if wide, ok := wideText(raw); ok { // PowerShell's way
				raw = []byte(wide)
			}
			add(m[0], string(raw), "base64")
		}
	}
	for _, m := range hexRuns.FindAllStringIndex(text, -1) {
		if raw, err := hex.DecodeString(text[m[0]:m[1]]); err == nil {
			add(m[0], string(raw), "hex")
		}
	}
	if strings.Contains(text, "%") {
		for _, m := range percent.FindAllStringIndex(text, -1) {
			if plain, err := url.PathUnescape(text[m[0]:m[1]]); err == nil {
				add(m[0], plain, "percent")
			}
		}
	}
	if strings.Contains(text, `\u`) || strings.Contains(text, `\x`) {
		for _, m := range escaped.FindAllStringIndex(text, -1) {
			add(m[0], escapes.ReplaceAllStringFunc(text[m[0]:m[1]], func(e string) string { return char(e[2:], 16) }), "escaped")
		}
	}
	if strings.Contains(text, "&#") {
		for _, m := range entities.FindAllStringIndex(text, -1) {
			add(m[0], entity.ReplaceAllStringFunc(text[m[0]:m[1]], func(e string) string {
				n := e[2 : len(e)-1]
				if n[0] == 'x' || n[0] == 'X' {
					return char(n[1:], 16)
				}
				return char(n, 10)
			}), "entities")
		}
	}
	return out
}

func char(digits string, base int) string {
	n, err := strconv.ParseInt(digits, base, 32)
	if err != nil {
		return "?"
	}
	return string(rune(n))
}

// readable reports whether a decoded text can be meant as one.
func readable(s string) bool {
	if len(s) < 16 || !utf8.ValidString(s) {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\n' && s[i] != '\r' && s[i] != '\t' {
			return false
		}
	}
	return true
}
