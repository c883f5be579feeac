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
	seen = new(atomic.Int64)
	return listen(t, func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		seen.Add(1)
		_, _ = io.WriteString(w, r.URL.Path+" "+string(b))
	}), seen
}

func listen(t *testing.T, h http.HandlerFunc, states ...func(http.ConnState)) (addr string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h, ConnState: func(c net.Conn, s http.ConnState) {
		wire.State(c, s)
		for _, f := range states {
			f(s)
		}
	}} //nolint:gosec // a test
	go srv.Serve(wire.Listen(l, func(_ net.Addr, rule, message string) []byte { return []byte(rule + ": " + message) }))
	t.Cleanup(func() { srv.Close() })
	return l.Addr().String()
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
		"a target that some end early":          {"GET /?a=#&b=1 HTTP/1.1\r\n" + host + "\r\n", "request line"},
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
		"a length of nothing with a coding":     {"POST / HTTP/1.1\r\n" + host + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "beside"},
		"a length after one of nothing":         {"POST / HTTP/1.1\r\n" + host + "Content-Length: 0\r\nContent-Length: 1\r\n\r\na", "content-length-twice"},
		"a length of letters":                   {"POST / HTTP/1.1\r\n" + host + "Content-Length: a\r\n\r\n0123456789", "no number"},
		"an empty length":                       {"POST / HTTP/1.1\r\n" + host + "Content-Length:\r\n\r\n", "no number"},
		"a length with a space inside":          {"POST / HTTP/1.1\r\n" + host + "Content-Length: 1 1\r\n\r\n01234567890", "no number"},
		"a length of many digits":               {"POST / HTTP/1.1\r\n" + host + "Content-Length: 0000000000000001\r\n\r\na", "no number"},
		"a coding twice":                        {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "transfer-encoding-twice"},
		"a line folded with a tab":              {"GET / HTTP/1.1\r\n" + host + "X-A: b\r\n\tc\r\n\r\n", "folded"},
		"a CR before a line":                    {"GET / HTTP/1.1\r\n" + host + "\rX-A: b\r\n\r\n", "holds a CR"},
		"a NUL before a line":                   {"GET / HTTP/1.1\r\n" + host + "\x00X-A: b\r\n\r\n", "NUL"},
		"a line without a name":                 {"GET / HTTP/1.1\r\n" + host + ": b\r\n\r\n", "no name"},
		"a line without a colon":                {"GET / HTTP/1.1\r\n" + host + "X-A\r\n\r\n", "no name"},
		"a name as long as Host":                {"GET / HTTP/1.1\r\nDate: a\r\n\r\n", "no-host"},
		"a bare LF after a chunk":               {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n", "without CR"},
		"a chunk without a size":                {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n\r\n0\r\n\r\n", "bad-chunk-size"},
		"a chunk of more than a terabyte":       {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n10000000001\r\na", "bad-chunk-size"},
		"no target":                             {"GET  HTTP/1.1\r\n" + host + "\r\n", "bad-request-line"},
		"no method":                             {" / HTTP/1.1\r\n" + host + "\r\n", "bad-request-line"},
		"a version without its name":            {"GET / 1\r\n" + host + "\r\n", "bad-request-line"},
		"a version without its end":             {"GET / HTTP/1.\r\n" + host + "\r\n", "bad-request-line"},
		"a version of two digits":               {"GET / HTTP/1.10\r\n" + host + "\r\n", "bad-request-line"},
		"a version above the digits":            {"GET / HTTP/1.:\r\n" + host + "\r\n", "bad-request-line"},
		"a version below the digits":            {"GET / HTTP/1./\r\n" + host + "\r\n", "bad-request-line"},
		"a control byte in the path":            {"GET /\x1f HTTP/1.1\r\n" + host + "\r\n", "bad-request-line"},
		"a DEL in the path":                     {"GET /\x7f HTTP/1.1\r\n" + host + "\r\n", "bad-request-line"},
		"an escape cut short":                   {"GET /%4 HTTP/1.1\r\n" + host + "\r\n", "bad-request-line"},
		"a percent sign at the end":             {"GET /% HTTP/1.1\r\n" + host + "\r\n", "bad-request-line"},
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
	const four = "\r\nGET http://a/4%20?b=100% HTTP/1.1\r\nhOST:\r\nX!#$%&'*+.^_`|~1: \xe9\r\n\r\n"                    // odd, and in order
	const five = "GET /5 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"                                                   // needs no Host
	const six = "POST /6%20 HTTP/1.1\r\nHost: a\r\nDate: b\r\nContent-Length: 21\r\n\r\nGET /a\n HTTP/2.0\r\x00\n\r\n" // a body may be anything
	scanner := wire.NewScanner()
	for i, b := range []byte(one + two + three + six + four + five + one) {
		if why := scanner.Scan([]byte{b}); why != "" {
			t.Fatalf("byte %d, alone: %s", i, why)
		}
	}
	for _, pieces := range []int{1, 2, 3, 7, 50} {
		addr, seen := serve(t)
		got := exchange(t, addr, one+two+three+six+four+five+one, pieces)
		if seen.Load() != 7 || strings.Count(got, " 200 OK") != 7 || !strings.Contains(got, "/2 hello") || !strings.Contains(got, "/3 he\nlo\r\r\n") {
			t.Errorf("in %d pieces: %d requests, %q", pieces, seen.Load(), got)
		}
	}
}

// TestAfterAnAnswer: a refusal is told to who has had all answers so far, and to nobody who is in the middle of one.
func TestAfterAnAnswer(t *testing.T) {
	t.Parallel()
	const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
	idle := make(chan struct{}, 10)
	addr := listen(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_ = http.NewResponseController(w).EnableFullDuplex()
			_, _ = io.WriteString(w, "begun")
			_ = http.NewResponseController(w).Flush()
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "done")
	}, func(s http.ConnState) {
		if s == http.StateIdle {
			idle <- struct{}{}
		}
	})
	for name, tc := range map[string]struct{ first, until, then, want string }{
		"between two answers":    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "done", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\n", "HTTP/1.1 400 "},
		"in the next head":       {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "done", "GET / HTTP/1.1\n", "HTTP/1.1 400 "},
		"in the middle of one":   {chunked, "begun", "x\r\n", ""},
		"where a chunk is wrong": {chunked, "begun", "1\r\nab\r\n0\r\n\r\n", ""},
	} {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, tc.first)
		var got strings.Builder
		for one := make([]byte, 1); !strings.HasSuffix(got.String(), tc.until); got.Write(one) {
			if _, err := c.Read(one); err != nil {
				t.Fatalf("%s: %v after %q", name, err, got.String())
			}
		}
		if tc.until == "done" {
			<-idle // what comes now begins a request
		}
		_, _ = io.WriteString(c, tc.then)
		rest, _ := io.ReadAll(c)
		answer, _, _ := strings.Cut(strings.TrimPrefix(string(rest), "\r\n"), "400 ")
		if tc.want == "" && (strings.Contains(string(rest), "400 Bad Request") || strings.Contains(string(rest), "done")) ||
			tc.want != "" && (answer != "HTTP/1.1 " || !strings.Contains(string(rest), "bare-lf")) {
			t.Errorf("%s: %q; want it to begin with %q", name, rest, tc.want)
		}
	}
}

