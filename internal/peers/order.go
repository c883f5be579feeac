// SPDX-License-Identifier: Apache-2.0

package peers

// Order keeps what is remembered from going back to what it was. Followers are told by several goroutines at once, and
// own changes are remembered after their commit, so that what is read first may arrive last; nobody would be told
// again. The zero Order is ready; whoever uses it holds a lock.
type Order struct {
	followed map[string]int64            // by tenant: the number up to which all is known
	own      map[string]map[string]int64 // own changes that are later than that, by tenant and what was changed
}

// Follows reports whether what a follower read belongs to the newest number it was told so far, and is to be remembered.
func (o *Order) Follows(tenant string, n int64) bool {
	if n < o.followed[tenant] {
		return false
	}
	if o.followed == nil {
		o.followed = map[string]int64{}
	}
	o.followed[tenant] = n
	for id, k := range o.own[tenant] {
		if k <= n {
			delete(o.own[tenant], id)
		}
	}
	return true
}

// Keeps reports whether a thing was changed by this process after what was followed last, which does not show it.
func (o *Order) Keeps(tenant, id string) bool { return o.own[tenant][id] > 0 }

// Own reports whether an own change of a thing is newer than what is remembered of it. The number is Note's.
func (o *Order) Own(tenant, id string, n int64) bool {
	if n < o.followed[tenant] || n < o.own[tenant][id] {
		return false
	}
	if n <= o.followed[tenant] { // all of it is known; 0 for whoever has the store to itself
		return true
	}
	if o.own == nil {
		o.own = map[string]map[string]int64{}
	}
	if o.own[tenant] == nil {
		o.own[tenant] = map[string]int64{}
	}
	o.own[tenant][id] = n
	return true
}
