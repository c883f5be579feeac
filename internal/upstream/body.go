// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bytes"
	"io"
	"net/http"
	"sync"
)

// body is what a request carries, so that it can be sent again. A request of a client or server in Go carries
// http.NoBody or nil when it has none.
type body struct {
	again func() (io.ReadCloser, error) // nil: it can be sent once
	first io.ReadCloser
	size  int64
}

// keep reads the body up to limit. What is longer, or says that it is, is passed on as it comes.
func keep(req *http.Request, limit int) (*body, error) {
	none := func() (io.ReadCloser, error) { return http.NoBody, nil }
	switch {
	case req.Body == nil || req.Body == http.NoBody:
		return &body{again: none, first: http.NoBody}, nil
	case req.GetBody != nil:
		return &body{again: req.GetBody, first: req.Body, size: req.ContentLength}, nil
	case req.ContentLength > int64(limit):
		return &body{first: req.Body, size: req.ContentLength}, nil
	}
	var read bytes.Buffer
	if req.ContentLength > 0 {
		read.Grow(int(req.ContentLength) + bytes.MinRead)
	}
	n, err := io.Copy(&read, io.LimitReader(req.Body, int64(limit)+1))
	if err != nil {
		req.Body.Close()
		return nil, err
	}
	if n > int64(limit) {
		rest := struct {
			io.Reader
			io.Closer
		}{io.MultiReader(&read, req.Body), req.Body}
		return &body{first: rest, size: req.ContentLength}, nil
	}
	req.Body.Close()
	b := read.Bytes()
	again := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
	first, err := again()
	return &body{again: again, first: first, size: n}, err
}

// answer is the body of a response; the request counts as being on its way until it has been read or closed.
type answer struct {
	io.ReadCloser
	once sync.Once
	done func()
}

func (a *answer) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if err != nil {
		a.once.Do(a.done)
	}
	return n, err
}

func (a *answer) Close() error {
	err := a.ReadCloser.Close()
	a.once.Do(a.done)
	return err
}
