// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"sync"

	"github.com/airside-travel/airside/internal/store"
)

// cache holds the subscriptions of each tenant that announced something. The store runs hooks in the
// order of the commits, so a set read inside a transaction is never kept over a later change.
type cache struct {
	mu      sync.RWMutex
	tenants map[string]map[string]*stored
}

// get is nil when the tenant's subscriptions are not known.
func (c *cache) get(tenant string) map[string]*stored {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.tenants[tenant]
}

func (c *cache) put(tenant string, all map[string]*stored) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tenants == nil {
		c.tenants = map[string]map[string]*stored{}
	}
	c.tenants[tenant] = all
}

func (c *cache) drop(tenant string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tenants, tenant)
}

// all is the tenant's subscriptions by id, read and kept when they are not known. The map and what is
// in it are shared and must not be changed.
func (c *cache) all(tx store.Tx, tenant string) (map[string]*stored, error) {
	if known := c.get(tenant); known != nil {
		return known, nil
	}
	all, err := subscriptions(tx, tenant)
	if err == nil {
		tx.AfterCommit(func() { c.put(tenant, all) })
	}
	return all, err
}

func subscriptions(r store.Reader, tenant string) (map[string]*stored, error) {
	all := map[string]*stored{}
	for rec, err := range r.List(store.Query{Tenant: tenant, Kind: kindSubscription}) {
		if err != nil {
			return nil, err
		}
		sub, err := decodeSubscription(rec)
		if err != nil {
			return nil, err
		}
		all[sub.ID] = sub
	}
	return all, nil
}
