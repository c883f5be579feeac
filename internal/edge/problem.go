// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-faster/jx"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/telemetry"
)

// statuses is the one mapping from what went wrong inside to what a client sees.
//
//nolint:gochecknoglobals // constant table
var statuses = map[errs.Kind]int{
	errs.Internal: 500, errs.Invalid: 400, errs.Unauthenticated: 401, errs.Denied: 403, errs.NotFound: 404,
	errs.WrongMethod: 405, errs.Conflict: 409, errs.TooLarge: 413, errs.WrongMedia: 415, errs.Throttled: 429,
	errs.NotBuilt: 501, errs.Unavailable: 503, errs.Precondition: 412, errs.Broken: 502, errs.Late: 504,
	errs.Unheard: 499,
}

// fail ends the request: the whole chain for the log, an entry in the trail where it matters, the envelope for the
// client.
func (m *Mux) fail(c *call, at telemetry.Stage, err error) {
	e := m.explain(c, at, err)
	m.refuse(c, at, err)
	kind := e.Code.Info().Kind
	c.retryAfter(e, kind)
	if status, scim := c.scimStatus(e, statuses[kind]); scim {
		c.Header().Set("Content-Type", scimType)
		c.out = Answer{status, m.scimProblem(c, e, status)}
	} else {
		c.out = Answer{statuses[kind], m.envelope(c, e)}
	}
	m.write(c)
}

// explain puts into the event why the request ended, and returns what the client may know of it.
func (m *Mux) explain(c *call, at telemetry.Stage, err error) *errs.Error {
	e := errs.As(err)
	if e == nil && errors.Is(err, context.Canceled) && c.r.Context().Err() != nil {
		e = gone().Because(err)
	}
	if e == nil {
		c.event.Internal = err.Error()
		e = errs.New(errs.InternalError, "something failed inside; nothing was written")
	} else if e.Unwrap() != nil {
		c.event.Internal = err.Error()
	}
	info := e.Code.Info()
	c.event.ErrorCode, c.event.Message, c.event.Hint = string(e.Code), e.Message, e.Hint
	c.event.Reason = e.Reason
	if c.event.Hint == "" {
		c.event.Hint = info.Fix
	}
	rule, detail := deciding(e), e.Message
	if len(e.Fields) > 0 { // its message quotes what was sent
		c.event.Message = strings.TrimSpace(e.Fields[0].In + " " + e.Fields[0].Pointer + " " + e.Fields[0].Rule)
		rule = e.Fields[0].Rule
		detail = strings.TrimSpace(e.Fields[0].In + " " + e.Fields[0].Pointer)
	}
	c.event.Decide(at, telemetry.Refused, rule, detail)
	return e
}

// gone is the end of a request for which nobody waits. It is no failure of ours, nor of the real API.
func gone() *errs.Error {
	return errs.New(errs.CallerGone, "the caller went away before it was answered")
}

// deciding is what decided, where an error names it: a policy, a rule of the framing, a list of networks.
func deciding(e *errs.Error) string {
	for _, p := range e.Params {
		switch p.Name {
		case "policy", "rule", "network":
			return p.Value
		}
	}
	return ""
}

// soon is when to try again, in seconds, what nobody knows the end of.
const soon = "1"

// retryAfter says when to try again in the header that clients know, unless a stage has said so.
func (c *call) retryAfter(e *errs.Error, kind errs.Kind) {
	if kind != errs.Throttled && kind != errs.Unavailable || c.Header().Get("Retry-After") != "" {
		return
	}
	wait := soon
	for _, p := range e.Params {
		if p.Name == "retryAfterSeconds" {
			wait = p.Value
		}
	}
	c.Header().Set("Retry-After", wait)
}

