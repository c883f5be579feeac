// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/airside-travel/airside/internal/actor"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

var (
	errTenant  = errors.New("postgres: no tenant given")
	errOver    = errors.New("postgres: use of a transaction that has ended")
	errLooping = errors.New("postgres: use of a transaction inside a loop over its records")
)

const (
	savepoint  = `SAVEPOINT part`
	rollbackTo = `ROLLBACK TO SAVEPOINT part`
	releasePt  = `RELEASE SAVEPOINT part`
)

func tenantOf(ctx context.Context) string { return actor.Tenant(ctx) }

// tx is one call of Update within a group.
type tx struct {
	sqlread.Reader // asks this very transaction
	ss             *session
	ctx            context.Context
	grouped        bool // others share the transaction
	over           bool // the call has ended
	looping        bool // a sequence is being consumed

	from  int                     // where its writes begin in what is pending; -1 when some were sent
	heads map[string]head         // as they were before
	keys  map[string]*seal.Key    // as they were before
	known map[string]sqlread.Head // records whose heads were read

	committed []func()
	undone    []func()
}

var _ store.Tx = (*tx)(nil)

func (ss *session) part(ctx context.Context, grouped bool) *tx {
	t := &tx{
		ss: ss, ctx: ctx, grouped: grouped, from: len(ss.pending), heads: maps.Clone(ss.heads), keys: maps.Clone(ss.keys),
		known: map[string]sqlread.Head{},
	}
	t.Reader = sqlread.Reader{Source: t}
	return t
}

// Pages is nil: the transaction may see what is never committed.
func (t *tx) Pages() *sqlread.Pages { return nil }

// AfterCommit registers fn.
func (t *tx) AfterCommit(fn func()) { t.committed = append(t.committed, fn) }

// AfterRollback registers fn.
func (t *tx) AfterRollback(fn func()) { t.undone = append(t.undone, fn) }

// open says why the transaction cannot be used.
func (t *tx) open() error {
	switch {
	case t.over:
		return errOver
	case t.looping:
		return errLooping
	}
	return t.ss.err
}

// exchange is the session's. When it sends writes of this call that may have to be undone without those
// of others, a savepoint goes before them.
func (t *tx) exchange(tenant string, commands []command, fn func(i int, r *row) (bool, error)) error {
	if err := t.open(); err != nil {
		return err
	}
	if len(t.ss.pending) > t.from {
		t.guard()
	}
	var tenants []string
	if tenant != "" {
		tenants = []string{tenant}
	}
	err := t.ss.exchange(tenants, commands, fn)
	if t.from > 0 {
		t.from = 0 // those of the others are sent
	}
	return err
}

// guard sets a savepoint before the first write of this call, unless it is there or not needed.
func (t *tx) guard() {
	if t.grouped && t.from >= 0 {
		t.ss.pending = slices.Insert(t.ss.pending, t.from, command{text: savepoint})
		t.from = -1
	}
}

// send writes at once and returns how many rows that changed.
func (t *tx) send(tenant, text string, args ...any) (int64, error) {
	t.guard()
	t.ss.wrote = true
	commands := []command{{text: text, args: args}}
	err := t.exchange(tenant, commands, nil)
	return commands[0].changed, err
}

// undo takes back what the call wrote in a group; alone, its transaction is rolled back.
func (t *tx) undo() {
	ss := t.ss
	if t.from >= 0 {
		ss.pending = ss.pending[:t.from]
	} else {
		ss.pending = append(ss.pending[:0], command{text: rollbackTo}, command{text: releasePt})
	}
	// A tenant that this call locked is locked again when another one needs it.
	ss.heads, ss.keys = t.heads, t.keys
}

// keep ends a call that succeeded.
func (t *tx) keep() {
	if t.from < 0 && t.ss.err == nil {
		t.ss.pending = append(t.ss.pending, command{text: releasePt})
	}
}

// touch locks the tenant, so that its head is known.
func (t *tx) touch(tenant string) (head, error) {
	if tenant == "" {
		return head{}, errTenant
	}
	if err := t.open(); err != nil {
		return head{}, err
	}
	if h, ok := t.ss.heads[tenant]; ok {
		return h, nil
	}
	err := t.exchange(tenant, nil, nil)
	return t.ss.heads[tenant], err
}

// Key is the tenant's key, nil when the tenant has never stored anything.
func (t *tx) Key(tenant string) (*seal.Key, error) {
	if tenant == "" {
		return nil, errTenant
	}
	if err := t.open(); err != nil {
		return nil, err
	}
	if k := t.ss.keys[tenant]; k != nil {
		return k, nil
	}
	if k, ok := t.ss.s.keys.Load(tenant); ok {
		return k.(*seal.Key), nil
	}
	got, err := t.First(tenant, sqltext.KeyGet, tenant, int64(1))
	if err != nil || got == nil {
		return nil, err
	}
	return t.ss.s.unwrap(tenant, got.Blob(0))
}

// makeKey is Key, and makes one for a new tenant. Two processes may try: the row in tenant_head
// decides, and the other one begins anew.
func (t *tx) makeKey(tenant string) (*seal.Key, error) {
	k, err := t.Key(tenant)
	if err != nil {
		return nil, err
	}
	h, err := t.touch(tenant)
	if err != nil || k != nil && h.exists {
		return k, err
	}
	n, err := t.send(tenant, headClaim, tenant)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, t.ss.fail(fmt.Errorf("tenant %s appeared: %w", tenant, errAgain))
	}
	t.ss.heads[tenant] = head{exists: true}
	k, wrapped, err := t.ss.s.master.NewKey(tenant)
	if err != nil {
		return nil, err
	}
	t.ss.queue(sqltext.KeyInsert, tenant, int64(1), wrapped)
	t.ss.keys[tenant] = k
	return k, nil
}

// First reads one row.
func (t *tx) First(tenant, text string, args ...any) (sqlread.Row, error) {
	var out *row
	err := t.exchange(tenant, []command{{text: text, args: args}}, func(_ int, r *row) (bool, error) {
		out = r.clone()
		return false, nil
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	if out == nil {
		return nil, nil
	}
	return out, nil
}

// Each reads rows until fn says stop, or the caller's context ends.
func (t *tx) Each(tenant string, fn func(sqlread.Row) (bool, error), text string, args ...any) error {
	if err := t.open(); err != nil {
		return err
	}
	defer func() { t.looping = false }()
	return t.exchange(tenant, []command{{text: text, args: args}}, func(_ int, r *row) (bool, error) {
		t.looping = true
		if err := t.ctx.Err(); err != nil {
			return false, err
		}
		return fn(r)
	})
}
