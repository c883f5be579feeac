// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"slices"
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
)

// authorise compares the caller's roles and scopes with x-roles and x-scope of the operation. Which
// company, trip or user it may touch is narrowed by the domain, which knows whose they are.
func (m *Mux) authorise(c *call) error {
	op := c.ep.op
	if op.Public || (c.ep.open && m.o.Dev) {
		return nil
	}
	roles := op.Roles
	held := c.actor.Roles
	if c.actor.UserID != "" {
		held = append(slices.Clone(held), actor.Traveler)
	}
	if !(&actor.Actor{Roles: held}).Has(roles...) {
		return errs.New(errs.AccessDenied, "%s needs one of the roles %s", op.ID, strings.Join(roles, ", ")).
			With("operation", op.ID).With("roles", strings.Join(roles, ","))
	}
	if c.actor.Scopes != nil && !slices.Contains(c.actor.Scopes, op.Scope) {
		return errs.New(errs.AccessDenied, "%s needs the scope %s", op.ID, op.Scope).
			With("operation", op.ID).With("scope", op.Scope)
	}
	c.event.Decide("authorise", "passed", "x-roles", strings.Join(held, ","))
	return nil
}