// envelope is the platform's error body (errors page, ErrorResponse): one message per broken field.
func (m *Mux) envelope(c *call, e *errs.Error) []byte {
	var w jx.Writer
	w.RawStr(`{"debugIdentifier":`)
	w.Str(m.debugIdentifier(c))
	w.RawStr(`,"errorMessages":[`)
	fields := e.Fields
	if len(fields) == 0 {
		fields = []errs.Field{{Message: e.Message}}
	}
	for i, f := range fields {
		if i > 0 {
			w.Comma()
		}
		code, hint := e.Code, firstOf(e.Detail, c.event.Hint)
		if f.Code != "" {
			code, hint = f.Code, f.Code.Info().Fix
		}
		w.RawStr(`{"errorCode":`)
		w.Str(string(code))
		w.RawStr(`,"message":`)
		w.Str(f.Message)
		params := make([]errs.Param, 0, 4+len(e.Params))
		if f.In != "" {
			params = append(params, errs.Param{Name: "in", Value: f.In}, errs.Param{Name: "pointer", Value: f.Pointer}, errs.Param{Name: "rule", Value: f.Rule})
		}
		if len(f.Allowed) > 0 {
			params = append(params, errs.Param{Name: "allowed", Value: strings.Join(f.Allowed, ",")})
		}
		params = append(params, e.Params...)
		if len(params) > 0 {
			w.RawStr(`,"errorParameters":[`)
			for j, p := range params {
				if j > 0 {
					w.Comma()
				}
				w.RawStr(`{"name":`)
				w.Str(p.Name)
				w.RawStr(`,"value":`)
				w.Str(p.Value)
				w.RawStr(`}`)
			}
			w.RawStr(`]`)
		}
		if hint != "" {
			w.RawStr(`,"errorDetail":`)
			w.Str(hint)
		}
		w.RawStr(`}`)
	}
	w.RawStr(`]}`)
	return w.Buf
}

// debugIdentifier is a link that explains the request: in dev it opens without a token.
func (m *Mux) debugIdentifier(c *call) string {
	return m.o.BaseURL() + "/v1/airside/requests/" + c.event.ID
}

// invalid makes one error of the violations a check found: its code is that of the gravest, which come first because
// clients take the first code for the answer's. Fields that are less grave have a code of their own.
func invalid(found []contract.Violation) *errs.Error {
	e := &errs.Error{Code: errs.ValidationFailed, Message: found[0].String()}
	var mild []errs.Field
	for _, v := range found {
		f := errs.Field{In: v.In, Pointer: v.Pointer, Rule: v.Rule, Message: v.Beside(), Allowed: v.Allowed}
		switch code := gravity(v); code {
		case errs.ValidationFailed:
			mild = append(mild, f)
		default:
			e.Code = code
			e.Fields = append(e.Fields, f)
		}
	}
	for _, f := range mild {
		if e.Code != errs.ValidationFailed {
			f.Code = errs.ValidationFailed
		}
		e.Fields = append(e.Fields, f)
	}
	return e
}

// gravity is the code of a violation alone.
func gravity(v contract.Violation) errs.Code {
	switch v.Rule {
	case contract.RuleSyntax, contract.RuleDuplicateKey, contract.RuleDepth:
		if v.In == contract.InBody {
			return errs.MalformedJSON
		}
	case contract.RuleSize:
		return errs.RequestTooLarge
	}
	return errs.ValidationFailed
}

// write sends c.out and closes the books of the event.
func (m *Mux) write(c *call) {
	c.event.Status, c.event.BytesOut = c.out.Status, len(c.out.Body)
	m.said(c, c.out.Body)
	h := c.Header()
	h["Cache-Control"], h["X-Content-Type-Options"] = noStore, noSniff
	if len(c.out.Body) > 0 {
		if len(h["Content-Type"]) == 0 {
			h["Content-Type"] = jsonType
		}
		h["Content-Length"] = []string{strconv.Itoa(len(c.out.Body))}
	}
	c.WriteHeader(c.out.Status)
	if len(c.out.Body) > 0 && c.r.Method != http.MethodHead {
		_, _ = c.Write(c.out.Body) // the caller is gone; there is nobody to tell
	}
}

// The headers that nearly every answer has; nobody writes into them.
//
//nolint:gochecknoglobals // constant; Go has no constant slices
var (
	noStore  = []string{"no-store"}
	noSniff  = []string{"nosniff"}
	jsonType = []string{"application/json"}
)

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// StatusOf is the HTTP status of a kind of error.
func StatusOf(k errs.Kind) int { return statuses[k] }
