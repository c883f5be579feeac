// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/airside-travel/airside/contract"
)

// Options choose which of the many right bodies to write. The zero value
// writes what is required and nothing else.
type Options struct {
	// Depth is how many levels of objects carry their optional properties;
	// below it only required ones are written.
	Depth int
	// Items is how many elements an array has that may have any number.
	// Far below Depth it has as few as it may. 0 stands for 1.
	Items int
	// Pick turns to other union alternatives and enum values. The n-th
	// alternative of a union is written where Pick is n, counted round; a union
	// inside another turns once in every round of the one around it.
	Pick int
	// Deprecated includes properties that are on their way out.
	Deprecated bool
}

// Request writes a JSON body for the operation, nil if it takes none. A form
// body is written as a JSON object of its fields.
func Request(op *contract.Operation, o Options) []byte {
	if op.Body == nil {
		return nil
	}
	return body(op, op.Body.Content, o, true)
}

// Response writes the body of an answer, nil if the operation declares none
// for that status.
func Response(op *contract.Operation, status int, o Options) []byte {
	r := op.Responses[status]
	if r == nil {
		return nil
	}
	return body(op, r.Content, o, false)
}

func body(op *contract.Operation, content map[string]*contract.Schema, o Options, request bool) []byte {
	s := content["application/json"]
	for _, other := range content {
		if s == nil {
			s = other
		}
	}
	if s == nil {
		return nil
	}
	return value(s, o, request, subject(op.ID))
}

// subject is an operation's id without its verb: what it is about.
func subject(id string) string {
	return strings.TrimLeftFunc(id, unicode.IsLower)
}

// Value writes a value of a schema as a response carries it, readOnly
// properties included.
func Value(s *contract.Schema, o Options) []byte { return value(s, o, false, "") }

// Input writes a value of a schema as a request carries it.
func Input(s *contract.Schema, o Options) []byte { return value(s, o, true, "") }

func value(s *contract.Schema, o Options, request bool, about string) []byte {
	g := generator{Options: o, request: request, path: []string{about}}
	if g.Items == 0 {
		g.Items = 1
	}
	if s.Name != "" {
		g.path = append(g.path, s.Name)
	}
	if s.Ref != "" {
		g.path = append(g.path, s.Ref)
	}
	g.value(s, 0)
	return g.out
}

// Params writes the parameters of one kind ("path", "query" or "header"): the
// required ones, and with optional set the others.
func Params(op *contract.Operation, in string, optional bool) url.Values {
	out := url.Values{}
	for i := range op.Params {
		p := &op.Params[i]
		if p.In != in || !p.Required && !optional {
			continue
		}
		s := p.Schema.Target()
		if s.Items != nil {
			s = s.Items.Target()
		}
		g := generator{path: []string{p.Name}, Options: Options{Items: 1}}
		g.value(s, 0)
		text := string(g.out)
		if unquoted, err := strconv.Unquote(text); err == nil {
			text = unquoted
		}
		out.Set(p.Name, text)
	}
	return out
}
