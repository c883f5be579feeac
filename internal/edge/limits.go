// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
)

const formType = "application/x-www-form-urlencoded"

// readBody reads at most MaxBody bytes and settles whether a body of this type belongs here.
func (m *Mux) readBody(c *call) error {
	r := c.r
	if c.ep.raw > 0 {
		return c.readRaw()
	}
	if r.ContentLength > int64(m.o.MaxBody) {
		return m.tooLarge()
	}
	if r.Body == http.NoBody {
		return c.bodyFits()
	}
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		buf.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(http.MaxBytesReader(c.ResponseWriter, r.Body, int64(m.o.MaxBody))); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return m.tooLarge()
		}
		if errors.Is(err, io.ErrUnexpectedEOF) || r.Context().Err() != nil {
			return errs.New(errs.MalformedJSON, "the body ended before its announced length")
		}
		return errs.New(errs.MalformedJSON, "the body could not be read").Because(err)
	}
	c.body = buf.Bytes()
	c.event.BytesIn = len(c.body)
	return c.bodyFits()
}

// bodyFits settles whether the body belongs here, and takes forms apart.
func (c *call) bodyFits() error {
	want := c.ep.op.Body
	if want == nil {
		if len(c.body) > 0 {
			return errs.New(errs.BodyNotAllowed, "%s takes no body", c.ep.op.ID)
		}
		return nil
	}
	if len(c.body) == 0 {
		if want.Required {
			return errs.Invalidf("", "required", "%s needs a body", c.ep.op.ID)
		}
		return nil
	}
	media, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || want.Content[media] == nil {
		allowed := strings.Join(slices.Sorted(maps.Keys(want.Content)), " or ")
		return errs.New(errs.MediaUnsupported, "the body must be sent as %s", allowed).With("contentType", clip(c.r.Header.Get("Content-Type"), 80))
	}
	if media == multipartType {
		return c.readParts(params["boundary"])
	}
	if media == formType {
		if c.form, err = url.ParseQuery(string(c.body)); err != nil {
			return errs.New(errs.ValidationFailed, "the form is not well encoded: a %% must be followed by two hexadecimal digits")
		}
	}
	return nil
}

// readRaw reads what the handler is to judge, and does not look at it.
func (c *call) readRaw() (err error) {
	if c.body, err = io.ReadAll(io.LimitReader(c.r.Body, int64(c.ep.raw)+1)); err != nil {
		return errs.New(errs.MalformedJSON, "the body ended before its announced length").Because(err)
	}
	c.event.BytesIn = len(c.body)
	return nil
}

func (m *Mux) tooLarge() error {
	return errs.New(errs.RequestTooLarge, "the body is larger than %d bytes", m.o.MaxBody)
}
