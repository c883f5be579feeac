// SPDX-License-Identifier: Apache-2.0

package permit

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

// PolicyError says which policy of a file was refused, where it stands, and why.
type PolicyError struct {
	File   string
	Line   int
	Policy string // its @id, or its number
	Why    string
}

// Error is "policies.cedar:12: policy reads-only: …".
func (e *PolicyError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Why)
	}
	return fmt.Sprintf("%s:%d: policy %s: %s", e.File, e.Line, e.Policy, e.Why)
}

// reasoned is the annotation that lets a permit be broad: @reason("…").
const reasoned = "reason"

// parse reads and judges a policy file. A permit that does not name its actions, its applications or its
// environment opens more than its reader sees, and needs a @reason.
func parse(file string, text []byte, v *validate.Validator) ([]named, error) {
	list, err := cedar.NewPolicyListFromBytes(file, text)
	if err != nil {
		return nil, &PolicyError{File: file, Why: err.Error()}
	}
	out := make([]named, 0, len(list))
	for i, p := range list {
		n := named{id: cedar.PolicyID(fmt.Sprintf("policy %d", i+1)), policy: p}
		notes := p.Annotations()
		if id := notes["id"]; id != "" {
			n.id = cedar.PolicyID(id)
		}
		refuse := func(format string, args ...any) error {
			return &PolicyError{File: file, Line: p.Position().Line, Policy: string(n.id), Why: fmt.Sprintf(format, args...)}
		}
		if slices.ContainsFunc(out, func(o named) bool { return o.id == n.id }) {
			return nil, refuse("another policy has the same @id")
		}
		if err := v.Policy(string(n.id), (*ast.Policy)(p.AST())); err != nil {
			return nil, refuse("%v", err)
		}
		if n.scope, err = readScope(p); err != nil {
			return nil, refuse("%v", err)
		}
		if p.Effect() == cedar.Permit && notes[reasoned] == "" {
			switch {
			case n.scope.Action.Op == opAll:
				return nil, refuse("it permits every operation; name the actions, or say why with @reason(\"…\")")
			case n.scope.Principal.Op != opEq:
				return nil, refuse("it permits more than one application; name it as principal == Application::\"…\", or say why with @reason(\"…\")")
			case n.scope.Resource.Op != opEq:
				return nil, refuse("it permits more than one environment; name it as resource == Environment::\"…\", or say why with @reason(\"…\")")
			}
		}
		out = append(out, n)
	}
	return out, nil
}

// named is a policy with the name that decisions give.
type named struct {
	id     cedar.PolicyID
	policy *cedar.Policy
	scope  scope
}

const (
	opAll = "All"
	opEq  = "=="
)

// scope is the head of a policy, as Cedar's JSON form shows it.
type scope struct {
	Principal, Resource struct{ Op string }
	Action              struct {
		Op       string
		Entity   uid
		Entities []uid
	}
}

type uid struct{ Type, ID string }

func readScope(p *cedar.Policy) (scope, error) {
	var s scope
	text, err := p.MarshalJSON()
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(text, &s)
}

// concerns reports whether the policy can say anything about an operation that is in these groups.
func (s *scope) concerns(operation string, groups []string) bool {
	if s.Action.Op == opAll {
		return true
	}
	for _, e := range append(s.Action.Entities, s.Action.Entity) {
		if e.ID == operation || slices.Contains(groups, e.ID) {
			return true
		}
	}
	return false
}
