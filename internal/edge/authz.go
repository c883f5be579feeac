// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"slices"
	"strings"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/telemetry"
)

// authorise compares the caller's roles, grants and scopes with x-roles, x-permission and x-scope of the
// operation, and goes on with what opens it and nothing else. A company named in the path is checked
// here; which trip or user the caller may touch is narrowed by the domain, which knows whose they are.
func (m *Mux) authorise(c *call) error {
	if c.ep.op.Public || (c.ep.open && m.o.Dev) {
		c.event.Decide(telemetry.Authorise, telemetry.None, "public operation", "")
		return nil
	}
	if c.upstream != nil {
		c.event.Decide(telemetry.Authorise, telemetry.None, "upstream", "")
		return nil
	}
	a, err := c.allowed(c.actor)
	if err != nil {
		return err
	}
	c.actor, c.ctx = a, actor.With(c.ctx, a)
	how := "x-roles"
	if a.Reaches() {
		how = "x-roles and x-permission"
	}
	c.event.Decide(telemetry.Authorise, telemetry.Passed, how, strings.Join(a.Roles, ","))
	return nil
}

// again takes both decisions once more, inside the transaction of a write: until that had the tenant to itself,
// another process may have revoked the token or taken rights away.
func (m *Mux) again(ctx context.Context, c *call) (context.Context, error) {
	if !m.o.Shared || c.token == "" {
		return ctx, nil
	}
	before := c.at
	c.at = telemetry.Authenticate
	caller, err := m.o.Auth.Authenticate(ctx, c.token)
	if err != nil {
		c.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		return ctx, err
	}
	c.at = telemetry.Networks
	if err := m.inside(c, caller); err != nil {
		return ctx, err
	}
	c.at = telemetry.Permit
	if err := m.granted(c, caller); err != nil {
		return ctx, err
	}
	if c.upstream != nil {
		c.caller, c.at = caller, before // it may have a cap by now
		return ctx, nil
	}
	c.at = telemetry.Authorise
	a, err := c.allowed(caller.Actor)
	if err != nil {
		return ctx, err
	}
	c.actor, c.keepsAll, c.at = a, caller.KeepsAll, before
	return actor.With(ctx, a), nil
}

// allowed is the caller as the operation sees him.
func (c *call) allowed(whole *actor.Actor) (*actor.Actor, error) {
	op := c.ep.op
	a := whole.Within(need(op))
	if a == nil {
		return nil, errs.New(errs.AccessDenied, "%s needs one of the roles %s, or a grant of %s %s",
			op.ID, strings.Join(op.Roles, ", "), op.Permission.Name, op.Permission.Action).
			With("operation", op.ID).With("roles", strings.Join(op.Roles, ",")).
			With("permission", op.Permission.Name).With("action", op.Permission.Action)
	}
	if a.Scopes != nil && !slices.Contains(a.Scopes, op.Scope) {
		return nil, errs.New(errs.AccessDenied, "%s needs the scope %s", op.ID, op.Scope).
			With("operation", op.ID).With("scope", op.Scope)
	}
	// Where an external id may stand instead, the contract does not say that it is a UUID.
	if id := strings.ToLower(c.r.PathValue("companyId")); ids.IsUUID(id) {
		if err := a.MayCompany(id); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// need is what the contract says about who may call an operation.
func need(op *contract.Operation) actor.Need {
	n := actor.Need{Roles: op.Roles, TMC: op.Permission.Over == contract.OverTMC}
	if op.Permission.Over != contract.OverClient {
		n.Permission, n.Action = op.Permission.Name, op.Permission.Action
	}
	return n
}
