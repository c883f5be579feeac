// SPDX-License-Identifier: Apache-2.0

package edge

import "github.com/airside-travel/airside/contract"

// alters notes what a call of class security would change, while the state is still the one before.
func (m *Mux) alters(c *call) {
	op := c.ep.op
	if m.o.Change == nil || op.Audit != contract.AuditSecurity || op.Effect == contract.Read || op.Scope == tokenScope {
		return
	}
	c.event.Change = m.o.Change(op.ID, c.r.PathValue, c.body)
	c.event.Target = clip(c.target(), 120)
	for _, name := range [...]string{"userId", "clientId"} {
		if id := c.r.PathValue(name); id != "" {
			c.event.Target = clip(id, 64)
		}
	}
}
