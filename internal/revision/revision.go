// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/airside-travel/airside/internal/errs"
)

// Slot is what a request expects of its resource and what it learned about it.
type Slot struct {
	conditional bool // there was an If-Match
	any         bool // If-Match: *
	want        []int64
	demanded    bool
	version     int64
	known       bool
	removed     []string
	values      string
}

type key struct{}

// With puts a slot into the context.
func With(ctx context.Context, s *Slot) context.Context { return context.WithValue(ctx, key{}, s) }

func from(ctx context.Context) *Slot {
	s, _ := ctx.Value(key{}).(*Slot)
	return s
}

// Parse reads an If-Match header: a list of tags or *. Tags are compared strongly (RFC 9110), so that a
// weak one fits nothing. API_VALIDATION_FAILED when it is neither.
func Parse(ifMatch string) (*Slot, error) {
	s := &Slot{}
	if ifMatch = strings.TrimSpace(ifMatch); ifMatch == "" {
		return s, nil
	}
	s.conditional = true
	if ifMatch == "*" {
		s.any = true
		return s, nil
	}
	tags, err := Tags(ifMatch)
	if err != nil {
		return nil, err
	}
	for _, tag := range tags {
		if v, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64); err == nil { // no weak one is a number
			s.want = append(s.want, v)
		}
	}
	return s, nil
}

// Tags are the entity tags that an If-Match header lists, weak ones with their W/. API_VALIDATION_FAILED when it is no
// list of tags; * is none.
func Tags(ifMatch string) ([]string, error) {
	var tags []string
	for rest := ifMatch; ; {
		rest = strings.TrimSpace(rest)
		opaque, quoted := strings.CutPrefix(strings.TrimPrefix(rest, "W/"), `"`)
		end := strings.IndexByte(opaque, '"')
		if !quoted || end < 0 {
			return nil, unreadable()
		}
		after := opaque[end+1:]
		tags = append(tags, rest[:len(rest)-len(after)])
		if rest = strings.TrimSpace(after); rest == "" {
			return tags, nil
		}
		if rest[0] != ',' {
			return nil, unreadable()
		}
		rest = rest[1:]
	}
}

func unreadable() error {
	return &errs.Error{Code: errs.ValidationFailed, Message: "If-Match cannot be read", Fields: []errs.Field{{
		In: "header", Pointer: "/If-Match", Rule: "format", Message: `If-Match must be * or entity tags in double quotes, such as "7"`}}}
}

// Demand says that the resource about to be changed is at this version. PRECONDITION_FAILED when the
// request wants to change another one.
func Demand(ctx context.Context, version int64) error {
	s := from(ctx)
	if s == nil {
		return nil
	}
	s.demanded = true
	if !s.conditional || s.any || slices.Contains(s.want, version) {
		return nil
	}
	return errs.New(errs.PreconditionFailed, "the resource is at version %d, which is not what If-Match names", version).
		With("currentVersion", strconv.FormatInt(version, 10))
}

// Answer says which version of the resource the caller has once the request is answered.
func Answer(ctx context.Context, version int64) {
	if s := from(ctx); s != nil {
		s.version, s.known = version, true
	}
}

// Replace says that a document took the place of another one.
func Replace(ctx context.Context, before, after []byte) {
	if s := from(ctx); s != nil {
		s.removed = append(s.removed, Removed(before, after)...)
	}
}

// Values says for the audit trail what became of what, such as `mode: "live" -> "read-only"` (see Difference).
func Values(ctx context.Context, text string) {
	if s := from(ctx); s != nil {
		s.values = text
	}
}

// Ignored reports whether the request has a condition that nothing has looked at.
func (s *Slot) Ignored() bool { return s.conditional && !s.demanded }

// ETag is the entity tag of the resource; empty when none is known.
func (s *Slot) ETag() string {
	if !s.known {
		return ""
	}
	return `"` + strconv.FormatInt(s.version, 10) + `"`
}

// Values is what the domain said for the audit trail.
func (s *Slot) Values() string { return s.values }

// Removed are the JSON pointers of the members that the request took away.
func (s *Slot) Removed() []string { return s.removed }
