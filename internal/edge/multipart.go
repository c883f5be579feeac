// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/url"

	"github.com/airside-travel/airside/internal/errs"
)

const multipartType = "multipart/form-data"

// maxParts bounds the parts of a body; its bytes are bounded already.
const maxParts = 100

// part is a file among the parts of a multipart body.
type part struct {
	name, media string
	content     []byte
}

// readParts takes a multipart body apart: fields as a form, and files, whose names stand in the form
// so that the contract's check sees them.
func (c *call) readParts(boundary string) error {
	broken := func(err error) error {
		return errs.New(errs.ValidationFailed, "the parts of the body cannot be told apart").Because(err)
	}
	if boundary == "" {
		return errs.New(errs.ValidationFailed, "the Content-Type of the body names no boundary")
	}
	c.form, c.files = url.Values{}, map[string]part{}
	r := multipart.NewReader(bytes.NewReader(c.body), boundary)
	for range maxParts {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken(err)
		}
		content, err := io.ReadAll(p)
		if err != nil {
			return broken(err)
		}
		name := p.FormName()
		if file := p.FileName(); file != "" {
			c.form.Add(name, file)
			c.files[name] = part{file, p.Header.Get("Content-Type"), content}
			continue
		}
		c.form.Add(name, string(content))
	}
	return errs.New(errs.ValidationFailed, "the body has more than %d parts", maxParts)
}
