// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"errors"
	"sync"

	"github.com/airside-travel/airside/internal/store"
)

// kindChanges is a record whose version counts the changes of a tenant's subscriptions. Only processes
// that share a store keep it.
const kindChanges = "outbox.changes"

// known is what the cache has of a tenant: subscriptions by id, which are shared and must not be
// changed, and at which change they were read.
type known struct {
	all    map[string]*stored
	change int64
}

// cache holds the subscriptions of each tenant that announced something. The store runs hooks in the
// order of the commits, so a set read inside a transaction is never kept over a later change of this
// process; those of other processes show in the counter.
type cache struct {
	mu      sync.RWMutex
	tenants map[string]known
}

func (c *cache) get(tenant string) (known, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	k, ok := c.tenants[tenant]
	return k, ok
}

func (c *cache) put(tenant string, k known) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tenants == nil {
		c.tenants = map[string]known{}
	}
	c.tenants[tenant] = k
}

func (c *cache) drop(tenant string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tenants, tenant)
}

// subs is the tenant's subscriptions by id, read when they are not known or others changed them.
func (s *Service) subs(r store.Reader, tenant string) (map[string]*stored, error) {
	k, ok := s.cache.get(tenant)
	change := k.change
	if s.options.Shared {
		var err error
		if change, err = changes(r, tenant); err != nil {
			return nil, err
		}
	}
	if ok && change == k.change {
		return k.all, nil
	}
	all, err := s.endpoints(r, tenant)
	if err != nil {
		return nil, err
	}
	if tx, ok := r.(store.Tx); ok {
		tx.AfterCommit(func() { s.keep(tenant, known{all, change}) })
	} else if s.options.Shared { // the counter tells if this is out of date; without it only a writer can know
		s.keep(tenant, known{all, change})
	}
	return all, nil
}

// keep takes in what was read anew, and lets go of what was kept for subscriptions that are gone or have another client.
func (s *Service) keep(tenant string, k known) {
	s.cache.put(tenant, k)
	s.tokens.retain(tenant, k.all)
	s.pruner.retain(tenant, k.all)
	s.courier.signal.retain(tenant, k.all)
}

// changes reads the counter.
func changes(r store.Reader, tenant string) (int64, error) {
	rec, err := r.Get(tenant, kindChanges, "subscriptions")
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	return rec.Version, nil
}

// changed tells this process, once the transaction is durable, and the others that a subscription changed.
func (s *Service) changed(tx store.Tx, tenant, id string) error {
	tx.AfterCommit(func() {
		s.cache.drop(tenant)
		s.tokens.drop(tenant, id) // at once: its secret may have been replaced
	})
	if !s.options.Shared {
		return nil
	}
	now := s.clocks.Base().Now()
	count := func() *store.Record {
		return &store.Record{Tenant: tenant, Kind: kindChanges, ID: "subscriptions", CreatedAt: now, UpdatedAt: now, Doc: []byte("{}")}
	}
	err := tx.Update(count(), 0)
	if errors.Is(err, store.ErrNotFound) {
		if err = tx.Insert(count()); errors.Is(err, store.ErrExists) { // another process was first
			err = tx.Update(count(), 0)
		}
	}
	return err
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
