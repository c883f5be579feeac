// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// session is one transaction of the database, which the calls of a group share.
type session struct {
	s       *Store
	eager   bool // every write is sent at once, because one of them found its key taken
	c       *conn
	held    []*sync.Mutex   // of the tenants in want and heads
	mine    map[string]bool // those tenants
	heads   map[string]head // of the tenants that are locked in the database
	keys    map[string]*seal.Key
	pending []command // written, and not sent yet
	begun   bool      // BEGIN was sent
	wrote   bool      // something was written, sent or not
	err     error     // the transaction is lost
	asked   []string  // with errAgain: what must be free for another try
}

// session begins one that may use the tenants in want, waiting for others of this process.
func (s *Store) session(want []string, eager bool) *session {
	ss := &session{s: s, eager: eager, mine: map[string]bool{}, heads: map[string]head{}, keys: map[string]*seal.Key{}}
	slices.Sort(want) // all wait in the same order
	for _, tenant := range want {
		m := s.tenantLock(tenant)
		m.Lock()
		ss.held = append(ss.held, m)
		ss.mine[tenant] = true
	}
	return ss
}

func (ss *session) release() {
	for _, m := range ss.held {
		m.Unlock()
	}
	ss.held = nil
}

// claim keeps other transactions of this process away from a tenant. It never waits, because they may
// be waiting for this one: when the tenant is taken the transaction begins anew, with all it needs.
func (ss *session) claim(tenant string) error {
	if ss.mine[tenant] {
		return nil
	}
	m := ss.s.tenantLock(tenant)
	if !m.TryLock() {
		ss.asked = append(slices.Collect(maps.Keys(ss.mine)), tenant)
		return ss.fail(errAgain)
	}
	ss.held = append(ss.held, m)
	ss.mine[tenant] = true
	return nil
}

func (ss *session) fail(err error) error {
	if ss.err == nil {
		ss.err = err
	}
	return err
}

// queue writes with the next exchange.
func (ss *session) queue(text string, args ...any) {
	ss.pending = append(ss.pending, command{text: text, args: args})
	ss.wrote = true
}

// exchange sends what is pending, locks the tenants that are not locked yet, and runs commands. fn gets the
// rows of the latter.
func (ss *session) exchange(tenants []string, commands []command, fn func(i int, r *row) (bool, error)) error {
	if ss.err != nil {
		return ss.err
	}
	var sent []command
	if !ss.begun {
		c, err := ss.s.writers.get(context.Background())
		if err != nil {
			return ss.fail(err)
		}
		ss.c, ss.begun = c, true
		sent = append(sent, command{text: begin})
	}
	locks, changes := map[int]string{}, map[int]string{}
	for _, tenant := range tenants {
		if err := ss.claim(tenant); err != nil {
			return err
		}
		if _, ok := ss.heads[tenant]; !ok {
			ss.heads[tenant] = head{}
			locks[len(sent)] = tenant
			changes[len(sent)+1] = tenant
			sent = append(sent, command{text: headLock, args: []any{tenant}}, command{text: sqltext.ChangesGet, args: []any{tenant}})
		}
	}
	sent = append(sent, ss.pending...)
	clear(ss.pending)
	ss.pending = ss.pending[:0]
	first := len(sent)
	sent = append(sent, commands...)
	failed := false
	err := ss.c.run(sent, func(i int, r *row) (bool, error) {
		if i < first {
			if tenant, ok := locks[i]; ok {
				ss.heads[tenant] = decodeHead(r)
			}
			if tenant, ok := changes[i]; ok {
				h := ss.heads[tenant]
				if h.changes == nil {
					h.changes = map[string]int64{}
				}
				h.changes[r.Text(0)] = r.Int(1)
				ss.heads[tenant] = h
			}
			return true, nil
		}
		more, err := fn(i-first, r)
		failed = failed || err != nil
		return more, err
	})
	copy(commands, sent[first:]) // how many rows they changed
	if err != nil && !failed {
		return ss.fail(err)
	}
	return err
}

// commit ends the transaction. What comes of it is in ss.err.
func (ss *session) commit() {
	if !ss.begun && !ss.wrote {
		return
	}
	if !ss.wrote {
		_ = ss.c.run([]command{{text: commit}}, nil) // a transaction that only read has nothing to lose
		ss.giveBack()
		return
	}
	if len(ss.heads) == 0 { // every call failed: what was sent is undone, and no tenant is left to prove anything by
		ss.abandon()
		return
	}
	for _, tenant := range slices.Sorted(maps.Keys(ss.heads)) {
		if h := ss.heads[tenant]; h.changed {
			ss.pending = append(ss.pending, h.put(tenant))
		}
	}
	proof := ss.proof()
	err := ss.exchange(nil, []command{{text: commit}}, nil)
	if err != nil && classify(err) != lost {
		return
	}
	ss.giveBack()
	if err != nil {
		if ss.err = ss.s.settle(ss, proof, err); ss.err != nil {
			return
		}
	}
	for tenant, h := range ss.heads {
		if k := ss.keys[tenant]; k != nil {
			ss.s.keys.Store(tenant, k)
		}
		if h.last != nil {
			ss.s.chains.Store(tenant, h.last)
		}
	}
}

// abandon undoes everything.
func (ss *session) abandon() {
	if ss.c != nil && ss.c.raw.TxStatus() != 'I' && !ss.c.raw.IsClosed() {
		_ = ss.c.run([]command{{text: rollback}}, nil) // if it fails the connection is closed, which undoes too
	}
	ss.giveBack()
}

func (ss *session) giveBack() {
	if ss.c != nil {
		ss.s.writers.put(ss.c)
		ss.c = nil
	}
}

// chain is the newest audit entry of a tenant, when this process wrote it and nobody else did since.
func (s *Store) chain(tenant string, h head) *store.AuditEntry {
	if e, ok := s.chains.Load(tenant); ok {
		if e := e.(*store.AuditEntry); e.Seq == h.auditSeq && string(e.Hash) == string(h.hash) {
			return e
		}
	}
	return nil
}
