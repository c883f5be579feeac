// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"mime"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/telemetry"
)

// validate checks path, query, headers and body against the contract, all of them, so that one
// answer names everything that is wrong; then decodes what the handler reads.
func (m *Mux) validate(c *call) (err error) {
	op := c.ep.op
	found := op.CheckPath(c.r.PathValue)
	if c.upstream != nil {
		found = append(found, c.carriable()...)
	}
	query, unread := c.query()
	found = append(append(found, unread...), op.CheckQuery(query)...)
	found = append(found, op.CheckHeader(c.r.Header.Get)...)
	if len(c.body) > 0 && c.ep.raw == 0 {
		media, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type")) // settled in readBody
		if media == formType || media == multipartType {
			found = append(found, op.CheckForm(c.form)...)
		} else {
			found = append(found, op.CheckBody(media, c.body)...)
		}
	}
	if len(found) > 0 {
		return ownCode(op, found, invalid(found))
	}
	if c.upstream != nil {
		c.event.Decide(telemetry.Validate, telemetry.Passed, "contract", "")
		return nil
	}
	if c.ep.decode == nil {
		return errs.New(errs.NotImplemented, "%s is part of the contract, but this version does not carry it out", op.ID).With("operation", op.ID)
	}
	c.event.Decide(telemetry.Validate, telemetry.Passed, "contract", "")
	c.in, err = c.ep.decode(c)
	return err
}

// ownCode gives the error the code that the contract names for the first parameter at fault, if any.
func ownCode(op *contract.Operation, found []contract.Violation, e *errs.Error) error {
	for _, v := range found {
		if p := param(op, v.In, strings.TrimPrefix(v.Pointer, "/")); p != nil && p.ErrorCode != "" {
			e.Code = errs.Code(p.ErrorCode)
			break
		}
	}
	return e
}

// query parses the query. What cannot be read as pairs is a violation: an API behind this server might read it.
func (c *call) query() (url.Values, []contract.Violation) {
	var err error
	c.params, err = url.ParseQuery(c.r.URL.RawQuery)
	if err == nil {
		return c.params, nil
	}
	return c.params, []contract.Violation{{
		In: contract.InQuery, Rule: contract.RuleFormat,
		Message: "must be pairs of name=value, separated by &, with every % followed by two hexadecimal digits",
	}}
}

// carriable reports the values of the path that are not carried to a real API: %2F is a byte of an id here, and may
// be the next segment, and so another operation, to whoever reads the path there.
func (c *call) carriable() (found []contract.Violation) {
	for i := range c.ep.op.Params {
		p := &c.ep.op.Params[i]
		if p.In == contract.InPath && strings.ContainsFunc(c.r.PathValue(p.Name), uncarriable) {
			found = append(found, contract.Violation{
				In: contract.InPath, Pointer: "/" + p.Name, Rule: contract.RulePattern,
				Message: `must not hold "/", "\", "%", ";" or control characters, escaped or not, on its way to a real API`,
			})
		}
	}
	return found
}

func uncarriable(r rune) bool {
	switch r {
	case '/', '\\', '%', ';', utf8.RuneError:
		return true
	}
	return unicode.IsControl(r)
}

// judge checks our own answer, in dev and in tests.
func (m *Mux) judge(c *call) {
	if m.o.OnViolation == nil {
		return
	}
	var found []contract.Violation
	media := ""
	if len(c.out.Body) > 0 {
		media = "application/json"
		if t := c.Header().Get("Content-Type"); t != "" {
			media, _, _ = mime.ParseMediaType(t)
		}
	}
	if found = c.ep.op.CheckResponse(c.out.Status, media, c.out.Body); len(found) > 0 {
		m.o.OnViolation(c.ep.op.ID, c.out.Status, c.out.Body, found)
	}
}
