// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/airside-travel/airside/internal/wire"
)

// serve runs a server behind the rules and says how many requests it saw.
func serve(t *testing.T) (addr string, seen *atomic.Int64) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	seen = new(atomic.Int64)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // a test
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		seen.Add(1)
		_, _ = io.WriteString(w, r.URL.Path+" "+string(b))
	})}
	go srv.Serve(wire.Listen(l, func(_ net.Addr, rule, message string) []byte { return []byte(rule + ": " + message) }))
	t.Cleanup(func() { srv.Close() })
	return l.Addr().String(), seen
}

func exchange(t *testing.T, addr, raw string, pieces int) string {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for part := range pieces {
		from, to := len(raw)*part/pieces, len(raw)*(part+1)/pieces
		if _, err := io.WriteString(c, raw[from:to]); err != nil {
			break // it was refused already
		}
	}
	_ = c.(*net.TCPConn).CloseWrite()
	out, _ := io.ReadAll(c) // a reset after the answer is no matter
	return string(out)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	const host = "Host: a\r\n"
	for name, tc := range map[string]struct{ raw, rule string }{
		"Content-Length with Transfer-Encoding": {"POST / HTTP/1.1\r\n" + host + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG", "beside"},
		"an empty line first":                   {"\r\nGET / HTTP/1.1\r\n" + host + "\r\n", "empty line"},
		"an empty line after a GET, second":     {"GET / HTTP/1.1\r\n" + host + "\r\n\r\nGET / HTTP/1.1\r\n" + host + "\r\n", "empty line"},
		"a host that is none":                   {"GET / HTTP/1.1\r\nHost: a/b@c\r\n\r\n", "Host"},
		"two hosts in two places":               {"GET http://b/ HTTP/1.1\r\n" + host + "\r\n", "another host"},
		"a target without its host":             {"GET http:///x HTTP/1.1\r\n" + host + "\r\n", "request line"},
		"a control character in a value":        {"GET / HTTP/1.1\r\n" + host + "X: a\x01b\r\n\r\n", "control character"},
		"another expectation":                   {"GET / HTTP/1.1\r\n" + host + "Expect: foo\r\n\r\n", "Expect"},
		"two credentials":                       {"GET / HTTP/1.1\r\n" + host + "Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n", "Authorization"},
		"a head without end":                    {"GET / HTTP/1.1\r\n" + host + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 70) + "\r\n", "64 KiB"},
		"the other way round":                   {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nG", "beside"},
		"two lengths":                           {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "twice"},
		"the same length twice":                 {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", "twice"},
		"a list of lengths":                     {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1, 1\r\n\r\na", "no number"},
		"a signed length":                       {"POST / HTTP/1.1\r\n" + host + "Content-Length: +1\r\n\r\na", "no number"},
		"another coding":                        {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "not chunked"},
		"codings in a list":                     {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "not chunked"},
		"a coding in HTTP/1.0":                  {"POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.0"},
		"a space before the colon":              {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "space"},
		"a folded line":                         {"GET / HTTP/1.1\r\n" + host + "X-A: b\r\n c\r\n\r\n", "folded"},
		"a bare LF in the head":                 {"GET / HTTP/1.1\r\n" + host + "X-A: b\nX-B: c\r\n\r\n", "without CR"},
		"a bare LF at the end of the head":      {"GET / HTTP/1.1\r\n" + host + "\n", "without CR"},
		"a CR inside a line":                    {"GET / HTTP/1.1\r\n" + host + "X-A: b\rX-B: c\r\n\r\n", "holds a CR"},
		"a NUL":                                 {"GET / HTTP/1.1\r\n" + host + "X-A: b\x00\r\n\r\n", "NUL"},
		"a bare LF after a chunk size":          {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n", "without CR"},
		"a chunk longer than it says":           {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", "longer"},
		"a chunk size with a prefix":            {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", "no number"},
		"the second request of a connection":    {"POST /1 HTTP/1.1\r\n" + host + "Content-Length: 1\r\n\r\naGET /2 HTTP/1.1\r\n" + host + "X: a\n\r\n", "without CR"},
		"no Host":                               {"GET / HTTP/1.1\r\nX-A: b\r\n\r\n", "no-host"},
		"two Hosts":                             {"GET / HTTP/1.1\r\n" + host + "Host: b\r\n\r\n", "host-twice"},
		"the same Host twice":                   {"GET / HTTP/1.1\r\n" + host + host + "\r\n", "host-twice"},
		"a line without a version":              {"GET /\r\n" + host + "\r\n", "bad-request-line"},
		"a version nobody speaks":               {"GET / HTTP/2.0\r\n" + host + "\r\n", "bad-request-line"},
		"two spaces":                            {"GET  / HTTP/1.1\r\n" + host + "\r\n", "bad-request-line"},
		"a space in the target":                 {"GET /a b HTTP/1.1\r\n" + host + "\r\n", "bad-request-line"},
		"a method with a colon":                 {"G:T / HTTP/1.1\r\n" + host + "\r\n", "bad-request-line"},
		"a target that is none":                 {"GET a HTTP/1.1\r\n" + host + "\r\n", "bad-request-line"},
		"an escape that is none":                {"GET /%zz HTTP/1.1\r\n" + host + "\r\n", "bad-request-line"},
		"words of no protocol":                  {"hello\r\n\r\n", "bad-request-line"},
		"a name with a quote":                   {"GET / HTTP/1.1\r\n" + host + "X\"A: b\r\n\r\n", "bad-header-name"},
		"a trailer that is folded":              {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\r\n b\r\n\r\n", "folded"},
	} {
		addr, seen := serve(t)
		got := exchange(t, addr, tc.raw, 1)
		if !strings.HasPrefix(got, "HTTP/1.1 400 ") || !strings.Contains(got, tc.rule) || seen.Load() != 0 {
			t.Errorf("%s: the handler ran %d times, answer %q; want a 400 that says %q", name, seen.Load(), got, tc.rule)
		}
		if got := exchange(t, addr, tc.raw, min(len(tc.raw), 40)); strings.Contains(got, "HTTP/1.1 200") && !strings.Contains(name, "second") {
			t.Errorf("%s, in pieces: %q", name, got)
		}
	}
}

func TestPassed(t *testing.T) {
	t.Parallel()
	const one = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
	const two = "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
	const three = "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5;ext=1\r\nhe\nlo\r\n3\r\n\r\r\n\r\n0\r\nX: y\r\n\r\n"
	const four = "\r\nGET http://a/4%20?b=100% HTTP/1.1\r\nhOST:\r\nX!#$%&'*+.^_`|~1: \xe9\r\n\r\n" // odd, and in order
	const five = "GET /5 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"                                // needs no Host
	for _, pieces := range []int{1, 2, 3, 7, 50} {
		addr, seen := serve(t)
		got := exchange(t, addr, one+two+three+four+five+one, pieces)
		if seen.Load() != 6 || strings.Count(got, " 200 OK") != 6 || !strings.Contains(got, "/2 hello") || !strings.Contains(got, "/3 he\nlo\r\r\n") {
			t.Errorf("in %d pieces: %d requests, %q", pieces, seen.Load(), got)
		}
	}
}

// FuzzAgree: what passes is read by the server as the same requests, however it is cut.
func FuzzAgree(f *testing.F) {
	f.Add([]byte("POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"), uint8(3))
	f.Add([]byte("POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), uint8(9))
	f.Fuzz(func(t *testing.T, raw []byte, cut uint8) {
		whole, parts := wire.NewScanner(), wire.NewScanner()
		a := whole.Scan(raw)
		b := ""
		for i := 0; i < len(raw) && b == ""; {
			n := min(len(raw)-i, int(cut%16)+1)
			b = parts.Scan(raw[i : i+n])
			i += n
		}
		if a != b {
			t.Errorf("%q in one piece: %q; cut: %q", raw, a, b)
		}
	})
}
