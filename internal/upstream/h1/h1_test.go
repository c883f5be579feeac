// SPDX-License-Identifier: Apache-2.0

package h1_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/upstream/h1"
)

const long = time.Minute // nothing here takes so long

func pool(addr string, change ...func(*h1.Options)) *h1.Pool {
	o := h1.Options{Address: addr, Connect: long, Answer: long, Idle: long, MaxIdle: 4}
	for _, c := range change {
		c(&o)
	}
	return h1.New(o)
}

func request(t *testing.T, ctx context.Context, method, target, body string) *http.Request {
	t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://api.example.com"+target, in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// read sends a request and reads its answer whole.
func read(t *testing.T, p *h1.Pool, r *http.Request) (int, string) {
	t.Helper()
	resp, err := p.Send(r, "Bearer far", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// server is a real one that counts its connections.
func server(t *testing.T, h http.HandlerFunc) (addr string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, to http.ConnState) {
		if to == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), connections
}

// script is a server that does on the nth connection what the nth function says.
func script(t *testing.T, acts ...func(c net.Conn, in *bufio.Reader)) (addr string, connections *atomic.Int64) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	connections = new(atomic.Int64)
	go func() {
		for _, act := range acts {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			act(c, bufio.NewReader(c))
			c.Close()
		}
	}()
	return l.Addr().String(), connections
}

// take reads one request and answers it with these bytes.
func take(c net.Conn, in *bufio.Reader, answer string) {
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	_, _ = io.WriteString(c, answer) // the client may have gone
}

func TestWhatArrives(t *testing.T) {
	t.Parallel()
	addr, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, "%s %s %s %s %s %d %v %s", r.Method, r.Host, r.URL, r.Header.Get("Authorization"), r.Header["X-A"], r.ContentLength, r.TransferEncoding, b)
	})
	p := pool(addr)
	for name, tc := range map[string]struct {
		method, body string
		change       func(*http.Request)
		want         string
	}{
		"a read":               {http.MethodGet, "", func(*http.Request) {}, "GET api.example.com /v2/x?q=1 Bearer far [1 2] 0 [] "},
		"a write":              {http.MethodPost, "{}", func(*http.Request) {}, "POST api.example.com /v2/x?q=1 Bearer far [1 2] 2 [] {}"},
		"a write of nothing":   {http.MethodPut, "", func(*http.Request) {}, "PUT api.example.com /v2/x?q=1 Bearer far [1 2] 0 [] "},
		"of unknown length":    {http.MethodPost, "abc", func(r *http.Request) { r.ContentLength = -1 }, "POST api.example.com /v2/x?q=1 Bearer far [1 2] -1 [chunked] abc"},
		"the caller's own":     {http.MethodGet, "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer mine") }, "GET api.example.com /v2/x?q=1 Bearer far [1 2] 0 [] "},
		"hop by hop":           {http.MethodGet, "", func(r *http.Request) { r.Header.Set("Connection", "Authorization, X-A") }, "GET api.example.com /v2/x?q=1 Bearer far [1 2] 0 [] "},
		"a length of its own":  {http.MethodPost, "abc", func(r *http.Request) { r.Header.Set("Content-Length", "1") }, "POST api.example.com /v2/x?q=1 Bearer far [1 2] 3 [] abc"},
		"a coding of its own":  {http.MethodPost, "abc", func(r *http.Request) { r.Header.Set("Transfer-Encoding", "chunked") }, "POST api.example.com /v2/x?q=1 Bearer far [1 2] 3 [] abc"},
		"a body beyond buffer": {http.MethodPost, strings.Repeat("x", 100_000), func(*http.Request) {}, "POST api.example.com /v2/x?q=1 Bearer far [1 2] 100000 [] " + strings.Repeat("x", 100_000)},
	} {
		r := request(t, t.Context(), tc.method, "/v2/x?q=1", tc.body)
		r.Header["X-A"] = []string{"1", "2"}
		tc.change(r)
		if status, got := read(t, p, r); status != 200 || got != tc.want {
			t.Errorf("%s: %d %.200s\nwant %.200s", name, status, got, tc.want)
		}
	}
}

