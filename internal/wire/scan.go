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
	maxLine  = 64 << 10
	maxHead  = 64 << 10 // bytes; the server's own limit is above, so that this one answers
	maxChunk = 1 << 40
)

// rule is one that every request keeps: a name for programs, and what was wrong, for people.
type rule struct{ name, message string }

//nolint:gochecknoglobals // a constant table
var (
	headTooLong    = &rule{"head-too-long", "request line and headers are longer than 64 KiB"}
	lineTooLong    = &rule{"line-too-long", "a line is longer than is taken"}
	bareLF         = &rule{"bare-lf", "a line ends in LF without CR"}
	bareCR         = &rule{"bare-cr", "a line holds a CR"}
	nul            = &rule{"nul", "a line holds a NUL"}
	chunkTooLong   = &rule{"chunk-longer-than-its-size", "a chunk is longer than its size"}
	bothLengths    = &rule{"content-length-with-transfer-encoding", "Content-Length stands beside Transfer-Encoding"}
	oldCoding      = &rule{"transfer-encoding-in-http-1.0", "Transfer-Encoding in HTTP/1.0"}
	folded         = &rule{"obsolete-fold", "a header line is folded"}
	noName         = &rule{"header-without-name", "a header line has no name"}
	badName        = &rule{"bad-header-name", "a header name holds a space or another byte that names do not have"}
	twoLengths     = &rule{"content-length-twice", "Content-Length stands there twice"}
	badLength      = &rule{"bad-content-length", "Content-Length is no number"}
	twoCodings     = &rule{"transfer-encoding-twice", "Transfer-Encoding stands there twice"}
	badCoding      = &rule{"transfer-encoding-not-chunked", "Transfer-Encoding is not chunked"}
	badChunkSize   = &rule{"bad-chunk-size", "a chunk's size is no number"}
	badRequestLine = &rule{"bad-request-line", "the request line is not a method, a target and HTTP/1.1, or the target is none"}
	noHost         = &rule{"no-host", "the header Host is missing"}
	badHost        = &rule{"bad-host", "the header Host holds a byte that names and addresses do not have"}
	otherHost      = &rule{"host-differs", "the target names another host than the header Host"}
	badValue       = &rule{"bad-header-value", "a header value holds a control character"}
	expectation    = &rule{"unknown-expectation", "the header Expect is not 100-continue"}
	twoCredentials = &rule{"authorization-twice", "the header Authorization stands there twice"}
	emptyLine      = &rule{"empty-line", "an empty line stands where a request begins"}
	twoHosts       = &rule{"host-twice", "the header Host stands there twice"}
)

// scanner follows the requests of one connection.
type scanner struct {
	at      place
	line    []byte // of the present line, as far as it has come
	lines   int    // complete lines of the present head
	left    int64  // bytes of body or chunk still to come
	length  int64  // Content-Length; -1 when there is none
	chunked bool
	old     bool   // HTTP/1.0
	host    bool   // Host came
	name    string // its value
	named   string // the host that the target names, if it names one
	known   bool   // Authorization came
	post    bool   // the last head was a POST's
	empty   int    // empty lines since the last request
	head    int    // bytes of the present head so far
	heads   int    // complete heads so far
}

// scan looks at more bytes and says which rule they break; nil when none.
func (s *scanner) scan(b []byte) *rule {
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
		case afterChunk: // the server's own reader says no with the first byte that is another, so this does as well
			if want := "\r\n"[len(s.line)]; b[0] != want {
				if b[0] == '\n' {
					return bareLF
				}
				return chunkTooLong
			} else if want == '\r' {
				s.line = append(s.line, want)
			} else {
				s.line, s.at = s.line[:0], inChunkSize
			}
			b = b[1:]
		default:
			i := bytes.IndexByte(b, '\n')
			if i < 0 {
				if len(s.line)+len(b) > maxLine {
					return lineTooLong
				}
				s.line = append(s.line, b...)
				return nil
			}
			if len(s.line)+i > maxLine {
				return lineTooLong
			}
			s.line = append(s.line, b[:i]...)
			b = b[i+1:]
			if why := s.endLine(); why != nil {
				return why
			}
			s.line = s.line[:0]
		}
	}
	return nil
}

// endLine judges a line without its LF.
func (s *scanner) endLine() *rule {
	line, ok := bytes.CutSuffix(s.line, []byte{'\r'})
	switch {
	case !ok:
		return bareLF
	case bytes.IndexByte(line, '\r') >= 0:
		return bareCR
	case bytes.IndexByte(line, 0) >= 0:
		return nul
	}
	switch s.at {
	case inHead:
		return s.headLine(line)
	case inChunkSize:
		return s.chunkSize(line)
	case inTrailer:
		if len(line) == 0 {
			s.at, s.chunked = inHead, false
			return nil
		}
		return field(line)
	}
	return nil
}

