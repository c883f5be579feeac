// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"errors"
	"io"
	"sync"
)

// form is the body of a request for a token, which holds the secret. A transport may still read it when its call has
// returned, so whoever forgets it waits for who reads.
type form struct {
	mu   sync.Mutex
	text []byte // nil: forgotten
}

// The parts of a form.
const (
	formClient   = "grant_type=client_credentials&client_id="
	formAudience = "&audience="
	formSecret   = "&client_secret="
)

// formSize is how long a form may be at most.
func formSize(client, audience string, secret int) int {
	const widest = len("%XX") // of a byte
	return len(formClient) + len(formAudience) + len(formSecret) + widest*(len(client)+len(audience)+secret)
}

// newForm makes it in one piece: what grows leaves a copy behind.
func newForm(c credential, audience string) *form {
	f := &form{}
	c.secret.Use(func(secret []byte) {
		f.text = make([]byte, 0, formSize(c.client, audience, len(secret)))
		f.text = appendQuery(append(f.text, formClient...), []byte(c.client))
		if audience != "" {
			f.text = appendQuery(append(f.text, formAudience...), []byte(audience))
		}
		f.text = appendQuery(append(f.text, formSecret...), secret)
	})
	return f
}

// open gives it to read from the beginning.
func (f *form) open() io.ReadCloser { return &formReader{f: f} }

// forget overwrites it.
func (f *form) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.text[:cap(f.text)])
	f.text = nil
}

var errForgotten = errors.New("the form is not needed any more")

type formReader struct {
	f  *form
	at int
}

// Read reads.
func (r *formReader) Read(p []byte) (int, error) {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	switch {
	case r.f.text == nil:
		return 0, errForgotten
	case r.at == len(r.f.text):
		return 0, io.EOF
	}
	n := copy(p, r.f.text[r.at:])
	r.at += n
	return n, nil
}

// Close leaves it as it is: it may be sent again.
func (r *formReader) Close() error { return nil }

// appendQuery encodes a value of a form without leaving a copy of it elsewhere.
func appendQuery(dst, value []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, b := range value {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '-', b == '_', b == '.', b == '~':
			dst = append(dst, b)
		default:
			dst = append(dst, '%', hex[b>>4], hex[b&15])
		}
	}
	return dst
}
