// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

// unpack takes gzip off an answer. It is not asked for; something in front of an API may pack all the same, and then
// nobody here could read the body. Other encodings are left, for whoever reads to refuse.
func unpack(res *http.Response) {
	encoding := res.Header["Content-Encoding"]
	if len(encoding) != 1 || !strings.EqualFold(encoding[0], "gzip") && !strings.EqualFold(encoding[0], "x-gzip") {
		return
	}
	res.Body, res.ContentLength, res.Uncompressed = &gzipped{body: res.Body}, -1, true
	delete(res.Header, "Content-Encoding")
	delete(res.Header, "Content-Length")
}

// gzipped reads a body without its encoding, from the first read on: answers without a body have none to read.
type gzipped struct {
	body io.ReadCloser
	r    *gzip.Reader
}

func (g *gzipped) Read(p []byte) (n int, err error) {
	if g.r == nil {
		if g.r, err = gzip.NewReader(g.body); err != nil {
			return 0, err // io.EOF when there is no body at all
		}
	}
	return g.r.Read(p)
}

func (g *gzipped) Close() error { return g.body.Close() }