func (s *scanner) headLine(line []byte) *rule {
	if s.lines == 0 {
		if len(line) == 0 {
			if s.empty++; !s.post || s.empty > 2 { // some clients end a body so; the server skips as many
				return emptyLine
			}
			return nil
		}
		s.length, s.chunked, s.left, s.host, s.name, s.named, s.known, s.empty, s.head = -1, false, 0, false, "", "", false, 0, len(line)+len("\r\n")
		s.lines++
		return s.requestLine(line)
	}
	if s.head += len(line) + len("\r\n"); s.head > maxHead {
		return headTooLong
	}
	if len(line) > 0 {
		s.lines++
		return s.header(line)
	}
	s.lines = 0
	s.heads++
	switch {
	case !s.host && !s.old:
		return noHost
	case s.named != "" && s.name != "" && !strings.EqualFold(s.named, s.name):
		return otherHost
	case s.chunked && s.length >= 0:
		return bothLengths
	case s.chunked && s.old:
		return oldCoding
	case s.chunked:
		s.at = inChunkSize
	case s.length > 0:
		s.at, s.left = inBody, s.length
	}
	return nil
}

// requestLine judges the first line of a head: a method, a target without a space, and a version that is spoken here.
func (s *scanner) requestLine(line []byte) *rule {
	method, rest, _ := bytes.Cut(line, []byte{' '})
	target, version, _ := bytes.Cut(rest, []byte{' '})
	minor, ok := bytes.CutPrefix(version, []byte("HTTP/1."))
	if len(method) == 0 || len(target) == 0 || !ok || len(minor) != 1 || minor[0] < '0' || minor[0] > '9' {
		return badRequestLine
	}
	s.old = minor[0] == '0'
	for _, b := range method {
		if !tokens[b] {
			return badRequestLine
		}
	}
	if bytes.IndexByte(target, '#') >= 0 { // no byte of a target; to some it ends there
		return badRequestLine
	}
	path, _, _ := bytes.Cut(target, []byte{'?'})
	for i, b := range path {
		if b < ' ' || b == 0x7f || b == '%' && !escape(target[i+1:]) {
			return badRequestLine
		}
	}
	s.post = string(method) == "POST"
	if target[0] != '/' && string(target) != "*" {
		_, rest, absolute := bytes.Cut(target, []byte("://"))
		if !absolute {
			return badRequestLine
		}
		if end := bytes.IndexAny(rest, "/?#"); end >= 0 {
			rest = rest[:end]
		}
		if s.named = string(rest); s.named == "" {
			return badRequestLine
		}
	}
	return nil
}

// escape reports whether what stands behind a percent sign is a byte in hexadecimal digits.
func escape(rest []byte) bool {
	if len(rest) < 2 {
		return false
	}
	_, ok := digits(string(rest[:2]), 16)
	return ok
}

// tokens are the bytes that methods and names of headers may have (RFC 9110, section 5.6.2).
//
//nolint:gochecknoglobals // a constant table
var tokens = set("!#$%&'*+-.^_`|~" + letters)

// hosts are the bytes of a host with or without a port (RFC 3986, section 3.2), escapes and brackets included.
//
//nolint:gochecknoglobals // a constant table
var hosts = set("!$%&'()*+,-.:;=[]_~" + letters)

const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

func set(of string) (in [256]bool) {
	for _, b := range []byte(of) {
		in[b] = true
	}
	return in
}

// field is the form that every header line must have.
func field(line []byte) *rule {
	if line[0] == ' ' || line[0] == '\t' {
		return folded
	}
	i := bytes.IndexByte(line, ':')
	if i <= 0 {
		return noName
	}
	for _, b := range line[:i] {
		if !tokens[b] {
			return badName
		}
	}
	return nil
}

func (s *scanner) header(line []byte) *rule {
	if why := field(line); why != nil {
		return why
	}
	name, value, _ := bytes.Cut(line, []byte{':'})
	for _, b := range value {
		if b < ' ' && b != '\t' || b == 0x7f {
			return badValue
		}
	}
	switch {
	case is(name, "Host"):
		if s.host {
			return twoHosts
		}
		s.host, s.name = true, trimmed(value)
		for _, b := range []byte(s.name) {
			if !hosts[b] {
				return badHost
			}
		}
	case is(name, "Authorization"):
		if s.known {
			return twoCredentials
		}
		s.known = true
	case is(name, "Expect"):
		if v := trimmed(value); v != "" && !strings.EqualFold(v, "100-continue") {
			return expectation
		}
	case is(name, "Content-Length"):
		if s.length >= 0 {
			return twoLengths
		}
		n, ok := digits(trimmed(value), 10)
		if !ok {
			return badLength
		}
		s.length = n
	case is(name, "Transfer-Encoding"):
		if s.chunked {
			return twoCodings
		}
		if !strings.EqualFold(trimmed(value), "chunked") {
			return badCoding
		}
		s.chunked = true
	}
	return nil
}

// is reports whether a header has that name.
func is(name []byte, want string) bool {
	return len(name) == len(want) && strings.EqualFold(string(name), want)
}

func trimmed(value []byte) string { return string(bytes.Trim(value, " \t")) }

func (s *scanner) chunkSize(line []byte) *rule {
	text, _, _ := strings.Cut(string(line), ";")
	n, ok := digits(text, 16)
	switch {
	case !ok || n > maxChunk:
		return badChunkSize
	case n == 0:
		s.at = inTrailer
	default:
		s.at, s.left = inChunk, n
	}
	return nil
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
