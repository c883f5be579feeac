// SPDX-License-Identifier: Apache-2.0

package permit

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/ast"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/errs"
)

// All is the operation that stands for every one in a grant.
const All = "*"

// Grant opens the operations that fit everything it names (schema ApplicationGrant). An empty list does
// not narrow; at least one must be given.
type Grant struct {
	Operations []string `json:"operations,omitempty"` // operation ids, or *
	Scopes     []string `json:"scopes,omitempty"`
	Effects    []string `json:"effects,omitempty"`
	Reason     string   `json:"reason,omitempty"` // needed with *, and where nothing but effects is named
}

// Application is whose grants are compiled.
type Application struct {
	ID, Owner   string
	Environment Environment
	Grants      []Grant
}

// Environment is where an application's calls go.
type Environment struct {
	Name string
	Live bool   // calls there have effects in the world
	Mode string // live, read-only, dry-run
}

// Engine compiles and decides. It does not change; safe for concurrent use.
type Engine struct {
	contract *contract.Contract
	entities cedar.EntityMap
	extra    []named
}

// New makes an engine of a contract and the text of a policy file, which may be empty. *PolicyError.
func New(c *contract.Contract, file string, text []byte) (*Engine, error) {
	e := &Engine{contract: c, entities: actions(c.Operations())}
	if len(text) == 0 {
		return e, nil
	}
	v, err := validator(c.Operations())
	if err != nil {
		return nil, err
	}
	e.extra, err = parse(file, text, v)
	return e, err
}

// Set is what counts for one application, by operation. It does not change.
type Set struct {
	app         Application
	principal   cedar.EntityUID
	environment cedar.EntityUID
	entities    entities
	byOperation map[string]policies
	open        map[string]string // by operation that grants alone decide about: the grant, as Cedar decided when they were compiled
}

type policies []named

// All yields the policies, for Cedar.
func (p policies) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, n := range p {
			if !yield(n.id, n.policy) {
				return
			}
		}
	}
}

// entities are those of the contract and the two of one application.
type entities struct {
	shared cedar.EntityMap
	own    [2]cedar.Entity
}

// Get finds an entity, for Cedar.
func (e *entities) Get(id cedar.EntityUID) (cedar.Entity, bool) {
	for i := range e.own {
		if e.own[i].UID == id {
			return e.own[i], true
		}
	}
	found, ok := e.shared[id]
	return found, ok
}

// Check says what is wrong with grants: API_VALIDATION_FAILED that names the place. Of those that are in force
// already no reason is asked: they may be older than the rule.
func (e *Engine) Check(grants, inForce []Grant) error {
	for i, g := range grants {
		at := func(rest, rule, format string, args ...any) *errs.Error {
			return errs.Invalidf(fmt.Sprintf("/grants/%d%s", i, rest), rule, format, args...)
		}
		if len(g.Operations)+len(g.Scopes)+len(g.Effects) == 0 {
			return at("", "required", "a grant names operations, scopes or effects")
		}
		for j, id := range g.Operations {
			if id == All {
				if len(g.Operations) > 1 {
					return at(fmt.Sprintf("/operations/%d", j), "combination", "%s stands alone", All)
				}
			} else if e.contract.Operation(id) == nil {
				return at(fmt.Sprintf("/operations/%d", j), "reference", "%q is no operation; `airside routes` lists them", id)
			}
		}
		if Everything(g) && strings.TrimSpace(g.Reason) == "" && !slices.ContainsFunc(inForce, g.same) {
			return at("/reason", "required", "a grant of every operation needs a reason, and so does one that names effects only")
		}
		for j, s := range g.Scopes {
			if !slices.ContainsFunc(e.contract.Operations(), func(op *contract.Operation) bool { return op.Scope == s }) {
				return at(fmt.Sprintf("/scopes/%d", j), "enum", "%q is no scope", s).Allow(e.Scopes()...)
			}
		}
	}
	return nil
}

func (g *Grant) same(o Grant) bool {
	return slices.Equal(g.Operations, o.Operations) && slices.Equal(g.Scopes, o.Scopes) && slices.Equal(g.Effects, o.Effects) && g.Reason == o.Reason
}

// Scopes lists the scopes of the contract.
func (e *Engine) Scopes() []string {
	var out []string
	for _, op := range e.contract.Operations() {
		if op.Scope != "" && !slices.Contains(out, op.Scope) {
			out = append(out, op.Scope)
		}
	}
	slices.Sort(out)
	return out
}

// Opens reports whether the grant is for the operation.
func (g *Grant) Opens(op *contract.Operation) bool {
	fits := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	return (fits(g.Operations, op.ID) || slices.Contains(g.Operations, All)) && fits(g.Scopes, op.Scope) && fits(g.Effects, string(op.Effect))
}

