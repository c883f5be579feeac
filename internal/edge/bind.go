// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/errs"
)

// Option changes how an operation is bound.
type Option func(*endpoint)

// OwnTransactions leaves opening transactions to the handler: for acts that need several, such as
// advancing a clock, or that must talk to somebody else in between.
func OwnTransactions() Option { return func(ep *endpoint) { ep.own = true } }

// OpenInDev lets the operation be called without a token in dev.
func OpenInDev() Option { return func(ep *endpoint) { ep.open = true } }

// AsReceived hands over the body as it came, whatever its type, and lets the handler refuse it: it gets max bytes
// and one more when there are more. The rate for addresses does not hold, because who sends is known only once
// the handler looked.
func AsReceived(max int) Option { return func(ep *endpoint) { ep.raw = max } }

// Before runs fn ahead of the transaction, for what must talk to the network first.
func Before[In any](fn func(context.Context, In) error) Option {
	return func(ep *endpoint) {
		ep.before = func(ctx context.Context, in any) (context.Context, func(context.Context) error, error) {
			return ctx, nil, fn(ctx, in.(In)) //nolint:forcetypeassert // decode made it; a wrong In fails at the first call of any test
		}
	}
}

// Around is Before for what the transaction has to know, by the context that fn answers, and for what has to follow
// when it has committed: after, which may be nil, and is not called when the answer is a kept one. An error of after is
// the answer, although the write is done.
func Around[In any](fn func(context.Context, In) (_ context.Context, after func(context.Context) error, err error)) Option {
	return func(ep *endpoint) {
		ep.before = func(ctx context.Context, in any) (context.Context, func(context.Context) error, error) {
			return fn(ctx, in.(In)) //nolint:forcetypeassert // as above
		}
	}
}

// Handle binds a handler to the operation with this id. It panics when the id is unknown or bound
// twice, or when In names a parameter the contract does not have: a wrong binding must not start.
//
// In is a struct whose fields say where they come from: `path:"companyId"`, `query:"limit"`,
// `header:"X-Application-Id"`, `form:"grant_type"`, `body:"raw"` (the bytes as they came), `body:"json"`
// (decoded). Parts of a multipart body are `form:"name"` for fields, JSON text as json.RawMessage, and
// `file:"name"` for the bytes of a file, `file:"name,name"` and `file:"name,type"` for its name and type.
// `request:"header"` is all headers, an http.Header, and `request:"address"` where the caller is, a string.
// Out is an empty struct, raw JSON, a value for encoding/json, or an Appender.
func Handle[In, Out any](m *Mux, id string, fn func(context.Context, In) (Out, error), opts ...Option) {
	ep := m.bound[id]
	switch {
	case ep == nil:
		panic(fmt.Sprintf("edge: the contract has no operation %q", id))
	case ep.decode != nil:
		panic(fmt.Sprintf("edge: operation %q is bound twice", id))
	}
	fields, err := plan(ep.op, reflect.TypeFor[In]())
	if err != nil {
		panic(fmt.Sprintf("edge: %s: %v", id, err))
	}
	ep.input = reflect.TypeFor[In]()
	ep.decode = func(c *call) (any, error) {
		var in In
		v := reflect.ValueOf(&in).Elem()
		for _, f := range fields {
			if err := f.fill(c, v.Field(f.index)); err != nil {
				return nil, err
			}
		}
		return in, nil
	}
	ep.invoke = func(ctx context.Context, in any) (any, error) {
		return fn(ctx, in.(In)) //nolint:forcetypeassert // decode made it
	}
	for _, o := range opts {
		o(ep)
	}
}

type field struct {
	index    int
	in, name string
	fallback []string // the contract's default
	lower    bool     // a UUID, which may come in upper case and is stored in lower
}

