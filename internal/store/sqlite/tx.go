// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// tx is one call of Update within a group.
type tx struct {
	reader
	savepoint bool     // what this one writes needs a savepoint
	saved     bool     // which is there
	wrote     bool     // something was changed
	lost      error    // SQLite ended the transaction by itself
	created   []string // tenants whose keys were made here
	known     []known  // records whose heads were read
	committed []func()
	undone    []func()
	sealed    []byte // scratch: SQLite copies what is bound
}

var (
	_ store.Reader = (*reader)(nil)
	_ store.Tx     = (*tx)(nil)
)

func newTx(s *Store, ctx context.Context, savepoint bool) *tx {
	t := &tx{reader: reader{s: s, ctx: ctx, c: s.writer, pending: s.pending}, savepoint: savepoint}
	t.Reader = sqlread.Reader{Source: &t.reader}
	t.before = t.settle
	return t
}

// AfterCommit registers fn.
func (t *tx) AfterCommit(fn func()) { t.committed = append(t.committed, fn) }

// AfterRollback registers fn.
func (t *tx) AfterRollback(fn func()) { t.undone = append(t.undone, fn) }

// exec runs a statement that writes, and gives what the driver tells about it.
func (t *tx) exec(text string, args ...any) (changed, id int64, err error) {
	c, err := t.open()
	if err != nil {
		return 0, 0, err
	}
	if err := t.begin(); err != nil {
		return 0, 0, err
	}
	changed, id, err = c.exec(text, args...)
	if err != nil {
		return 0, 0, t.failed(explain(err))
	}
	t.wrote = t.wrote || changed > 0
	return changed, id, nil
}

// begin sets the savepoint where one is needed.
func (t *tx) begin() error {
	if t.lost == nil && !t.c.inTransaction() {
		t.lost = store.Unavailable(errEnded) // by an error of a statement that reads
	}
	if t.lost != nil {
		return t.lost // outside the transaction it would be for good
	}
	if t.savepoint && !t.saved {
		if _, _, err := t.c.exec("SAVEPOINT part"); err != nil {
			return t.failed(explain(fmt.Errorf("savepoint: %w", err)))
		}
		t.saved = true
	}
	return nil
}

// failed notes when an error has ended the transaction.
func (t *tx) failed(err error) error {
	if !t.c.inTransaction() {
		t.lost = err
	}
	return err
}

// settle writes the tallies of the group before one is read.
func (t *tx) settle(text string) error {
	if text != sqltext.TallyGet {
		return nil
	}
	return t.writeTallies()
}

func (t *tx) writeTallies() error {
	if t.s.tallies.Empty() {
		return nil
	}
	if err := t.begin(); err != nil {
		return err
	}
	if err := t.s.writeTallies(); err != nil {
		t.lost = err // with the counts of calls that have succeeded
		return err
	}
	return nil
}

// makeKey is key, and makes one for a new tenant.
func (t *tx) makeKey(tenant string) (*seal.Key, error) {
	k, err := t.Key(tenant)
	if err != nil || k != nil {
		return k, err
	}
	k, wrapped, err := t.s.master.NewKey(tenant)
	if err != nil {
		return nil, err
	}
	if _, _, err := t.exec(sqltext.KeyInsert, tenant, int64(1), wrapped); err != nil {
		return nil, err
	}
	t.pending[tenant] = k
	t.created = append(t.created, tenant)
	return k, nil
}

// seal gives the sealed form of a value; it is valid until the next call.
func (t *tx) seal(k *seal.Key, plain []byte, p seal.Place) ([]byte, error) {
	if len(plain) > seal.MaxSize {
		return nil, fmt.Errorf("sqlite: %s %s has %d bytes, more than can be stored", p.Table, p.ID, len(plain))
	}
	t.sealed = k.Seal(t.sealed[:0], plain, p)
	return t.sealed, nil
}
