// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"slices"
	"strings"
)

// Filter is conditions that must all hold.
type Filter []Cond

// Cond is one condition on a field: a text is one of the values (or, with Not, none of them), a number
// lies within the bounds. A value that ends in * is a beginning.
type Cond struct {
	Field  string
	Values []string
	Not    bool
	AtLeast,
	AtMost *int64
	get func(*Event) string
	num func(*Event) int64
}

func textField(name string) func(*Event) string {
	switch name {
	case "kind":
		return func(e *Event) string { return e.Kind }
	case "tenant":
		return func(e *Event) string { return e.Tenant }
	case "environment":
		return func(e *Event) string { return e.Environment }
	case "client":
		return func(e *Event) string { return e.Client }
	case "company":
		return func(e *Event) string { return e.Company }
	case "subject":
		return func(e *Event) string { return e.Subject }
	case "agent":
		return func(e *Event) string { return e.Agent }
	case "operation":
		return func(e *Event) string { return e.Operation }
	case "effect":
		return func(e *Event) string { return e.Effect }
	case "outcome":
		return (*Event).outcome
	case "code":
		return func(e *Event) string { return e.Code }
	case "reason":
		return func(e *Event) string { return e.Reason }
	case "object":
		return func(e *Event) string { return e.Object }
	case "change":
		return func(e *Event) string { return e.Change }
	case "endpoint":
		return func(e *Event) string { return e.Endpoint }
	case "self": // an administrator's act upon themselves
		return func(e *Event) string {
			if e.Subject != "" && e.Subject == e.Target {
				return "true"
			}
			return "false"
		}
	}
	return nil
}

func numberField(name string) func(*Event) int64 {
	switch name {
	case "status":
		return func(e *Event) int64 { return int64(e.Status) }
	case "bytes":
		return func(e *Event) int64 { return max(e.Bytes, 0) }
	case "amount":
		return func(e *Event) int64 { return max(e.Amount, 0) }
	case "ageDays":
		return func(e *Event) int64 { return int64(e.AgeDays) }
	case "idleDays":
		return func(e *Event) int64 { return int64(e.IdleDays) }
	}
	return nil
}

//nolint:gochecknoglobals // constant tables
var (
	textFields   = []string{"kind", "tenant", "environment", "client", "company", "subject", "agent", "operation", "effect", "outcome", "code", "reason", "object", "change", "endpoint", "self"}
	numberFields = []string{"status", "bytes", "amount", "ageDays", "idleDays"}
	valueFields  = []string{"client", "company", "subject", "agent", "operation", "object", "endpoint", "address", "network"}
	sumFields    = []string{"bytes", "amount"}
)

// closed lists the values a field can have, nil for any.
func closed(field string) []string {
	switch field {
	case "kind":
		return kinds
	case "environment":
		return environments
	case "effect":
		return effects
	case "outcome":
		return outcomes
	case "reason":
		return reasons
	case "change":
		return changes
	case "self":
		return []string{"true", "false"}
	}
	return nil
}

func (f Filter) holds(e *Event) bool {
	for i := range f {
		if !f[i].holds(e) {
			return false
		}
	}
	return true
}

func (c *Cond) holds(e *Event) bool {
	if c.num != nil {
		n := c.num(e)
		return (c.AtLeast == nil || n >= *c.AtLeast) && (c.AtMost == nil || n <= *c.AtMost)
	}
	v := c.get(e)
	for _, want := range c.Values {
		if v == want {
			return !c.Not
		}
		if n := len(want) - 1; n >= 0 && want[n] == '*' && strings.HasPrefix(v, want[:n]) {
			return !c.Not
		}
	}
	return c.Not
}

// kinds lists the kinds of events that can pass.
func (f Filter) kinds() []string {
	for _, c := range f {
		if c.Field == "kind" && !c.Not {
			return c.Values
		}
	}
	return nil
}

// without is the filter without its conditions on a field.
func (f Filter) without(field string) Filter {
	return slices.DeleteFunc(slices.Clone(f), func(c Cond) bool { return c.Field == field })
}

// value is the hash of the rule's field of an event, and false when there is none.
func (h hasher) value(e *Event, r *Rule) (uint64, bool) {
	switch field := r.Field; field {
	case "address", "network":
		if !e.Address.IsValid() {
			return 0, false
		}
		a := e.Address
		if field == "network" {
			a = e.network().Addr()
		}
		b := a.As16()
		return sumOf(h, b[:]), true
	case "agent":
		var b [maxName]byte
		n := family(b[:], e.Agent)
		return sumOf(h, b[:n]), n > 0
	}
	v := r.get(e)
	return h.sum(v), v != ""
}

// family writes a user agent without its version numbers, which every deployment changes.
func family(to []byte, agent string) int {
	n := 0
	for i := 0; i < len(agent) && n < len(to); i++ {
		if c := agent[i]; c != '.' && (c < '0' || c > '9') {
			to[n] = c
			n++
		}
	}
	return n
}

// shown is the value of a field as a person reads it.
func shown(e *Event, field string) string {
	switch field {
	case "address":
		return e.Address.String()
	case "network":
		return e.network().String()
	}
	return Clean(textField(field)(e))
}
