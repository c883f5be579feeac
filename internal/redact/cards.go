// SPDX-License-Identifier: Apache-2.0

package redact

import "strings"

// Card numbers have 13 to 19 digits.
const minCard, maxCard = 13, 19

// between reports whether a byte may stand between the digits of one number.
func between(c byte) bool { return c == ' ' || c == '-' || c == '.' }

// Cards leaves of every card number its last four digits. A number of digits is taken for a card when a brand
// gives out such numbers and its check digit is right; one that is longer, when it begins or ends so. UUIDs and
// other ids in hexadecimal stay, although their digits now and then look so.
func Cards(s string) string {
	var b strings.Builder
	done := 0 // what of s is in b
	for i := 0; i < len(s); {
		if !isDigit(s[i]) {
			i++
			continue
		}
		long := longRun(s[i:])
		var digits []byte
		var at []int
		for i < len(s) && (isDigit(s[i]) || between(s[i]) && i+1 < len(s) && isDigit(s[i+1])) {
			if long && isDigit(s[i]) {
				digits, at = append(digits, s[i]), append(at, i)
			}
			i++
		}
		first, n, sure := card(digits)
		if n == 0 {
			continue
		}
		if last := at[first+n-1] + 1; isID(word(s, at[first], last)) {
			i = last
			continue
		}
		b.WriteString(s[done:at[first]])
		if sure {
			b.WriteString("[card ending ")
			b.Write(digits[first+n-4 : first+n])
			b.WriteByte(']')
		} else {
			b.WriteString("[card]") // which digits are its last is not known
		}
		done = at[first+n-1] + 1
		i = done // what comes behind it may be another
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// longRun reports whether a run of digits is long enough to be a card; others are not collected.
func longRun(s string) bool {
	n := 0
	for i := 0; i < len(s) && n < minCard; i++ {
		switch {
		case isDigit(s[i]):
			n++
		case !between(s[i]):
			return false
		}
	}
	return n == minCard
}

// word is what s[from:to] is part of.
func word(s string, from, to int) string {
	for from > 0 && inWord(s[from-1]) {
		from--
	}
	for to < len(s) && inWord(s[to]) {
		to++
	}
	return s[from:to]
}

func inWord(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-'
}

// The forms of ids: 32 hexadecimal digits, and a UUID, which has four dashes among them.
const (
	hexSize  = 32
	uuidSize = hexSize + 4
)

// isID reports whether a word is an id in hexadecimal; one of digits alone is not known to be one.
func isID(w string) bool {
	letters := 0
	for i := range len(w) {
		switch c := w[i]; {
		case c == '-':
			if len(w) != uuidSize || i != 8 && i != 13 && i != 18 && i != 23 {
				return false
			}
		case c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F':
			letters++
		case !isDigit(c):
			return false
		}
	}
	return letters > 0 && (len(w) == hexSize && !strings.Contains(w, "-") || len(w) == uuidSize && strings.Count(w, "-") == 4)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// card finds a card number that stands at the beginning or at the end of a run of digits; n is its length, 0
// for none. Where two could be meant, everything from the first to the last digit of both counts, and sure is false.
func card(digits []byte) (first, n int, sure bool) {
	last := 0
	for size := min(len(digits), maxCard); size >= minCard; size-- {
		for _, at := range [2]int{0, len(digits) - size} {
			if d := digits[at : at+size]; !issued(d) || !luhn(d) {
				continue
			}
			switch {
			case last == 0:
				first, last, sure = at, at+size, true
			case first != at || last != at+size:
				first, last, sure = min(first, at), max(last, at+size), false
			}
		}
	}
	return first, last - first, sure
}

// issued reports whether a brand gives out numbers of this beginning and length.
func issued(d []byte) bool {
	n := len(d)
	p := int(d[0]-'0')*1000 + int(d[1]-'0')*100 + int(d[2]-'0')*10 + int(d[3]-'0')
	two := p / 100
	switch {
	case d[0] == '4':
		return n == 13 || n == 16 || n == 19
	case two >= 51 && two <= 55, p >= 2221 && p <= 2720:
		return n == 16
	case two == 34 || two == 37:
		return n == 15
	case two == 36, two == 38, two == 39, p >= 3000 && p <= 3059, p == 3095:
		return n >= 14
	case p >= 3528 && p <= 3589:
		return n >= 16
	case two == 50, two >= 56 && two <= 69, two == 81: // Maestro, Discover, UnionPay, RuPay
		return n >= 16
	case p >= 2200 && p <= 2204: // Mir
		return n >= 16
	}
	return false
}

func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
