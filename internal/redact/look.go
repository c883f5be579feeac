// SPDX-License-Identifier: Apache-2.0

package redact

import "strings"

// What a text might hold.
const (
	maybeSecret = 1 << iota
	maybeCard
)

// beginnings are what the patterns of credentials need, in lower case, by their first letter; after names a
// value must follow.
//
//nolint:gochecknoglobals // constant tables
var (
	beginnings = byLetter("bearer", "basic", "ast_", "asr_", "asc_", "aap_", "whsec_", "eyj", "akia", "xox", "https://hooks", "-----begin")
	names      = byLetter("pass", "secret", "clientsecret", "client_secret", "token", "access", "refresh", "api", "routing", "authorization", "cookie")
)

// words are some by their first letter, and which second letters those have: few texts get further than those two.
type words struct {
	second [256]uint32
	all    [256][]string
}

func byLetter(list ...string) *words {
	t := &words{}
	for _, w := range list {
		t.second[w[0]] |= 1 << (w[1] & 31)
		t.all[w[0]] = append(t.all[w[0]], w)
	}
	return t
}

// look goes over a text once, without a pattern, and says which of them are worth trying: nearly all texts
// that are logged hold neither.
func look(s string) (kinds int) {
	digits, word := 0, 0 // lengths of the runs that end here
	named, upper, lower, digit := false, false, false, false
	for i := range len(s) {
		c := s[i]
		switch {
		case isDigit(c):
			digits++
			word++
			digit = true
			if digits == minCard {
				kinds |= maybeCard
			}
		case c >= 'A' && c <= 'Z':
			digits, upper = 0, true
			word++
		case c >= 'a' && c <= 'z':
			digits, lower = 0, true
			word++
		case c == '+', c == '_', c == '-':
			word++
			if c != '-' {
				digits = 0
			}
		default:
			word, upper, lower, digit = 0, false, false, false
			if !between(c) {
				digits = 0
			}
			if named && (c == '=' || c == ':') {
				kinds |= maybeSecret
			}
		}
		if word >= 32 && upper && lower && digit {
			kinds |= maybeSecret
		}
		if kinds&maybeSecret == 0 {
			l := c
			if c >= 'A' && c <= 'Z' {
				l |= 0x20
			}
			if i+1 == len(s) {
				continue
			}
			next := uint32(1) << (s[i+1] & 31) // the same in upper and lower case
			if beginnings.second[l]&next != 0 && has(s[i:], beginnings.all[l], leastValue) {
				kinds |= maybeSecret
			}
			named = named || names.second[l]&next != 0 && has(s[i:], names.all[l], 0)
		}
	}
	return kinds
}

// leastValue is how much the shortest credential has behind its beginning.
const leastValue = 8

// has reports whether a text begins with one of the words, and at least so much behind it.
func has(s string, words []string, more int) bool {
	for _, w := range words {
		if len(s) >= len(w)+more && s[1]|0x20 == w[1]|0x20 && strings.EqualFold(s[:len(w)], w) {
			return true
		}
	}
	return false
}
