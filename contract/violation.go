// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"strconv"
	"strings"
)

// Where a violation was found.
const (
	InBody   = "body"
	InQuery  = "query"
	InPath   = "path"
	InHeader = "header"
)

// What rule a violation breaks. Most carry the JSON Schema keyword's name.
const (
	RuleSyntax        = "syntax"       // not JSON, or not UTF-8
	RuleSize          = "size"         // more bytes than Limits.MaxBytes
	RuleDepth         = "depth"        // nested deeper than Limits.MaxDepth
	RuleDuplicateKey  = "duplicateKey" // one object names a key twice
	RuleContentType   = "contentType"
	RuleStatus        = "status" // a response status that is not declared
	RuleType          = "type"
	RuleRequired      = "required"
	RuleEnum          = "enum"
	RuleFormat        = "format"
	RulePattern       = "pattern"
	RuleMinimum       = "minimum"
	RuleMaximum       = "maximum"
	RuleMinItems      = "minItems"
	RuleMaxItems      = "maxItems"
	RuleUniqueItems   = "uniqueItems"
	RuleMinLength     = "minLength"
	RuleMaxLength     = "maxLength"
	RuleOneOf         = "oneOf"         // none of a union's keys, or keys of two alternatives
	RuleDiscriminator = "discriminator" // its value picks no alternative
	RuleUnknownKey    = "additionalProperties"
	RuleUnknownParam  = "unknownParameter"
	RuleMore          = "more"     // there were more violations than are listed
	RuleContract      = "contract" // the contract itself is broken at this place
)

// MaxViolations is how many violations one check lists. Where there were more
// a last one with RuleMore says so.
const MaxViolations = 32

// Violation says what is wrong, where, and what would be right.
type Violation struct {
	In      string   `json:"in"`
	Pointer string   `json:"pointer"` // JSON Pointer (RFC 6901); a missing member's pointer names the member
	Rule    string   `json:"rule"`
	Message string   `json:"message"`           // one sentence without subject or full stop: "must be a string, but is a number"
	Allowed []string `json:"allowed,omitempty"` // the values or keys that would be right, where they can be listed
}

func (v Violation) String() string {
	at := v.Pointer
	if at == "" {
		at = "the " + v.In
	}
	return at + " " + v.Message
}

// Beside is what to write beside the pointer: the message alone, with a subject
// only where there is no pointer.
func (v Violation) Beside() string {
	if v.Pointer == "" {
		return v.String()
	}
	return v.Message
}

// Limits bound what a body may cost.
type Limits struct {
	MaxBytes int // of a body
	MaxDepth int // of nested objects and arrays
}

// report notes a violation at the checker's current place.
func (c *checker) report(rule, message string, allowed []string) {
	c.reportAt(c.pointer(), rule, message, allowed)
}

func (c *checker) reportAt(pointer, rule, message string, allowed []string) {
	switch n := len(c.found); {
	case n < MaxViolations:
	case n == MaxViolations:
		rule, pointer, allowed = RuleMore, "", nil
		message = "has more than " + strconv.Itoa(MaxViolations) + " faults; only the first are listed"
		c.full = true
	default:
		return
	}
	c.found = append(c.found, Violation{c.in, pointer, rule, message, allowed})
}

// pointer writes the place the checker stands at.
func (c *checker) pointer() string {
	var b strings.Builder
	for _, f := range c.path {
		b.WriteByte('/')
		if f.index >= 0 {
			b.WriteString(strconv.Itoa(f.index))
			continue
		}
		key := f.key
		if !f.plain {
			key = unescape(key)
		}
		b.WriteString(pointerEscape(clip(string(key))))
	}
	return b.String()
}

// pointerTo is pointer extended by one member's name.
func (c *checker) pointerTo(name string) string {
	return c.pointer() + "/" + pointerEscape(name)
}

func pointerEscape(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// clip keeps what a caller sent from filling an answer.
func clip(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// list writes choices for a sentence: "A, B and C", at most a few by name.
func list(names []string, last string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(len(names)-most) + " more"
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " " + last + " " + names[len(names)-1]
}