func TestWhatIsNeverWritten(t *testing.T) {
	t.Parallel()
	addr, _ := server(t, func(http.ResponseWriter, *http.Request) { t.Error("it arrived") })
	for name, change := range map[string]func(*http.Request){
		"a line end in a value": func(r *http.Request) { r.Header["X-A"] = []string{"a\r\nX-B: c"} },
		"a NUL in a value":      func(r *http.Request) { r.Header["X-A"] = []string{"a\x00"} },
		"a line end in a name":  func(r *http.Request) { r.Header["X-A: b\r\nX-B"] = []string{"c"} },
		"a colon in a name":     func(r *http.Request) { r.Header["X-A:"] = []string{"c"} },
		"a space in the query":  func(r *http.Request) { r.URL.RawQuery = "a b" },
		"a line in the query":   func(r *http.Request) { r.URL.RawQuery = "a HTTP/1.1\r\nX: y" },
		"a line in the host":    func(r *http.Request) { r.Host = "a\r\nX: y" },
		"a method of two words": func(r *http.Request) { r.Method = "GET /other" },
		"fewer than it says":    func(r *http.Request) { r.ContentLength = 5; r.Body = io.NopCloser(strings.NewReader("abc")) },
		"more than it says":     func(r *http.Request) { r.ContentLength = 2; r.Body = io.NopCloser(strings.NewReader("abc")) },
	} {
		r := request(t, t.Context(), http.MethodPost, "/", "")
		change(r)
		_, err := pool(addr).Send(r, "Bearer far", 0)
		if !errors.Is(err, h1.ErrRequest) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := pool(addr).Send(request(t, t.Context(), http.MethodGet, "/", ""), "Bearer a\r\nX: y", 0); !errors.Is(err, h1.ErrRequest) {
		t.Errorf("a line in the bearer: %v", err)
	}
}

// A body that is not as long as it was said to be leaves neither a whole request nor anything behind one, wherever it is
// found out.
func TestBodyOfAnotherLength(t *testing.T) {
	t.Parallel()
	rest := "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n" + strings.Repeat("y", 9000)
	large := bytes.Repeat([]byte("x"), 100_000)
	for name, tc := range map[string]struct {
		body io.Reader
		size int64
	}{
		"longer":                    {strings.NewReader("{}" + rest), 2},
		"longer, in pieces":         {io.MultiReader(strings.NewReader("{}"), strings.NewReader(rest)), 2},
		"longer, byte by byte":      {iotest.OneByteReader(strings.NewReader("{}" + rest)), 2},
		"longer, beyond the buffer": {io.MultiReader(bytes.NewReader(large), strings.NewReader(rest)), 100_000},
		"longer by a byte":          {io.MultiReader(bytes.NewReader(large), strings.NewReader("y")), 100_000},
		"shorter":                   {strings.NewReader("{}"), 3},
		"shorter, beyond":           {bytes.NewReader(large), 100_001},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := make(chan string, 1)
			addr, _ := script(t, func(_ net.Conn, in *bufio.Reader) {
				b, err := io.ReadAll(in) // to the end of the connection, which has to come
				if err != nil {
					b = []byte(err.Error())
				}
				got <- string(b)
			})
			r := request(t, t.Context(), http.MethodPost, "/", "")
			r.Body, r.ContentLength = io.NopCloser(tc.body), tc.size
			if _, err := pool(addr).Send(r, "Bearer far", 0); !errors.Is(err, h1.ErrRequest) {
				t.Errorf("%v", err)
			}
			arrived := <-got
			if _, body, headed := strings.Cut(arrived, "\r\n\r\n"); strings.Contains(arrived, "smuggled") || headed && int64(len(body)) >= tc.size {
				t.Errorf("%d bytes of a body of %d arrived: %.200q", len(body), tc.size, arrived)
			}
		})
	}
}

