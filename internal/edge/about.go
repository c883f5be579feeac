// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"encoding/hex"
	"hash"

	"github.com/airside-travel/airside/contract"
	"github.com/airside-travel/airside/internal/ids"
)

// objectSize is how much of the hash of an id is kept, in bytes: enough to tell apart, too little to look up.
const objectSize = 12

// about fills in what a request was about: effect, company, and the thing that its path names.
func (m *Mux) about(c *call) {
	if c.ep == nil {
		return
	}
	c.event.Effect = string(c.ep.op.Effect)
	last := ""
	for i := range c.ep.op.Params {
		p := &c.ep.op.Params[i]
		if p.In != contract.InPath {
			continue
		}
		last = c.r.PathValue(p.Name)
		if p.Name == "companyId" && ids.IsUUID(last) {
			c.event.Company = last
		}
	}
	if c.event.Company == "" {
		c.event.Company = c.actor.Company
	}
	if last != "" {
		c.event.Object = m.object(c.event.Tenant, last)
	}
}

// object is the keyed hash of an id: the same thing has the same one in all logs of an installation, and
// whoever has the logs cannot try ids.
func (m *Mux) object(tenant, id string) string {
	k := m.objects.Get().(*objects) //nolint:forcetypeassert // the pool holds nothing else
	defer m.objects.Put(k)
	k.text = append(append(append(k.text[:0], tenant...), 0), id...)
	k.hash.Reset()
	k.hash.Write(k.text)
	k.sum = k.hash.Sum(k.sum[:0])
	return hex.EncodeToString(k.sum[:objectSize])
}

// objects is what object needs: a hash that holds the key, and room.
type objects struct {
	hash      hash.Hash
	text, sum []byte
}
