// SPDX-License-Identifier: Apache-2.0

package companykey

import (
	"maps"
	"sync"

	"github.com/airside-travel/airside/internal/store/seal"
)

// cache holds committed data keys by their number. A key of a number never changes.
type cache struct {
	mu  sync.RWMutex
	all map[string]map[int64]*seal.Key // tenant/company → number → key
}

func (c *cache) get(name string, number int64) *seal.Key {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.all[name][number]
}

func (c *cache) put(name string, number int64, k *seal.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]map[int64]*seal.Key{}
	}
	if c.all[name] == nil {
		c.all[name] = map[int64]*seal.Key{}
	}
	c.all[name][number] = k
}

// before lists the numbers below one whose keys are held.
func (c *cache) before(name string, number int64) (out []int64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for n := range maps.Keys(c.all[name]) {
		if n < number {
			out = append(out, n)
		}
	}
	return out
}

func (c *cache) drop(name string, number int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all[name], number)
}
