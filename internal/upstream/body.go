// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bytes"
	"io"
	"net/http"
	"sync/atomic"
)

// keep makes the body of a request one that can be sent again, up to limit. What is longer, or says that it is,
// is passed on as it comes and has no GetBody. Without a body both are nil.
func keep(req *http.Request, limit int) error {
	switch {
	case req.Body == nil || req.Body == http.NoBody:
		req.Body, req.GetBody, req.ContentLength = nil, nil, 0
		return nil
	case req.GetBody != nil, req.ContentLength > int64(limit):
		return nil
	}
	var read bytes.Buffer
	if req.ContentLength > 0 {
		read.Grow(int(req.ContentLength) + bytes.MinRead)
	}
	n, err := io.Copy(&read, io.LimitReader(req.Body, int64(limit)+1))
	if err != nil {
		req.Body.Close()
		return err
	}
	if n > int64(limit) {
		req.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(&read, req.Body), req.Body}
		return nil
	}
	req.Body.Close()
	b := read.Bytes()
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(b)), n
	return nil
}

func shut(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// answer is the body of a response; the request counts as being on its way until it has been read or closed.
type answer struct {
	io.ReadCloser
	c      *Client
	client string // whose token it was sent with
	over   atomic.Bool
}

func (a *answer) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if err != nil {
		a.done()
	}
	return n, err
}

func (a *answer) Close() error {
	err := a.ReadCloser.Close()
	a.done()
	return err
}

func (a *answer) done() {
	if !a.over.Swap(true) {
		a.c.gate.over(a.client)
		a.c.left()
	}
}
