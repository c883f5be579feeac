// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/airside-travel/airside/contract"
)

// describe writes into the event what the route alone tells. The id that is asked for is kept as a hash: those
// who watch compare ids and need none of them.
func (c *call) describe() {
	op := c.ep.op
	c.event.Operation, c.event.Effect = op.ID, string(op.Effect)
	c.event.Company = clip(c.r.PathValue("companyId"), 64)
	for i := len(op.Params) - 1; i >= 0; i-- {
		if p := &op.Params[i]; p.In == contract.InPath {
			sum := sha256.Sum256([]byte(c.r.PathValue(p.Name)))
			c.event.Object = hex.EncodeToString(sum[:8])
			return
		}
	}
}

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
