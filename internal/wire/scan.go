// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"strings"
)

// place is what the next byte belongs to.
type place int

const (
	inHead place = iota // request line and headers
	inBody
	inChunkSize
	inChunk
	afterChunk // the line end after a chunk
	inTrailer
)

const (
	maxLine  = 64 << 10 // more than the server's own limit of a whole head
	maxChunk = 1 << 40
)

// scanner follows the requests of one connection.
type scanner struct {
	at      place
	line    []byte // of the present line, as far as it has come
	lines   int    // complete lines of the present head
	left    int64  // bytes of body or chunk still to come
	length  int64  // Content-Length; -1 when there is none
	chunked bool
	old     bool // HTTP/1.0
	heads   int  // complete heads so far
}

// scan looks at more bytes and says which rule they break; "" when none.
func (s *scanner) scan(b []byte) string {
	for len(b) > 0 {
		switch s.at {
		case inBody, inChunk:
			n := min(int64(len(b)), s.left)
			s.left -= n
			b = b[n:]
			if s.left == 0 {
				s.at = inHead
				if s.chunked {
					s.at = afterChunk
				}
			}
		default:
			i := bytes.IndexByte(b, '\n')
			if i < 0 {
				if len(s.line)+len(b) > maxLine {
					return "a line is longer than is taken"
				}
				s.line = append(s.line, b...)
				return ""
			}
			if len(s.line)+i > maxLine {
				return "a line is longer than is taken"
			}
			s.line = append(s.line, b[:i]...)
			b = b[i+1:]
			if why := s.endLine(); why != "" {
				return why
			}
			s.line = s.line[:0]
		}
	}
	return ""
}

// endLine judges a line without its LF.
func (s *scanner) endLine() string {
	line, ok := bytes.CutSuffix(s.line, []byte{'\r'})
	switch {
	case !ok:
		return "a line ends in LF without CR"
	case bytes.IndexByte(line, '\r') >= 0:
		return "a line holds a CR"
	case bytes.IndexByte(line, 0) >= 0:
		return "a line holds a NUL"
	}
	switch s.at {
	case inHead:
		return s.headLine(line)
	case inChunkSize:
		return s.chunkSize(line)
	case afterChunk:
		if len(line) > 0 {
			return "a chunk is longer than its size"
		}
		s.at = inChunkSize
	case inTrailer:
		if len(line) == 0 {
			s.at, s.chunked = inHead, false
			return ""
		}
		return field(line)
	}
	return ""
}

func (s *scanner) headLine(line []byte) string {
	if s.lines == 0 {
		if len(line) == 0 {
			return "" // some clients end a body with one more line end; the server skips or refuses it
		}
		s.length, s.chunked, s.left = -1, false, 0
		s.old = bytes.HasSuffix(line, []byte("HTTP/1.0"))
		s.lines++
		return ""
	}
	if len(line) > 0 {
		s.lines++
		return s.header(line)
	}
	s.lines = 0
	s.heads++
	switch {
	case s.chunked && s.length >= 0:
		return "Content-Length stands beside Transfer-Encoding"
	case s.chunked && s.old:
		return "Transfer-Encoding in HTTP/1.0"
	case s.chunked:
		s.at = inChunkSize
	case s.length > 0:
		s.at, s.left = inBody, s.length
	}
	return ""
}

// field is the form that every header line must have.
func field(line []byte) string {
	if line[0] == ' ' || line[0] == '\t' {
		return "a header line is folded"
	}
	i := bytes.IndexByte(line, ':')
	if i <= 0 {
		return "a header line has no name"
	}
	if bytes.ContainsAny(line[:i], " \t") {
		return "a header name holds a space"
	}
	return ""
}

func (s *scanner) header(line []byte) string {
	if why := field(line); why != "" {
		return why
	}
	name, value, _ := bytes.Cut(line, []byte{':'})
	text := strings.Trim(string(value), " \t")
	switch {
	case strings.EqualFold(string(name), "Content-Length"):
		if s.length >= 0 {
			return "Content-Length stands there twice"
		}
		n, ok := digits(text, 10)
		if !ok {
			return "Content-Length is no number"
		}
		s.length = n
	case strings.EqualFold(string(name), "Transfer-Encoding"):
		if s.chunked {
			return "Transfer-Encoding stands there twice"
		}
		if !strings.EqualFold(text, "chunked") {
			return "Transfer-Encoding is not chunked"
		}
		s.chunked = true
	}
	return ""
}

func (s *scanner) chunkSize(line []byte) string {
	text, _, _ := strings.Cut(string(line), ";")
	n, ok := digits(text, 16)
	switch {
	case !ok || n > maxChunk:
		return "a chunk's size is no number"
	case n == 0:
		s.at = inTrailer
	default:
		s.at, s.left = inChunk, n
	}
	return ""
}

// digits reads a number that is written with digits only: no sign, no space, no prefix.
func digits(text string, base int64) (n int64, ok bool) {
	if text == "" || len(text) > 15 {
		return 0, false
	}
	for _, c := range []byte(text) {
		d := int64(99)
		switch {
		case c >= '0' && c <= '9':
			d = int64(c - '0')
		case c >= 'a' && c <= 'f':
			d = int64(c-'a') + 10
		case c >= 'A' && c <= 'F':
			d = int64(c-'A') + 10
		}
		if d >= base {
			return 0, false
		}
		n = n*base + d
	}
	return n, true
}
