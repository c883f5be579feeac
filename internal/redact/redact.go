// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Gone stands where a secret was.
const Gone = "[redacted]"

// Text is s as one visible line of at most limit runes, without secrets.
func Text(s string, limit int) string { return visible(s, limit, false) }

// Block is Text that keeps line breaks, for notes and evidence.
func Block(s string, limit int) string {
	return visible(strings.ReplaceAll(s, "\r\n", "\n"), limit, true)
}

func visible(s string, limit int, lines bool) string {
	if plain(s, limit, lines) && look(s) == 0 { // nearly all are
		return s
	}
	const longest = 1 << 20 // beyond it nobody reads, and the patterns below need not look
	total := utf8.RuneCountInString(s)
	if len(s) > longest {
		s = s[:longest]
	}
	s = Secrets(s)
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n == limit {
			break
		}
		n++
		switch {
		case r == utf8.RuneError && s[i] != "\uFFFD"[0]:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case lines && r == '\n', unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	if n == limit && total > limit {
		fmt.Fprintf(&b, "… (%d characters)", total)
	}
	return b.String()
}

// plain reports whether a text is short and of ASCII that can be seen.
func plain(s string, limit int, lines bool) bool {
	if len(s) > limit {
		return false
	}
	for i := range len(s) {
		if (s[i] < ' ' || s[i] > '~') && (!lines || s[i] != '\n') {
			return false
		}
	}
	return true
}

// What secrets look like. A name in front of one stays, so that a reader knows what was there.
//
//nolint:gochecknoglobals // constant patterns
var (
	known = regexp.MustCompile(`(?i:\bbearer|\bbasic)\s+[A-Za-z0-9._~+/=-]{8,}` +
		`|\b(?:ast|asr|asc|aap)_[A-Za-z0-9_-]{8,}|whsec_[A-Za-z0-9+/=_-]{8,}` +
		`|\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?|\bAKIA[0-9A-Z]{16}\b|\bxox[a-z]-[A-Za-z0-9-]{8,}` +
		`|https://hooks\.slack\.com/[^\s"<>]+|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?`)
	named = regexp.MustCompile(`(?i)\b(password|passwd|passphrase|secret|client_?secret|(?:access_?|refresh_?)?token|api[_-]?key|routing[_-]?key|authorization|cookie)(["']?\s*[=:]\s*["']?)([^\s"'&,;]{6,})`)
	long  = regexp.MustCompile(`[A-Za-z0-9+_-]{32,}={0,2}`)
)

var addresses = regexp.MustCompile(`[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9.-]{1,255}`) //nolint:gochecknoglobals // constant pattern

// Emails replaces what looks like an e-mail address.
func Emails(s string) string {
	if strings.IndexByte(s, '@') < 0 {
		return s
	}
	return addresses.ReplaceAllString(s, "[e-mail]")
}

// Secrets replaces what looks like a credential or a card number.
func Secrets(s string) string {
	kinds := look(s)
	if kinds == 0 {
		return s
	}
	if kinds&maybeSecret != 0 {
		s = credentials(s)
	}
	if kinds&maybeCard != 0 {
		s = Cards(s)
	}
	return s
}

func credentials(s string) string {
	s = known.ReplaceAllString(s, Gone)
	s = named.ReplaceAllString(s, "${1}${2}"+Gone)
	return long.ReplaceAllStringFunc(s, func(m string) string {
		upper, lower, digit := false, false, false
		for _, c := range m {
			upper = upper || c >= 'A' && c <= 'Z'
			lower = lower || c >= 'a' && c <= 'z'
			digit = digit || c >= '0' && c <= '9'
		}
		if upper && lower && digit {
			return Gone
		}
		return m // ids are hexadecimal or UUIDs, names of operations have no digits
	})
}
