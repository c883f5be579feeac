// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/internal/errs"
)

const scimType = "application/scim+json"

// scimStatus is the status of an error of a SCIM operation: RFC 7644, section 3.12, wants 409 where a
// value is taken, and its own body for every error. scim is false for all other operations, whose errors
// have the common envelope.
func (c *call) scimStatus(e *errs.Error, status int) (_ int, scim bool) {
	if c.ep != nil {
		scim = strings.HasPrefix(c.ep.op.Scope, "scim:")
	} else { // refused before, or because, there is no operation
		scim = strings.HasPrefix(c.r.URL.Path, "/v2/scim/")
	}
	if scim && e.Code == errs.DuplicateValue {
		status = 409
	}
	return status, scim
}

// scimProblem is the error body of SCIM. A rule that is one of the RFC's scimType words says so; other
// broken rules are a bad value, or bad syntax where they have no place.
func (m *Mux) scimProblem(c *call, e *errs.Error, status int) []byte {
	kind, detail := "", e.Message
	switch {
	case status == 409 && e.Code == errs.DuplicateValue:
		kind = "uniqueness"
	case status == 400:
		kind = "invalidValue"
		if e.Code == errs.MalformedJSON {
			kind = "invalidSyntax"
		}
		if len(e.Fields) > 0 && slices.Contains(scimKinds(), e.Fields[0].Rule) {
			kind = e.Fields[0].Rule
		}
	}
	if len(e.Fields) > 0 {
		list := make([]string, len(e.Fields))
		for i, f := range e.Fields {
			list[i] = f.Message
			if f.Pointer != "" {
				list[i] = f.Pointer + ": " + f.Message
			}
		}
		detail = strings.Join(list, "; ")
	}
	var w jx.Writer
	w.RawStr(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":`)
	w.Str(strconv.Itoa(status))
	if kind != "" {
		w.RawStr(`,"scimType":`)
		w.Str(kind)
	}
	w.RawStr(`,"detail":`)
	w.Str(detail)
	w.RawStr(`,"debugIdentifier":`)
	w.Str(m.debugIdentifier(c))
	w.RawStr(`}`)
	return w.Buf
}

func scimKinds() []string {
	return []string{"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget", "invalidValue", "invalidVers", "sensitive"}
}
