// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// reader walks JSON text (RFC 8259) without building values. It accepts a
// subset of what encoding/json accepts: escapes that spell half a surrogate
// pair and bytes that are not UTF-8 are refused too. The first problem sticks
// in fault; every method is harmless afterwards.
type reader struct {
	src   []byte
	pos   int
	fault string
	at    int // offset of the fault
}

func (r *reader) fail(what string) {
	if r.fault == "" {
		r.fault, r.at = what, r.pos
		r.pos = len(r.src)
	}
}

// peek skips white space and returns the next byte, 0 at the end.
func (r *reader) peek() byte {
	for r.pos < len(r.src) {
		switch c := r.src[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
			for r.pos+8 <= len(r.src) && binary.LittleEndian.Uint64(r.src[r.pos:]) == 0x20*everyByte {
				r.pos += 8 // indented text is mostly this
			}
		default:
			return c
		}
	}
	return 0
}

// open consumes the opening bracket and reports whether a first member or
// element follows; the closing bracket of an empty one is consumed.
func (r *reader) open(closing byte) bool {
	r.pos++
	if r.peek() == closing {
		r.pos++
		return false
	}
	return r.fault == ""
}

// more stands behind a member or element and reports whether another follows.
func (r *reader) more(closing byte) bool {
	switch r.peek() {
	case ',':
		r.pos++
		return true
	case closing:
		r.pos++
	case 0:
		r.fail("the text ends before its last bracket is closed")
	default:
		r.fail("expected a comma or a closing bracket")
	}
	return false
}

// key reads a member's name and the colon behind it.
func (r *reader) key() (raw []byte, plain bool) {
	if r.peek() != '"' {
		r.fail("expected a name in double quotes")
		return nil, true
	}
	raw, plain = r.text()
	if r.fault == "" && r.peek() != ':' {
		r.fail("expected a colon after the name")
		return nil, true
	}
	r.pos++
	return raw, plain
}

const (
	everyByte = 0x0101010101010101
	highBits  = 0x80 * everyByte
)

// text reads a string that starts at pos and returns what stands between the
// quotes; plain is false when that holds escapes.
func (r *reader) text() (raw []byte, plain bool) {
	src, start, plain := r.src, r.pos+1, true
	i := start
	for {
		// Eight bytes at a time up to one that is a quote, a backslash, a
		// control character or not ASCII.
		for i+8 <= len(src) {
			x := binary.LittleEndian.Uint64(src[i:])
			stop := (x | (x - 0x20*everyByte) | ((x ^ 0x22*everyByte) - everyByte) |
				((x ^ 0x5c*everyByte) - everyByte)) & highBits
			if stop != 0 {
				i += bits.TrailingZeros64(stop) >> 3
				break
			}
			i += 8
		}
		if i >= len(src) {
			r.pos = len(src)
			r.fail("the text ends inside a string")
			return nil, true
		}
		switch c := src[i]; {
		case c == '"':
			r.pos = i + 1
			return src[start:i], plain
		case c == '\\':
			plain = false
			n := escapeLen(src[i:])
			if n == 0 {
				r.pos = i
				r.fail("a backslash must start an escape such as \\n or \\u00e9")
				return nil, true
			}
			i += n
		case c < ' ':
			r.pos = i
			r.fail("control characters in strings must be escaped")
			return nil, true
		case c < utf8.RuneSelf:
			i++
		default:
			ru, n := utf8.DecodeRune(src[i:])
			if ru == utf8.RuneError && n <= 1 {
				r.pos = i
				r.fail("the text is not UTF-8")
				return nil, true
			}
			i += n
		}
	}
}

// escapeLen returns the length of the escape at the start of b, 0 if it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		first := hex4(b[2:])
		switch {
		case first < 0:
			return 0
		case !utf16.IsSurrogate(first):
			return 6
		case len(b) < 12 || b[6] != '\\' || b[7] != 'u':
			return 0
		}
		if utf16.DecodeRune(first, hex4(b[8:])) == utf8.RuneError {
			return 0
		}
		return 12
	}
	return 0
}

func hex4(b []byte) rune {
	if len(b) < 4 {
		return -1
	}
	var v rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		v = v<<4 | rune(c)
	}
	return v
}

// unescape decodes the inside of a string that text returned.
func unescape(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			i++
			continue
		}
		n := escapeLen(raw[i:])
		switch c := raw[i+1]; c {
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
		case 'u':
			ru := hex4(raw[i+2:])
			if n == 12 {
				ru = utf16.DecodeRune(ru, hex4(raw[i+8:]))
			}
			out = utf8.AppendRune(out, ru)
		default:
			out = append(out, c)
		}
		i += n
	}
	return out
}

// number reads a number that starts at pos; whole is false when it has a
// fraction or an exponent.
func (r *reader) number() (raw []byte, whole bool) {
	src, start, whole := r.src, r.pos, true
	i := start
	if src[i] == '-' {
		i++
	}
	digits := func() bool {
		from := i
		for i < len(src) && src[i]-'0' < 10 {
			i++
		}
		return i > from
	}
	ok := true
	if i < len(src) && src[i] == '0' {
		i++
	} else {
		ok = digits()
	}
	if ok && i < len(src) && src[i] == '.' {
		whole = false
		i++
		ok = digits()
	}
	if ok && i < len(src) && src[i]|0x20 == 'e' {
		whole = false
		i++
		if i < len(src) && (src[i] == '+' || src[i] == '-') {
			i++
		}
		ok = digits()
	}
	r.pos = i
	if !ok {
		r.fail("a number is not written as JSON has it")
		return nil, true
	}
	return src[start:i], whole
}

// word reads true, false or null.
func (r *reader) word(w string) bool {
	if len(r.src)-r.pos < len(w) || string(r.src[r.pos:r.pos+len(w)]) != w {
		r.fail("expected a value")
		return false
	}
	r.pos += len(w)
	return true
}

// skip passes over one value of at most depth levels. It checks the grammar
// only; the checker's own walk looks for duplicate keys too.
func (r *reader) skip(depth int) {
	switch c := r.peek(); c {
	case '{', '[':
		if depth == 0 {
			r.fail("nested too deeply")
			return
		}
		closing := c + 2 // in ASCII both brackets close two places on
		for ok := r.open(closing); ok; ok = r.more(closing) {
			if c == '{' {
				r.key()
			}
			r.skip(depth - 1)
		}
	case '"':
		r.text()
	default:
		r.scalar(c)
	}
}

// scalar reads a value that is neither string nor container.
func (r *reader) scalar(c byte) {
	switch {
	case c == 't':
		r.word("true")
	case c == 'f':
		r.word("false")
	case c == 'n':
		r.word("null")
	case c == '-' || c-'0' < 10:
		r.number()
	case c == 0 && r.pos >= len(r.src):
		r.fail("the text ends where a value is expected")
	default:
		r.fail("expected a value")
	}
}

// where describes an offset as line and column, for messages.
func where(src []byte, at int) string {
	line, col := 1, 1
	for _, c := range src[:min(at, len(src))] {
		if c == '\n' {
			line, col = line+1, 1
		} else {
			col++
		}
	}
	return "line " + strconv.Itoa(line) + ", column " + strconv.Itoa(col)
}