// TestNothingFollowsARefusal: a handler that goes on writing after its body broke a rule reaches nobody.
func TestNothingFollowsARefusal(t *testing.T) {
	t.Parallel()
	addr := listen(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "as if nothing were wrong")
	})
	got := exchange(t, addr, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 2)
	if strings.Count(got, "HTTP/1.1 ") != 1 || !strings.HasPrefix(got, "HTTP/1.1 400 ") || strings.Contains(got, "as if") {
		t.Errorf("%q; want the refusal and no more", got)
	}
}

// TestLimits: the longest line that is taken, and one more byte, in one piece and in two; and how sizes of chunks are written.
func TestLimits(t *testing.T) {
	t.Parallel()
	const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
	last := head + "\r\n0\r\n" // lines of a trailer, which no limit of a head holds for
	room := 64<<10 - len(head) - len("\r\n\r\n")
	line := func(n int) string { return "X: " + strings.Repeat("a", n-len("X: ")) }
	for name, tc := range map[string]struct {
		pieces []string
		want   string
	}{
		"a long line":                   {[]string{last + "Y: b\r\n", line(64<<10-1) + "\r\n"}, ""},
		"a longer one":                  {[]string{last + "Y: b\r\n", line(64<<10) + "\r\n"}, "line-too-long"},
		"a long line in two pieces":     {[]string{last, line(60 << 10), strings.Repeat("a", 4<<10-1) + "\r\n"}, ""},
		"a longer one in two pieces":    {[]string{last, line(60 << 10), strings.Repeat("a", 4<<10) + "\r\n"}, "line-too-long"},
		"a long line without an end":    {[]string{last, line(60 << 10), strings.Repeat("a", 4<<10)}, ""},
		"a longer one without an end":   {[]string{last, line(60 << 10), strings.Repeat("a", 4<<10+1)}, "line-too-long"},
		"a long head":                   {[]string{head + line(room) + "\r\n\r\n"}, ""},
		"a longer head":                 {[]string{head + line(room+1) + "\r\n\r\n"}, "head-too-long"},
		"a chunk of a terabyte":         {[]string{head + "\r\n10000000000\r\n"}, ""},
		"a size in small letters":       {[]string{head + "\r\n", "a\r\n0123456789\r\nf\r\n0123456789abcde\r\n0\r\n\r\n"}, ""},
		"a size in capitals":            {[]string{head + "\r\n", "A\r\n0123456789\r\nF\r\n0123456789abcde\r\n0\r\n\r\n"}, ""},
		"a size of the last digit":      {[]string{head + "\r\n", "9\r\n012345678\r\n0\r\n\r\n"}, ""},
		"a size in letters is no less":  {[]string{head + "\r\n", "a\r\n0123456789a"}, "chunk-longer-than-its-size"},
		"a size in capitals, no less":   {[]string{head + "\r\n", "F\r\n0123456789abcdef"}, "chunk-longer-than-its-size"},
		"a size behind the digits":      {[]string{head + "\r\n:\r\n"}, "bad-chunk-size"},
		"a size before the digits":      {[]string{head + "\r\n/\r\n"}, "bad-chunk-size"},
		"a size behind small letters":   {[]string{head + "\r\ng\r\n"}, "bad-chunk-size"},
		"a size before small letters":   {[]string{head + "\r\n`\r\n"}, "bad-chunk-size"},
		"a size behind capitals":        {[]string{head + "\r\nG\r\n"}, "bad-chunk-size"},
		"a size before capitals":        {[]string{head + "\r\n@\r\n"}, "bad-chunk-size"},
		"a size with a space":           {[]string{head + "\r\n1 \r\n"}, "bad-chunk-size"},
		"the whole server as target":    {[]string{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"}, ""},
		"an escape at the very end":     {[]string{"GET /%2F HTTP/1.1\r\nHost: a\r\n\r\n"}, ""},
		"the first and last of 1.x":     {[]string{"GET / HTTP/1.0\r\n\r\nGET / HTTP/1.9\r\nHost: a\r\n\r\n"}, ""},
		"a trailer and another request": {[]string{head + "\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\n\r\n"}, "no-host"},
	} {
		s, got := wire.NewScanner(), ""
		for _, p := range tc.pieces {
			if got = s.Scan([]byte(p)); got != "" {
				break
			}
		}
		if got != tc.want {
			t.Errorf("%s: %q; want %q", name, got, tc.want)
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
