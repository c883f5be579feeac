// SPDX-License-Identifier: Apache-2.0

package audience

import "slices"

// The types of a predicate. Role scopes know the first two (rbac page §4), event sources all.
const (
	Company        = "COMPANY"
	BookingTMC     = "BOOKING_TMC"
	ContractingTMC = "CONTRACTING_TMC"
)

// Owner says whose a thing is, by ids.
type Owner struct{ Company, BookingTMC, ContractingTMC string }

// of is the owner that a type of predicate looks at; "" for a type that is not known.
func (o Owner) of(kind string) string {
	switch kind {
	case Company:
		return o.Company
	case BookingTMC:
		return o.BookingTMC
	case ContractingTMC:
		return o.ContractingTMC
	}
	return ""
}

// Predicate is one test on the owner: it is among the values. The comparator is always IN.
type Predicate struct {
	Type       string   `json:"type"`
	Comparator string   `json:"comparator,omitempty"`
	Values     []string `json:"values"`
}

// Holds reports whether the predicate passes. Nothing passes for an owner that is not known.
func (p Predicate) Holds(o Owner) bool { return In(p.Type, p.Values, o) }

// In is Holds for those who keep type and values in structs of their own.
func In(kind string, values []string, o Owner) bool {
	id := o.of(kind)
	return id != "" && slices.Contains(values, id)
}

// All reports whether every predicate passes; none of them is not enough.
func All[P interface{ Holds(Owner) bool }](predicates []P, o Owner) bool {
	for _, p := range predicates {
		if !p.Holds(o) {
			return false
		}
	}
	return len(predicates) > 0
}

// Audience is a set of things: those for which every predicate passes.
type Audience struct {
	Predicates []Predicate `json:"predicates"`
}

// Covers reports whether a thing of this owner is in the audience.
func (a Audience) Covers(o Owner) bool { return All(a.Predicates, o) }

// Scope is what a role holds for: the things of any of its audiences.
type Scope struct {
	Audiences []Audience `json:"audiences"`
}

// Covers reports whether a thing of this owner is in the scope.
func (s Scope) Covers(o Owner) bool { return Any(s.Audiences, o) }

// Any reports whether one of the audiences covers the owner.
func Any(list []Audience, o Owner) bool {
	for i := range list {
		if list[i].Covers(o) {
			return true
		}
	}
	return false
}

// Only is the scope of everything whose owner of one type is the id.
func Only(kind, id string) Scope {
	return Scope{[]Audience{{[]Predicate{{Type: kind, Comparator: "IN", Values: []string{id}}}}}}
}