// closing counts how often bodies were closed.
type closing struct {
	io.Reader
	n *atomic.Int64
}

func (c closing) Close() error {
	c.n.Add(1)
	return nil
}

// Every body that was taken is closed, as http.RoundTripper demands.
func TestBodiesAreClosed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		size  int64
		again bool // over a second connection
		want  int64
	}{"sent": {2, false, 1}, "of unknown length": {-1, false, 1}, "not sent": {3, false, 1}, "sent again": {2, true, 2}} {
		addr, _ := script(t,
			func(c net.Conn, in *bufio.Reader) { take(c, in, ok); take(c, in, "") },
			func(c net.Conn, in *bufio.Reader) { take(c, in, ok) })
		p := pool(addr)
		if tc.again {
			read(t, p, request(t, t.Context(), http.MethodGet, "/", ""))
		}
		var closed atomic.Int64
		r := request(t, t.Context(), http.MethodGet, "/", "")
		r.GetBody = func() (io.ReadCloser, error) { return closing{strings.NewReader("{}"), &closed}, nil }
		r.Body, _ = r.GetBody() // it has no error
		r.ContentLength = tc.size
		if resp, err := p.Send(r, "Bearer far", 0); err == nil {
			resp.Body.Close()
		}
		if got := closed.Load(); got != tc.want {
			t.Errorf("%s: closed %d times", name, got)
		}
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		h    http.HandlerFunc
		want int64 // connections for three requests
	}{
		"after a body":        {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }, 1},
		"after none":          {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, 1},
		"after chunks":        {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 100_000)) }, 1},
		"not when it says so": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") }, 3},
		"after early hints":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusEarlyHints); w.WriteHeader(200) }, 1},
	} {
		addr, connections := server(t, tc.h)
		p := pool(addr)
		for range 3 {
			read(t, p, request(t, t.Context(), http.MethodGet, "/", ""))
		}
		if got := connections.Load(); got != tc.want {
			t.Errorf("%s: %d connections", name, got)
		}
	}
}

func TestUnreadAnswerCostsTheConnection(t *testing.T) {
	t.Parallel()
	addr, connections := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 100_000)) })
	p := pool(addr)
	for range 2 {
		resp, err := p.Send(request(t, t.Context(), http.MethodGet, "/", ""), "Bearer far", 0)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if got := connections.Load(); got != 2 {
		t.Errorf("%d connections", got)
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	addr, connections := server(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "10") })
	p := pool(addr)
	for range 2 {
		if status, body := read(t, p, request(t, t.Context(), http.MethodHead, "/", "")); status != 200 || body != "" {
			t.Errorf("%d %q", status, body)
		}
	}
	if got := connections.Load(); got != 1 {
		t.Errorf("%d connections", got)
	}
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// A connection that the other side closed while it was idle is seen to be so: even a write goes over a new one.
func TestClosedWhileIdle(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{})
	addr, connections := script(t,
		func(c net.Conn, in *bufio.Reader) { take(c, in, ok); c.Close(); close(closed) },
		func(c net.Conn, in *bufio.Reader) { take(c, in, ok) })
	p := pool(addr)
	read(t, p, request(t, t.Context(), http.MethodPost, "/", "1"))
	<-closed
	if status, body := read(t, p, request(t, t.Context(), http.MethodPost, "/", "2")); status != 200 || body != "ok" {
		t.Errorf("%d %s", status, body)
	}
	if got := connections.Load(); got != 2 {
		t.Errorf("%d connections", got)
	}
}

