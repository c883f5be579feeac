// SPDX-License-Identifier: Apache-2.0

package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
)

// Leases and the processes that hold them are records of the platform, which is nobody's tenant.
const (
	platform  = "00000000-0000-0000-0000-000000000000"
	kindLease = "outbox.lease"
	kindNode  = "outbox.node"
)

// forgetAfter is how long, in terms of a lease, a silent process stays listed.
const forgetAfter = 8

// leases are this process's share of the partitions. A process writes one record per renewal: a
// partition is held as long as its holder is alive, and changes hands with a higher fence number.
//
// Correctness does not hang on them: a delivery is a row until its outcome is written, and that is
// refused under an old fence. What a lost lease costs is a delivery made twice.
type leases struct {
	store store.Store
	clock clock.Clock // the system's: tenants' clocks may stand still
	owner string      // new for each process, so that none is taken for its former self
	term  time.Duration

	mu     sync.Mutex
	fences [partitions]int64 // 0: not held
	until  time.Time
}

// lease is the record of a partition; its id is the partition's number.
type lease struct {
	Owner string `json:"owner"` // empty: given back
	Fence int64  `json:"fence"`

	record *store.Record
}

// node is the record of a process; its id is the owner.
type node struct {
	Until time.Time `json:"until"`
}

func newLeases(o Options) *leases {
	return &leases{store: o.Store, clock: o.Clocks.Base(), owner: ids.UUID(), term: o.Lease}
}

// held are the partitions that this process may work on now, as bits.
func (l *leases) held() (mask uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.clock.Now().Before(l.until) {
		return 0
	}
	for i, fence := range l.fences {
		if fence > 0 {
			mask |= 1 << i
		}
	}
	return mask
}

// fence is the number under which a partition is held; 0 when it is not.
func (l *leases) fence(part int) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.clock.Now().Before(l.until) {
		return 0
	}
	return l.fences[part]
}

// errFenced says that a partition belongs to another process now.
var errFenced = errors.New("outbox: another process took over this lane")

// prove refuses with errFenced, inside a transaction, when the partition is not held under this fence
// any more.
func (l *leases) prove(r store.Reader, part int, fence int64) error {
	rec, err := r.Get(platform, kindLease, leaseID(part))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	var now lease
	if err == nil {
		err = json.Unmarshal(rec.Doc, &now)
	}
	if err != nil || now.Owner != l.owner || now.Fence != fence {
		return errFenced
	}
	return nil
}

// balance renews the leases and moves towards a fair share: it takes what nobody alive holds, and
// gives back what is too much and not busy. It reports whether partitions were gained.
func (l *leases) balance(ctx context.Context, busy uint64) (gained bool, err error) {
	var fences [partitions]int64
	now := l.clock.Now()
	err = l.store.Update(ctx, func(ctx context.Context) error {
		fences = [partitions]int64{}
		tx := store.From(ctx)
		alive, err := l.greet(tx, now)
		if err != nil {
			return err
		}
		all, err := l.read(tx)
		if err != nil {
			return err
		}
		fair, mine := (partitions+len(alive)-1)/len(alive), 0
		for _, one := range all {
			if one.Owner == l.owner {
				mine++
			}
		}
		for i, one := range all {
			switch {
			case one.Owner == l.owner && mine > fair && busy&(1<<i) == 0:
				mine--
				one.Owner = ""
				err = l.write(tx, i, one, now)
			case one.Owner == l.owner:
				fences[i] = one.Fence
			case mine < fair && !alive[one.Owner]:
				mine++
				one.Owner, one.Fence = l.owner, one.Fence+1
				fences[i] = one.Fence
				err = l.write(tx, i, one, now)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("outbox: leases: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range fences {
		gained = gained || fences[i] != 0 && fences[i] != l.fences[i]
	}
	gained = gained || !now.Before(l.until) // what was held could not be worked on meanwhile
	l.fences, l.until = fences, now.Add(l.term)
	return gained, nil
}

// greet writes that this process is alive, forgets those that have long been silent, and returns who is.
func (l *leases) greet(tx store.Tx, now time.Time) (map[string]bool, error) {
	alive := map[string]bool{l.owner: true}
	var own *store.Record
	var gone []string
	for rec, err := range tx.List(store.Query{Tenant: platform, Kind: kindNode}) {
		if err != nil {
			return nil, err
		}
		var n node
		if err := json.Unmarshal(rec.Doc, &n); err != nil {
			return nil, err
		}
		switch {
		case rec.ID == l.owner:
			own = rec
		case now.Before(n.Until):
			alive[rec.ID] = true
		case now.After(n.Until.Add(forgetAfter * l.term)):
			gone = append(gone, rec.ID)
		}
	}
	for _, id := range gone {
		if err := tx.Remove(platform, kindNode, id); err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	doc, err := json.Marshal(node{now.Add(l.term)})
	if err != nil {
		return nil, err
	}
	if own == nil {
		return alive, tx.Insert(&store.Record{Tenant: platform, Kind: kindNode, ID: l.owner, CreatedAt: now, UpdatedAt: now, Doc: doc})
	}
	own.Doc, own.UpdatedAt = doc, now
	return alive, tx.Update(own, own.Version)
}

// read gives the leases of all partitions; one that nobody ever had has no record.
func (l *leases) read(r store.Reader) (all [partitions]lease, err error) {
	for rec, err := range r.List(store.Query{Tenant: platform, Kind: kindLease}) {
		if err != nil {
			return all, err
		}
		var i int
		if _, err := fmt.Sscanf(rec.ID, "%02d", &i); err != nil || i >= partitions {
			return all, fmt.Errorf("a lease for %q: %w", rec.ID, store.ErrCorrupt)
		}
		one := lease{record: rec}
		if err := json.Unmarshal(rec.Doc, &one); err != nil {
			return all, err
		}
		all[i] = one
	}
	return all, nil
}

func (l *leases) write(tx store.Tx, part int, one lease, now time.Time) error {
	doc, err := json.Marshal(one)
	if err != nil {
		return err
	}
	if one.record == nil {
		return tx.Insert(&store.Record{Tenant: platform, Kind: kindLease, ID: leaseID(part), CreatedAt: now, UpdatedAt: now, Doc: doc})
	}
	one.record.Doc, one.record.UpdatedAt = doc, now
	return tx.Update(one.record, one.record.Version)
}

// release gives everything back, so that others need not wait for the end of the term.
func (l *leases) release(ctx context.Context) error {
	l.mu.Lock()
	l.until = time.Time{}
	l.mu.Unlock()
	return l.store.Update(ctx, func(ctx context.Context) error {
		tx := store.From(ctx)
		all, err := l.read(tx)
		if err != nil {
			return err
		}
		for i, one := range all {
			if one.Owner == l.owner {
				one.Owner = ""
				if err := l.write(tx, i, one, l.clock.Now()); err != nil {
					return err
				}
			}
		}
		if err := tx.Remove(platform, kindNode, l.owner); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return nil
	})
}

func leaseID(part int) string { return fmt.Sprintf("%02d", part) }
