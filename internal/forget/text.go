// SPDX-License-Identifier: Apache-2.0

package forget

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/airside-travel/airside/internal/jsondoc"
)

// Gone is what stands in place of a text that is required.
const Gone = "PURGED"

const hole = "***"

// span is a part of a text.
type span struct{ from, to int }

// needle finds something in a text.
type needle func(s string) []span

func word(s string) needle { return pattern(func() string { return `(?i)` + quoted(s) }) }

// pattern finds words; made when it is first needed, for most people are only met.
func pattern(text func() string) needle {
	re := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text()) })
	return func(s string) []span { return words(re(), s) }
}

// words are the matches that neither begin nor end within a word.
func words(re *regexp.Regexp, s string) []span {
	return between(re, s, func(before, after string) bool {
		b, _ := utf8.DecodeLastRuneInString(before)
		a, _ := utf8.DecodeRuneInString(after)
		return !partOfWord(b) && !partOfWord(a)
	})
}

// between are the matches whose surroundings are as they should be.
func between(re *regexp.Regexp, s string, ok func(before, after string) bool) []span {
	var out []span
	for from := 0; from < len(s); {
		at := re.FindStringIndex(s[from:])
		if at == nil || at[0] == at[1] {
			break
		}
		i, j := from+at[0], from+at[1]
		if ok(s[:i], s[j:]) {
			out = append(out, span{i, j})
			from = j
			continue
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		from = i + n
	}
	return out
}

func partOfWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

var (
	mailBefore = regexp.MustCompile(`[\w.+%'-]$`)         //nolint:gochecknoglobals // a constant
	mailAfter  = regexp.MustCompile(`^(?:[\w-]|\.[\w-])`) //nolint:gochecknoglobals // a constant
)

// mail finds an address, and no other one that has it in it.
func mail(address string) needle {
	re := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)` + regexp.QuoteMeta(address)) })
	return func(s string) []span {
		return between(re(), s, func(before, after string) bool {
			return !mailBefore.MatchString(before) && !mailAfter.MatchString(after)
		})
	}
}

func isPhone(o *jsondoc.Object) bool { return o.Has("nationalNumber") || o.Has("rawInput") }

// telephone takes a phone's number, by its country where that is known and as it was typed.
func (p *Person) telephone(o *jsondoc.Object) {
	country, national := onlyDigits(string(o.Get("countryCode"))), onlyDigits(string(o.Get("nationalNumber")))
	raw := onlyDigits(o.String("rawInput"))
	if len(national) >= telling && country != "" {
		strict := pattern(func() string {
			return `(?:\+|00)?` + spread(country) + apart + `(?:\(?0\)?` + apart + `)?` + spread(national)
		})
		m := mark{kind: phone, in: strict, strict: strict, tail: tail(national)}
		if len(national) >= 8 { // within the person's bookings, the country may be left out
			m.in = pattern(func() string {
				return `(?:(?:\+|00)?` + spread(country) + apart + `)?(?:\(?0\)?` + apart + `)?` + spread(national)
			})
		}
		p.marks["tel:"+country+national] = m
	}
	if len(raw) >= telling && raw != country+national {
		find := pattern(func() string { return `(?:\+|00)?` + spread(strings.TrimPrefix(raw, "00")) })
		p.marks["tel:"+strings.TrimPrefix(raw, "00")] = mark{kind: phone, in: find, strict: find, tail: tail(strings.TrimPrefix(raw, "00"))}
	}
}

// apart is what people put between digits.
const apart = `[ ().-]*`

func spread(digits string) string { return strings.Join(strings.Split(digits, ""), apart) }

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// tail is what is looked for first of a number: the country and a zero may or may not be before it.
func tail(number string) string { return number[max(0, len(number)-telling):] }

// digits are all digits of a document.
func digits(doc []byte) []byte {
	out := make([]byte, 0, len(doc)/4)
	for _, c := range doc {
		if '0' <= c && c <= '9' {
			out = append(out, c)
		}
	}
	return out
}

// unescaped is a document as its texts read, which may be no JSON any more.
func unescaped(doc []byte) []byte {
	if bytes.IndexByte(doc, '\\') < 0 {
		return doc
	}
	out := make([]byte, 0, len(doc))
	for i := 0; i < len(doc); i++ {
		if doc[i] != '\\' || i+1 == len(doc) {
			out = append(out, doc[i])
			continue
		}
		i++
		switch c := doc[i]; c {
		case 'u':
			r := hex4(doc[i+1:])
			if r < 0 {
				out = append(out, c)
				continue
			}
			i += 4
			if utf16.IsSurrogate(r) && i+2 < len(doc) && doc[i+1] == '\\' && doc[i+2] == 'u' {
				if both := utf16.DecodeRune(r, hex4(doc[i+3:])); both != utf8.RuneError {
					r = both
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		default:
			out = append(out, c)
		}
	}
	return out
}

// hex4 reads four hexadecimal digits; -1 when there are none.
func hex4(s []byte) rune {
	if len(s) < 4 {
		return -1
	}
	n, err := strconv.ParseUint(string(s[:4]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}

// samePhone reports whether an object is a telephone of the person's.
func (p *Person) samePhone(o *jsondoc.Object) bool {
	national := onlyDigits(string(o.Get("nationalNumber")))
	if country := onlyDigits(string(o.Get("countryCode"))); national != "" && country != "" {
		return p.marks["tel:"+country+national].kind == phone
	}
	raw := onlyDigits(o.String("rawInput"))
	return raw != "" && p.marks["tel:"+strings.TrimPrefix(raw, "00")].kind == phone
}

// identifies reports whether a member of an object is the person's alone: an address of e-mail, a telephone, the
// number of a document or of a membership.
func (p *Person) identifies(o *jsondoc.Object) bool {
	if isPhone(o) && p.samePhone(o) {
		return true
	}
	for _, key := range o.Keys() {
		raw := o.Get(key)
		switch {
		case len(raw) == 0:
		case raw[0] == '"':
			if p.marks[strings.ToLower(o.String(key))].kind != other {
				return true
			}
		case raw[0] == '{' && (strings.HasPrefix(key, "phone") || strings.HasSuffix(strings.ToLower(key), "doc") || key == "passport"):
			if p.identifies(o.Object(key)) {
				return true
			}
		case raw[0] == '[' && (key == "phoneNumbers" || key == "identityDocs" || key == "identityDocuments" || strings.HasPrefix(key, "loyalt")):
			var list []json.RawMessage
			if json.Unmarshal(raw, &list) != nil {
				continue
			}
			for _, v := range list {
				if one, err := jsondoc.Parse(v); err == nil && p.identifies(one) {
					return true
				}
			}
		}
	}
	return false
}

// Text takes the person out of a text: all of it when it says nothing else. alone says that the text is about
// nobody else; only then do single names and the day of birth go, which other people have, too.
func (p *Person) Text(s string, alone bool) (out string, changed bool) {
	find := append(p.needles(true), p.name.find)
	if alone {
		find = append(find, p.parts...)
	}
	return cut(s, find)
}

// Numbers takes addresses and numbers of the person out of a text, and leaves names, which may be a namesake's.
func (p *Person) Numbers(s string) (out string, changed bool) { return cut(s, p.needles(true)) }

// cut takes out what is found, and all of a text that says nothing else.
func cut(s string, find []needle) (out string, changed bool) {
	for _, f := range find { // one after the other: what is left of a text is what the next one sees
		spans := f(s)
		for _, at := range slices.Backward(spans) {
			s, changed = s[:at.from]+hole+s[at.to:], true
		}
	}
	if changed && strings.Trim(s, "* /,.-") == "" {
		return Gone, true
	}
	return s, changed
}
