// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"strings"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/telemetry"
)

// authenticate turns the Authorization header into an actor. Only operations whose contract says
// `security: []` go without.
func (m *Mux) authenticate(c *call) error {
	if c.ep.op.Public || (c.ep.open && m.o.Dev) {
		c.event.Decide(telemetry.Authenticate, telemetry.None, "public operation", "")
		return nil
	}
	scheme, token, ok := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		c.Header().Set("WWW-Authenticate", "Bearer")
		return errs.New(errs.NotAuthenticated, "the Authorization header must be `Bearer <access token>`")
	}
	c.token = strings.TrimSpace(token)
	caller, err := m.o.Auth.Authenticate(c.ctx, c.token)
	if err != nil {
		if caller != nil { // known, and not let in: no other token helps, and the trail names it
			c.actor, c.event.ClientID, c.event.Tenant = caller.Actor, caller.Actor.ClientID, caller.Actor.Tenant
			return err
		}
		c.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		return err
	}
	c.caller, c.actor, c.keepsAll = caller, caller.Actor, caller.KeepsAll
	c.ctx = actor.With(c.ctx, caller.Actor)
	c.event.ClientID, c.event.Tenant, c.event.UserID = caller.Actor.ClientID, caller.Actor.Tenant, caller.Actor.UserID
	c.event.Decide(telemetry.Authenticate, telemetry.Passed, "bearer token", "")
	return nil
}
