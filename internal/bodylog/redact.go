// SPDX-License-Identifier: Apache-2.0

package bodylog

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/redact"
)

// Kept is the schema KeptBody.
type Kept struct {
	MediaType string `json:"mediaType,omitempty"`
	Bytes     int    `json:"bytes"`
	Text      string `json:"text,omitempty"`
	Truncated bool   `json:"truncated,omitempty"`
	Withheld  string `json:"withheld,omitempty"`
}

// Why a body has no text.
const (
	wrongType = "MEDIA_TYPE"
	malformed = "MALFORMED"
)

const form = "application/x-www-form-urlencoded"

// request is what is kept of a request's body.
func (s *Service) request(x *Exchange) *Kept {
	if x.Operation.Body == nil {
		return bare(&x.Request)
	}
	schema := x.Operation.Body.Content[x.Request.MediaType]
	if x.Request.MediaType == form {
		return asForm(&x.Request, schema)
	}
	return keep(&x.Request, schema, text)
}

// response is what is kept of an answer. Messages of errors quote what was sent, so of them the codes stay.
func (s *Service) response(x *Exchange) *Kept {
	var schema *contract.Schema
	if r := x.Operation.Responses[x.Status]; r != nil {
		schema = r.Content[x.Response.MediaType]
	}
	if x.Status < 400 {
		return keep(&x.Response, schema, text)
	}
	if schema == nil && isJSON(x.Response.MediaType) {
		schema = s.o.Contract.Schema("ErrorResponse")
	}
	return keep(&x.Response, schema, func(member, s string) string {
		switch member {
		case "message", "errorDetail", "value", "detail", "title", "description":
			return length(s)
		}
		return text(member, s)
	})
}

// bare tells of a body that there was one.
func bare(b *Body) *Kept {
	if b.Bytes == 0 {
		return nil
	}
	return &Kept{MediaType: redact.Text(b.MediaType, 80), Bytes: b.Bytes, Withheld: wrongType}
}

func keep(b *Body, schema *contract.Schema, clean func(member, text string) string) *Kept {
	k := bare(b)
	if k == nil || schema == nil || !isJSON(b.MediaType) {
		return k
	}
	cut := len(b.Text) < b.Bytes
	out, whole := schema.RedactedStart(b.Text, clean)
	if !whole && !cut {
		k.Withheld = malformed
		return k
	}
	k.Withheld = ""
	k.Text, k.Truncated = shorten(out), !whole || len(out) > MaxText
	return k
}

// asForm shows a form as the object that the contract describes it as.
func asForm(b *Body, schema *contract.Schema) *Kept {
	k := bare(b)
	if k == nil || schema == nil {
		return k
	}
	values, err := url.ParseQuery(string(b.Text))
	if err != nil || len(b.Text) < b.Bytes {
		k.Withheld = malformed
		return k
	}
	object := make(map[string]any, len(values))
	for name, v := range values {
		object[name] = v[0]
		if len(v) > 1 {
			object[name] = v
		}
	}
	doc, err := json.Marshal(object)
	if err == nil {
		doc, err = schema.Redacted(doc, text)
	}
	if err != nil {
		k.Withheld = malformed
		return k
	}
	k.Withheld, k.Text, k.Truncated = "", shorten(doc), len(doc) > MaxText
	return k
}

func isJSON(media string) bool {
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// shorten cuts between two characters.
func shorten(doc []byte) string {
	if len(doc) > MaxText {
		n := MaxText
		for n > MaxText-utf8.UTFMax && !utf8.RuneStart(doc[n]) {
			n--
		}
		doc = doc[:n]
	}
	return string(bytes.ToValidUTF8(doc, []byte("\uFFFD")))
}

// text is a text that no mark holds back, without credentials, card numbers and e-mail addresses.
func text(_, s string) string { return redact.Emails(redact.Secrets(s)) }

func length(s string) string { return "[" + strconv.Itoa(utf8.RuneCountInString(s)) + " characters]" }