// A server of which nobody asks anything more sees its connection end.
func TestClosesWhenQuiet(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	addr, _ := script(t, func(c net.Conn, in *bufio.Reader) {
		take(c, in, ok)
		_, err := in.ReadByte()
		ended <- err
	})
	p := pool(addr, func(o *h1.Options) { o.Idle = time.Millisecond })
	read(t, p, request(t, t.Context(), http.MethodGet, "/", ""))
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// What was said unasked behind an answer is nobody's answer.
func TestUnaskedAnswer(t *testing.T) {
	t.Parallel()
	addr, connections := script(t,
		func(c net.Conn, in *bufio.Reader) { take(c, in, ok+"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil") },
		func(c net.Conn, in *bufio.Reader) { take(c, in, ok) })
	p := pool(addr)
	for range 2 {
		if _, body := read(t, p, request(t, t.Context(), http.MethodGet, "/", "")); body != "ok" {
			t.Errorf("got %s", body)
		}
	}
	if got := connections.Load(); got != 2 {
		t.Errorf("%d connections", got)
	}
}

// A used connection that breaks before an answer begins costs a read nothing, and is told of a write.
func TestBrokenInUse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		method string
		again  bool
	}{{http.MethodGet, true}, {http.MethodPost, false}} {
		addr, connections := script(t,
			func(c net.Conn, in *bufio.Reader) { take(c, in, ok); take(c, in, "") },
			func(c net.Conn, in *bufio.Reader) { take(c, in, ok) })
		p := pool(addr)
		read(t, p, request(t, t.Context(), http.MethodGet, "/", ""))
		resp, err := p.Send(request(t, t.Context(), tc.method, "/", ""), "Bearer far", 0)
		if tc.again != (err == nil) {
			t.Errorf("%s: %v", tc.method, err)
		}
		if err == nil {
			resp.Body.Close()
		}
		want := int64(1)
		if tc.again {
			want = 2
		}
		if got := connections.Load(); got != want {
			t.Errorf("%s: %d connections", tc.method, got)
		}
	}
}

func TestBadAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"none":                  "",
		"half a header":         "HTTP/1.1 200 OK\r\nContent-Le",
		"no HTTP":               "220 mail.example.com\r\n\r\n",
		"switches the protocol": "HTTP/1.1 101 Switching Protocols\r\n\r\n",
		"only hints":            strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 20),
		"endless header":        "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 2<<20) + "\r\n\r\n",
	} {
		addr, _ := script(t, func(c net.Conn, in *bufio.Reader) { take(c, in, answer) })
		if resp, err := pool(addr).Send(request(t, t.Context(), http.MethodGet, "/", ""), "Bearer far", 0); err == nil {
			resp.Body.Close()
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	addr, _ := script(t, func(c net.Conn, in *bufio.Reader) { take(c, in, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort") })
	resp, err := pool(addr).Send(request(t, t.Context(), http.MethodGet, "/", ""), "Bearer far", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("a body that ends early was taken for %q", b)
	}
}

// Who answers before it has read everything is heard, if what it says arrived.
func TestAnswerBeforeTheEnd(t *testing.T) {
	t.Parallel()
	addr, _ := script(t, func(c net.Conn, in *bufio.Reader) {
		if _, err := in.ReadString('\n'); err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		_, _ = io.Copy(io.Discard, in)
	})
	status, _ := read(t, pool(addr), request(t, t.Context(), http.MethodPost, "/", strings.Repeat("x", 1<<20)))
	if status != http.StatusRequestEntityTooLarge {
		t.Error(status)
	}
}

func TestEndOfPatience(t *testing.T) {
	t.Parallel()
	hang := func(before string) func(c net.Conn, in *bufio.Reader) {
		return func(c net.Conn, in *bufio.Reader) {
			take(c, in, before)
			_, _ = io.Copy(io.Discard, in) // until the client goes
		}
	}
	const half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
	for name, tc := range map[string]struct {
		before string
		within time.Duration
		answer time.Duration
		want   error
	}{
		"no header in time":       {"", 0, 10 * time.Millisecond, context.DeadlineExceeded},
		"not within":              {"", 10 * time.Millisecond, long, context.DeadlineExceeded},
		"the body not within":     {half, 50 * time.Millisecond, long, context.DeadlineExceeded},
		"the caller goes":         {"", 0, long, context.Canceled},
		"the caller goes halfway": {half, 0, long, context.Canceled},
	} {
		addr, _ := script(t, hang(tc.before))
		p := pool(addr, func(o *h1.Options) { o.Answer = tc.answer })
		ctx, cancel := context.WithCancel(t.Context())
		if errors.Is(tc.want, context.Canceled) {
			time.AfterFunc(20*time.Millisecond, cancel)
		}
		resp, err := p.Send(request(t, ctx, http.MethodGet, "/", ""), "Bearer far", tc.within)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pool("127.0.0.1:1").Send(request(t, canceled, http.MethodGet, "/", ""), "", 0); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled before: %v", err)
	}
}

func TestNoConnection(t *testing.T) {
	t.Parallel()
	addr, _ := script(t) // accepts nothing
	tlsAddr, _ := script(t, func(c net.Conn, in *bufio.Reader) { take(c, in, "no TLS here\n") })
	refused := pool("127.0.0.1:1")
	slow := pool(addr, func(o *h1.Options) { o.TLS = &tls.Config{ServerName: "a"}; o.Connect = 20 * time.Millisecond }) //nolint:gosec // nothing answers
	plain := pool(tlsAddr, func(o *h1.Options) { o.TLS = &tls.Config{ServerName: "a"}; o.Connect = time.Second })       //nolint:gosec // no TLS answers
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tc := range map[string]struct {
		p      *h1.Pool
		ctx    context.Context //nolint:containedctx // of a case
		within time.Duration
		why    error
	}{
		"refused":             {refused, t.Context(), 0, nil},
		"no handshake":        {slow, t.Context(), 0, context.DeadlineExceeded},
		"no TLS":              {plain, t.Context(), 0, nil},
		"no time":             {refused, t.Context(), time.Nanosecond, context.DeadlineExceeded},
		"the caller had gone": {refused, gone, 0, context.Canceled},
	} {
		_, err := tc.p.Send(request(t, tc.ctx, http.MethodPost, "/", "x"), "Bearer far", tc.within)
		if op, is := errors.AsType[*net.OpError](err); !is || op.Op != "dial" || tc.why != nil && !errors.Is(err, tc.why) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	p := pool(u.Host, func(o *h1.Options) {
		o.TLS = &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}
	})
	var got []string
	for range 3 {
		_, body := read(t, p, request(t, t.Context(), http.MethodGet, "/", ""))
		got = append(got, body)
	}
	if d := cmp.Diff([]string{"HTTP/1.1", "HTTP/1.1", "HTTP/1.1"}, got); d != "" {
		t.Error(d)
	}
	p.CloseIdle()
	stranger := pool(u.Host, func(o *h1.Options) {
		o.TLS = &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "example.com", MinVersion: tls.VersionTLS12}
	})
	if _, err := stranger.Send(request(t, t.Context(), http.MethodGet, "/", ""), "Bearer far", 0); err == nil {
		t.Error("a certificate that nobody knows was taken")
	}
}

// However many ask at once, each gets its own answer.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	addr, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
		_, _ = io.WriteString(w, r.URL.RawQuery)
	})
	p := pool(addr)
	failed := make(chan error)
	for i := range 16 {
		go func() {
			var err error
			for n := range 50 {
				q := fmt.Sprint(i, "-", n)
				r, e := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://api.example.com/?"+q, strings.NewReader(q))
				if e != nil {
					err = e
					break
				}
				resp, e := p.Send(r, "Bearer far", 0)
				if e != nil {
					err = e
					break
				}
				b, e := io.ReadAll(resp.Body)
				resp.Body.Close()
				if e != nil || string(b) != q+q {
					err = fmt.Errorf("%s: %q %w", q, b, e)
				}
			}
			failed <- err
		}()
	}
	for range 16 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}
