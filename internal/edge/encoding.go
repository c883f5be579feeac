// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// errEncoded is an answer in an encoding that this server does not know.
var errEncoded = errors.New("unknown Content-Encoding")

// plain takes the encoding off an answer. None is asked for; something in front of the API may add one all the same, and
// then neither the caller nor the contract could read the body.
func plain(resp *http.Response) error {
	encoding := strings.Join(resp.Header["Content-Encoding"], ",")
	switch {
	case encoding == "" || strings.EqualFold(encoding, "identity"):
		return nil
	case strings.EqualFold(encoding, "gzip") || strings.EqualFold(encoding, "x-gzip"):
		resp.Body, resp.ContentLength = &gzipped{body: resp.Body}, -1
		return nil
	}
	_ = resp.Body.Close()
	return fmt.Errorf("%w %q", errEncoded, clip(encoding, 64))
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
