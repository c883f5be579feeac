// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

var (
	errTenant  = errors.New("sqlite: no tenant given")
	errOver    = errors.New("sqlite: use of a transaction that has ended")
	errEnded   = errors.New("sqlite: the transaction was ended by an error")
	errLooping = errors.New("sqlite: use of a transaction inside a loop over its records")
)

// View runs fn on a snapshot that is taken at its first read; one inside another transaction joins it.
func (s *Store) View(ctx context.Context, fn func(context.Context) error) error {
	if s.current(ctx) != nil {
		return fn(ctx)
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return store.ErrClosed
	}
	s.views++
	s.mu.Unlock()
	r := &reader{s: s, ctx: ctx}
	r.Reader = sqlread.View(r)
	defer func() {
		r.end()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.views--; s.views == 0 && s.closed {
			close(s.idle)
		}
	}()
	return fn(store.WithTx(ctx, r))
}

// current is the running transaction of this store in ctx.
func (s *Store) current(ctx context.Context) *reader {
	tx, _ := store.Current(ctx)
	ours, ok := tx.(interface{ base() *reader })
	if !ok {
		return nil
	}
	r := ours.base()
	if r.s != s || r.over {
		return nil
	}
	return r
}

// Check runs SQLite's own check of the file, which reads all of it.
func (s *Store) Check(ctx context.Context) error {
	return s.View(ctx, func(ctx context.Context) error {
		c, err := s.current(ctx).open()
		if err != nil {
			return err
		}
		var found []error
		err = c.each(func(r *row) (bool, error) {
			if text := r.Text(0); text != "ok" {
				found = append(found, fmt.Errorf("%w: %s", store.ErrCorrupt, text))
			}
			return true, nil
		}, "PRAGMA integrity_check")
		return errors.Join(append(found, err)...)
	})
}

// reader is the read half of a transaction. In a View it takes a connection, and with it the
// snapshot, when something is read for the first time.
type reader struct {
	sqlread.Reader // asks this very reader
	s              *Store
	ctx            context.Context
	c              *conn
	pending        map[string]*seal.Key    // in Update: keys that are not committed yet
	before         func(text string) error // in Update: called before a statement reads
	over           bool                    // the transaction has ended
	looping        bool                    // a sequence is being consumed
}

func (r *reader) base() *reader { return r }

// Pages is nil in Update, which may see what is never committed.
func (r *reader) Pages() *sqlread.Pages {
	if r.pending != nil {
		return nil
	}
	return &r.s.pages
}

// open gives the connection of the transaction.
func (r *reader) open() (*conn, error) {
	switch {
	case r.over:
		return nil, errOver
	case r.looping:
		return nil, errLooping
	case r.c != nil:
		return r.c, nil
	}
	if r.s.memory != nil {
		r.s.memory.RLock()
	}
	c, err := r.s.readers.take(r.ctx)
	if err != nil {
		if r.s.memory != nil {
			r.s.memory.RUnlock()
		}
		return nil, err
	}
	r.c = c
	if _, _, err := r.c.exec("BEGIN"); err != nil {
		return nil, fmt.Errorf("sqlite: begin: %w", err)
	}
	return r.c, nil
}

// opened is open for a statement that reads: what it reads is written first.
func (r *reader) opened(text string) (*conn, error) {
	c, err := r.open()
	if err == nil && r.before != nil {
		err = r.before(text)
	}
	return c, err
}

// end gives the connection of a View back.
func (r *reader) end() {
	r.over = true
	if r.c == nil {
		return
	}
	_, _, _ = r.c.exec("COMMIT") // a snapshot has nothing to lose
	r.s.readers.give(r.c)
	if r.s.memory != nil {
		r.s.memory.RUnlock()
	}
}

// First reads one row; the tenant is in the arguments.
func (r *reader) First(_, text string, args ...any) (sqlread.Row, error) {
	c, err := r.opened(text)
	if err != nil {
		return nil, err
	}
	got, err := c.first(text, args...)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	if got == nil {
		return nil, nil
	}
	return got, nil
}

// Each reads rows until fn says stop, or the caller's context ends.
func (r *reader) Each(_ string, fn func(sqlread.Row) (bool, error), text string, args ...any) error {
	c, err := r.opened(text)
	if err != nil {
		return err
	}
	r.looping = true
	defer func() { r.looping = false }()
	return c.each(func(got *row) (bool, error) {
		if err := r.ctx.Err(); err != nil {
			return false, err
		}
		return fn(got)
	}, text, args...)
}

// Key is the tenant's key, nil when the tenant has never stored anything.
func (r *reader) Key(tenant string) (*seal.Key, error) {
	if tenant == "" {
		return nil, errTenant
	}
	if _, err := r.open(); err != nil {
		return nil, err
	}
	if k, ok := r.s.keys.Load(tenant); ok {
		return k.(*seal.Key), nil
	}
	if k, ok := r.pending[tenant]; ok {
		return k, nil
	}
	got, err := r.First(tenant, sqltext.KeyGet, tenant, int64(1))
	if err != nil || got == nil {
		return nil, err
	}
	k, err := r.s.master.Unwrap(tenant, got.Blob(0))
	if err != nil {
		return nil, sqlread.Corrupt(err)
	}
	r.s.keys.Store(tenant, k)
	return k, nil
}