func plan(op *contract.Operation, t reflect.Type) ([]field, error) {
	var out []field
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("the input %s is not a struct", t)
	}
	for i := range t.NumField() {
		sf := t.Field(i)
		f := field{index: i}
		for _, in := range []string{"path", "query", "header", "form", "file", "body", "request"} {
			if name, ok := sf.Tag.Lookup(in); ok {
				f.in, f.name = in, name
			}
		}
		if f.in == "" {
			return nil, fmt.Errorf("field %s does not say where it comes from", sf.Name)
		}
		if f.in == "path" || f.in == "query" || f.in == "header" {
			p := param(op, f.in, f.name)
			if p == nil {
				return nil, fmt.Errorf("there is no %s parameter %q", f.in, f.name)
			}
			if d := p.Schema.Target().Default; len(d) > 0 {
				f.fallback = []string{strings.Trim(string(d), `"`)}
			}
			f.lower = isUUID(p)
		}
		if f.in == "body" && op.Body == nil {
			return nil, fmt.Errorf("field %s reads a body, but there is none", sf.Name)
		}
		out = append(out, f)
	}
	return out, nil
}

func param(op *contract.Operation, in, name string) *contract.Param {
	for i := range op.Params {
		if p := &op.Params[i]; p.In == in && p.Name == name {
			return p
		}
	}
	return nil
}

func (f field) fill(c *call, v reflect.Value) error {
	switch f.in {
	case "body":
		if len(c.body) == 0 {
			return nil
		}
		if f.name == "raw" {
			v.SetBytes(c.body)
			return nil
		}
		if err := json.Unmarshal(c.body, v.Addr().Interface()); err != nil {
			return errs.Invalidf("", "type", "the body cannot be read").Because(err)
		}
		return nil
	case "path":
		return f.set(v, []string{c.r.PathValue(f.name)})
	case "file":
		f.file(c, v)
		return nil
	case "request":
		if f.name == "header" {
			v.Set(reflect.ValueOf(c.r.Header))
		} else {
			v.SetString(c.event.ClientIP)
		}
		return nil
	case "query":
		return f.set(v, or(c.params[f.name], f.fallback))
	case "header":
		return f.set(v, or(c.r.Header.Values(f.name), f.fallback))
	default:
		return f.set(v, c.form[f.name])
	}
}

// file gives what a handler wants of a file: its bytes, its name or its type.
func (f field) file(c *call, v reflect.Value) {
	name, what, _ := strings.Cut(f.name, ",")
	p := c.files[name]
	switch what {
	case "name":
		v.SetString(p.name)
	case "type":
		v.SetString(p.media)
	default:
		v.SetBytes(p.content)
	}
}

func or(a, b []string) []string {
	if len(a) > 0 {
		return a
	}
	return b
}

// set converts; the contract has checked the values, so a failure names the field and nothing else.
func (f field) set(v reflect.Value, values []string) error {
	if len(values) == 0 {
		return nil
	}
	if f.lower {
		values = []string{strings.ToLower(strings.Join(values, ","))}
	}
	if v.Kind() == reflect.Pointer {
		p := reflect.New(v.Type().Elem())
		if err := f.set(p.Elem(), values); err != nil {
			return err
		}
		v.Set(p)
		return nil
	}
	var err error
	switch v.Kind() {
	case reflect.String:
		v.SetString(values[0])
	case reflect.Bool:
		var b bool
		b, err = strconv.ParseBool(values[0])
		v.SetBool(b)
	case reflect.Int, reflect.Int64, reflect.Int32:
		var n int64
		n, err = strconv.ParseInt(values[0], 10, 64)
		v.SetInt(n)
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(values[0]))
			return nil
		}
		if len(values) == 1 && strings.Contains(values[0], ",") {
			values = strings.Split(values[0], ",")
		}
		v.Set(reflect.ValueOf(values).Convert(v.Type()))
	default:
		err = fmt.Errorf("no conversion to %s", v.Type())
	}
	if err != nil {
		return &errs.Error{Code: errs.ValidationFailed, Message: "the value cannot be read", Fields: []errs.Field{
			{In: f.in, Pointer: "/" + f.name, Rule: "type", Message: fmt.Sprintf("%s must be a %s", f.name, v.Kind())}}}
	}
	return nil
}