// Compile makes the policies of an application.
func (e *Engine) Compile(a Application) *Set {
	s := &Set{
		app: a, principal: cedar.NewEntityUID(typeApplication, cedar.String(a.ID)),
		environment: cedar.NewEntityUID(typeEnvironment, cedar.String(a.Environment.Name)),
		byOperation: map[string]policies{}, open: map[string]string{},
	}
	s.entities = entities{shared: e.entities, own: [2]cedar.Entity{
		{UID: s.principal, Attributes: cedar.NewRecord(cedar.RecordMap{"owner": cedar.String(a.Owner)})},
		{UID: s.environment, Attributes: cedar.NewRecord(cedar.RecordMap{
			"live": cedar.Boolean(a.Environment.Live), "mode": cedar.String(a.Environment.Mode)})},
	}}
	for i := range a.Grants {
		g := &a.Grants[i]
		var opened []cedar.EntityUID
		for _, op := range e.contract.Operations() {
			buys := op.Effect == contract.Purchase && a.Environment.Live
			if g.Opens(op) && (!buys || slices.Contains(g.Effects, string(contract.Purchase))) {
				opened = append(opened, actionID(op.ID))
			}
		}
		if len(opened) == 0 {
			continue
		}
		// The index by operation stands for the list of actions, which would cost more to search at each call
		// than everything else.
		n := named{
			id:     cedar.PolicyID(fmt.Sprintf("grant %d", i+1)),
			policy: cedar.NewPolicyFromAST(ast.Permit().PrincipalEq(s.principal).ResourceEq(s.environment)),
		}
		for _, id := range opened {
			s.byOperation[string(id.ID)] = append(s.byOperation[string(id.ID)], n)
		}
	}
	// Grants look at nothing that differs from call to call, not even the operation, so the decision of a list of them
	// is taken once. A policy of the file may.
	taken := map[cedar.PolicyID]string{}
	for _, op := range e.contract.Operations() {
		if len(s.byOperation[op.ID]) == 0 || slices.ContainsFunc(e.extra, func(n named) bool { return n.scope.concerns(op.ID, groups(op)) }) {
			continue
		}
		var ids cedar.PolicyID
		for _, n := range s.byOperation[op.ID] {
			ids += n.id + "\n"
		}
		by, known := taken[ids]
		if !known {
			var err error
			if by, err = s.decide(op, netip.IPv6Unspecified(), time.Time{}); err != nil {
				continue
			}
			taken[ids] = by
		}
		s.open[op.ID] = by
	}
	for _, op := range e.contract.Operations() {
		for _, n := range e.extra {
			if n.scope.concerns(op.ID, groups(op)) {
				s.byOperation[op.ID] = append(s.byOperation[op.ID], n)
			}
		}
	}
	return s
}

// Opens reports whether the application may ever be allowed the operation: a grant is for it, or a policy that looks at
// the call.
func (s *Set) Opens(op *contract.Operation) bool { return len(s.byOperation[op.ID]) > 0 }

// Decide says which policy allows the call. OPERATION_NOT_GRANTED, PURCHASE_NOT_GRANTED,
// FORBIDDEN_BY_POLICY, POLICY_UNDECIDED.
func (s *Set) Decide(op *contract.Operation, from netip.Addr, at time.Time) (policy string, err error) {
	if by, ok := s.open[op.ID]; ok {
		return by, nil
	}
	return s.decide(op, from, at)
}

func (s *Set) decide(op *contract.Operation, from netip.Addr, at time.Time) (policy string, err error) {
	list := s.byOperation[op.ID]
	if len(list) == 0 {
		return "", s.refuse(op, "")
	}
	ip := cedar.IPAddr(netip.PrefixFrom(from.Unmap(), from.Unmap().BitLen()))
	at = at.UTC()
	decision, diagnostic := cedar.Authorize(list, &s.entities, cedar.Request{
		Principal: s.principal, Action: actionID(op.ID), Resource: s.environment,
		Context: cedar.NewRecord(cedar.RecordMap{
			"ip": ip, "effect": cedar.String(op.Effect), "hour": cedar.Long(at.Hour()), "weekday": cedar.Long(at.Weekday()),
		}),
	})
	// Cedar passes over a policy that fails, a forbid too: whatever the others say, that is no permission.
	if len(diagnostic.Errors) > 0 {
		return "", errs.New(errs.PolicyUndecided, "a policy could not be evaluated, which denies the call").
			With("policy", string(diagnostic.Errors[0].PolicyID)).Because(fmt.Errorf("%s", diagnostic.Errors[0].Message))
	}
	by := ""
	if len(diagnostic.Reasons) > 0 {
		by = string(diagnostic.Reasons[0].PolicyID)
	}
	if decision != cedar.Allow {
		return "", s.refuse(op, by)
	}
	return by, nil
}

func (s *Set) refuse(op *contract.Operation, by string) error {
	switch {
	case by != "":
		return errs.New(errs.PolicyForbids, "policy %s forbids this application %s", by, op.ID).
			With("operation", op.ID).With("policy", by)
	case op.Effect == contract.Purchase && s.app.Environment.Live && slices.ContainsFunc(s.app.Grants, func(g Grant) bool { return g.Opens(op) }):
		return errs.New(errs.PurchaseNotGranted, "%s spends money in the live environment %s, and no grant of this application names the effect purchase", op.ID, s.app.Environment.Name).
			With("operation", op.ID).With("environment", s.app.Environment.Name)
	}
	return errs.New(errs.OperationNotGranted, "this application was not granted %s", op.ID).
		With("operation", op.ID).With("scope", op.Scope).With("effect", string(op.Effect))
}
