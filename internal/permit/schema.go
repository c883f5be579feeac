// SPDX-License-Identifier: Apache-2.0

package permit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"

	"github.com/airside-travel/airside/contract"
)

// The entity types of policies.
const (
	typeApplication = "Application"
	typeEnvironment = "Environment"
	typeAction      = "Action"
)

// groups are the groups of actions that an operation is in.
func groups(op *contract.Operation) []string {
	out := []string{"effect:" + string(op.Effect), "class:" + string(op.Audit)}
	if op.Scope != "" {
		out = append(out, "scope:"+op.Scope)
	}
	return out
}

// schemaText is the Cedar schema of the contract: what policies can say.
func schemaText(ops []*contract.Operation) string {
	var b strings.Builder
	b.WriteString("entity Application { owner: String };\nentity Environment { live: Bool, mode: String };\n")
	var all []string
	for _, op := range ops {
		for _, g := range groups(op) {
			if !slices.Contains(all, g) {
				all = append(all, g)
			}
		}
	}
	slices.Sort(all)
	for _, g := range all {
		fmt.Fprintf(&b, "action %q;\n", g)
	}
	for _, op := range ops {
		in := groups(op)
		for i := range in {
			in[i] = fmt.Sprintf("%q", in[i])
		}
		fmt.Fprintf(&b, "action %q in [%s] appliesTo { principal: Application, resource: Environment, context: "+
			"{ ip: ipaddr, effect: String, hour: Long, weekday: Long } };\n", op.ID, strings.Join(in, ", "))
	}
	return b.String()
}

// validator judges policies against the schema of the contract.
func validator(ops []*contract.Operation) (*validate.Validator, error) {
	var s schema.Schema
	s.SetFilename("contract")
	if err := s.UnmarshalCedar([]byte(schemaText(ops))); err != nil {
		return nil, fmt.Errorf("permit: the schema made of the contract: %w", err)
	}
	resolved, err := s.Resolve()
	if err != nil {
		return nil, fmt.Errorf("permit: the schema made of the contract: %w", err)
	}
	return validate.New(resolved, validate.WithStrict()), nil
}

func actionID(id string) cedar.EntityUID { return cedar.NewEntityUID(typeAction, cedar.String(id)) }

// actions are the entities of all operations with the groups above them.
func actions(ops []*contract.Operation) cedar.EntityMap {
	m := cedar.EntityMap{}
	for _, op := range ops {
		var above []cedar.EntityUID
		for _, g := range groups(op) {
			id := actionID(g)
			above = append(above, id)
			m[id] = cedar.Entity{UID: id}
		}
		id := actionID(op.ID)
		m[id] = cedar.Entity{UID: id, Parents: cedar.NewEntityUIDSet(above...)}
	}
	return m
}
