// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"net/url"
	"strconv"
	"strings"
)

const (
	mediaJSON  = "application/json"
	errorShape = "ErrorResponse" // what any failure that is not declared answers
)

// CheckBody checks a request's body. An operation that takes none accepts any.
// Multipart bodies are for the caller to take apart: use CheckForm.
func (op *Operation) CheckBody(contentType string, body []byte) []Violation {
	if op.Body == nil {
		return nil
	}
	if len(body) == 0 {
		if op.Body.Required {
			return []Violation{{In: InBody, Rule: RuleRequired, Message: "is required"}}
		}
		return nil
	}
	media := mediaType(contentType)
	s := op.Body.Content[media]
	if s == nil {
		return wrongMedia(op.Body.Content, contentType)
	}
	switch media {
	case "multipart/form-data":
		return nil
	case "application/x-www-form-urlencoded":
		if limit := op.contract.Limits.MaxBytes; len(body) > limit {
			return []Violation{{In: InBody, Rule: RuleSize, Message: "is longer than " + strconv.Itoa(limit) + " bytes"}}
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return []Violation{{In: InBody, Rule: RuleSyntax, Message: "is not a form: a percent sign or separator is out of place"}}
		}
		return op.CheckForm(form)
	}
	return op.contract.check(s.compiled(), body, 0)
}

// CheckResponse checks an answer. A failure whose status the operation does not
// declare, or declares without a body, has the contract's error shape, or in a
// media type that is not JSON's the shape of the operation's other failures.
func (op *Operation) CheckResponse(status int, contentType string, body []byte) []Violation {
	r := op.Responses[status]
	if r == nil && status < 400 {
		return []Violation{{In: InBody, Rule: RuleStatus,
			Message: "has the status " + strconv.Itoa(status) + ", which is not declared"}}
	}
	if r == nil || len(r.Content) == 0 {
		s := op.contract.Schema(errorShape)
		if own := op.failure(mediaType(contentType)); own != nil {
			s = own
		}
		switch {
		case len(body) == 0:
			return nil
		case status < 400 || s == nil:
			return []Violation{{In: InBody, Rule: RuleSize, Message: "must be empty"}}
		}
		return op.contract.check(s.compiled(), body, 1)
	}
	if len(body) == 0 {
		return []Violation{{In: InBody, Rule: RuleRequired, Message: "is required"}}
	}
	media := mediaType(contentType)
	s := r.Content[media]
	if s == nil {
		return wrongMedia(r.Content, contentType)
	}
	if !isJSON(media) {
		return nil
	}
	return op.contract.check(s.compiled(), body, 1)
}

// failure is the shape of declared failures in a media type of their own, such
// as SCIM's; nil where there is none.
func (op *Operation) failure(media string) *Schema {
	first, found := 0, (*Schema)(nil)
	for status, r := range op.Responses {
		if s := r.Content[media]; s != nil && media != mediaJSON && status >= 400 && (found == nil || status < first) {
			first, found = status, s
		}
	}
	return found
}

// Check checks a value against a schema, as a response's part.
func (s *Schema) Check(value []byte) []Violation {
	return s.contract.check(s.compiled(), value, 1)
}

// CheckRequest checks a value against a schema, as a request's part: what is
// readOnly is neither demanded nor checked.
func (s *Schema) CheckRequest(value []byte) []Violation {
	return s.contract.check(s.compiled(), value, 0)
}

func isJSON(media string) bool {
	return media == mediaJSON || strings.HasSuffix(media, "+json")
}

func wrongMedia(content map[string]*Schema, contentType string) []Violation {
	known := sortedKeys(content)
	return []Violation{{In: InBody, Rule: RuleContentType, Allowed: known,
		Message: "must be " + list(known, "or") + ", but is " + clip(strconv.Quote(contentType))}}
}

// mediaType strips the parameters of a content type and lowers its case.
func mediaType(contentType string) string {
	if contentType == mediaJSON {
		return mediaJSON
	}
	media, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(media))
}
