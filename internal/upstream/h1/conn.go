// SPDX-License-Identifier: Apache-2.0

package h1

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"time"
)

// bufferSize takes most requests and answers whole.
const bufferSize = 4 << 10

// maxHeader bounds the header of an answer, in bytes.
const maxHeader = 1 << 20

// maxInformational bounds the answers of status 1xx before the one that counts.
const maxInformational = 5

// ErrRequest is for requests that cannot be written so that everybody reads the same. Nothing of them was answered.
var ErrRequest = errors.New("the request cannot be sent")

// writers are lent while a request is written: most connections wait for an answer, or for a request.
var writers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, bufferSize) }}

// conn is one connection, used by one request at a time. What is behind an answer when it ends may be in three places: in
// r, in what TLS has read ahead, and in the socket, which is looked at before the next use.
type conn struct {
	net.Conn
	peek
	r     *bufio.Reader
	ahead *ahead // nil: plain

	used    bool      // it has answered before
	since   time.Time // idle
	written int64     // of the present request, that have left
	got     int64     // of its answer
	left    int64     // how much more may be read
}

func newConn(c, tcp net.Conn) *conn {
	out := &conn{Conn: c}
	out.r = bufio.NewReaderSize(out, bufferSize)
	out.of(tcp)
	return out
}

// Read counts, and ends what is too long.
func (c *conn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, fmt.Errorf("the header of the answer is longer than %d bytes", maxHeader)
	}
	n, err := c.Conn.Read(p)
	c.got += int64(n)
	c.left -= int64(n)
	return n, err
}

// Write counts.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written += int64(n)
	return n, err
}

// abort ends whatever waits on the connection.
func (c *conn) abort() { _ = c.SetDeadline(past()) }

// past is a deadline that is over.
func past() time.Time { return time.Unix(1, 0) }

// spent reports whether nothing that was read is left over.
func (c *conn) spent() bool {
	return c.r.Buffered() == 0 && (c.ahead == nil || c.ahead.spent(c.r))
}

// ask writes a request and reads the header of its answer.
func (c *conn) ask(req *http.Request, host, bearer string) (*http.Response, error) {
	if err := c.write(req, host, bearer); err != nil {
		if errors.Is(err, ErrRequest) || c.written == 0 {
			return nil, err
		}
		// The other side may have answered before it had read everything, and closed.
		if resp, early := c.answer(req); early == nil {
			resp.Close = true
			return resp, nil
		}
		return nil, err
	}
	return c.answer(req)
}

func (c *conn) answer(req *http.Request) (*http.Response, error) {
	c.left = maxHeader
	for range maxInformational {
		resp, err := http.ReadResponse(c.r, req)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		if resp.StatusCode >= http.StatusOK {
			c.left = 1 << 62
			return resp, nil
		}
		if resp.StatusCode == http.StatusSwitchingProtocols {
			break
		}
	}
	return nil, errors.New("no answer but informational ones")
}

// written here, or never sent.
func own(name string) bool {
	switch name {
	case "Host", "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Te", "Upgrade", "Keep-Alive",
		"Proxy-Authorization", "Proxy-Connection", "Authorization":
		return true
	}
	return false
}

func (c *conn) write(req *http.Request, host, bearer string) error {
	target := req.URL.RequestURI()
	if !visible(req.Method) || !visible(target) || !visible(host) || !text(bearer) {
		return fmt.Errorf("%w: its first line or its bearer holds what does not belong there", ErrRequest)
	}
	if req.Host != "" {
		if host = req.Host; !visible(host) {
			return fmt.Errorf("%w: its host holds what does not belong there", ErrRequest)
		}
	}
	w := writers.Get().(*bufio.Writer)
	w.Reset(c)
	defer func() {
		w.Reset(nil)
		writers.Put(w)
	}()
	put(w, req.Method, " ", target, " HTTP/1.1\r\nHost: ", host, "\r\n")
	for name, values := range req.Header {
		if own(name) {
			continue
		}
		for _, v := range values {
			if !token(name) || !text(v) {
				return fmt.Errorf("%w: the header %.40q is not well formed", ErrRequest, name)
			}
			put(w, name, ": ", v, "\r\n")
		}
	}
	if bearer != "" {
		put(w, "Authorization: ", bearer, "\r\n")
	}
	if err := writeBody(w, req); err != nil {
		return err
	}
	return w.Flush()
}

func writeBody(w *bufio.Writer, req *http.Request) error {
	size := req.ContentLength
	none := req.Body == nil || req.Body == http.NoBody
	switch {
	case none && (req.Method == http.MethodGet || req.Method == http.MethodHead || req.Method == http.MethodDelete):
		put(w, "\r\n")
		return nil
	case none:
		put(w, "Content-Length: 0\r\n\r\n")
		return nil
	case size > 0:
		put(w, "Content-Length: ", strconv.FormatInt(size, 10), "\r\n\r\n")
		return writeExactly(w, req.Body, size)
	}
	put(w, "Transfer-Encoding: chunked\r\n\r\n")
	chunks := httputil.NewChunkedWriter(w)
	if _, err := io.Copy(chunks, req.Body); err != nil {
		return err
	}
	if err := chunks.Close(); err != nil {
		return err
	}
	put(w, "\r\n") // no trailer
	return nil
}

// writeExactly writes a body of which the size was said. Nothing beyond that is written, which would be read as another
// request, and the last byte only once the body has ended: what is not as long as it was said to be never arrives whole.
func writeExactly(w *bufio.Writer, body io.Reader, size int64) error {
	e := &exactly{w: w, left: size}
	if _, err := io.Copy(e, body); err != nil {
		return err
	}
	if e.left > 0 {
		return fmt.Errorf("%w: its body is %d bytes shorter than the %d it was said to have", ErrRequest, e.left, size)
	}
	return w.WriteByte(e.last)
}

// exactly passes on what is written to it but the last byte.
type exactly struct {
	w    io.Writer
	left int64
	last byte
}

// Write writes all of it or, when it is too much, nothing.
func (e *exactly) Write(p []byte) (int, error) {
	n := len(p)
	if int64(n) > e.left {
		return 0, fmt.Errorf("%w: its body is longer than it was said to be", ErrRequest)
	}
	if e.left -= int64(n); e.left == 0 && n > 0 {
		e.last, p = p[n-1], p[:n-1]
	}
	if _, err := e.w.Write(p); err != nil {
		return 0, err
	}
	return n, nil
}

// put writes texts; what fails is kept by the writer and said by Flush.
func put(w *bufio.Writer, texts ...string) {
	for _, t := range texts {
		_, _ = w.WriteString(t)
	}
}

// visible reports whether a text is one word.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return s != ""
}

// text reports whether a text can be the value of a header.
func text(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// token reports whether a text can be the name of a header.
func token(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, s[i]) >= 0 {
			return false
		}
	}
	return s != ""
}
