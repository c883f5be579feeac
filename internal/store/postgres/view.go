// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"

	"github.com/airside-travel/airside/internal/errs"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// View runs fn on a snapshot that is taken at its first read; one inside another transaction joins it.
func (s *Store) View(ctx context.Context, fn func(context.Context) error) error {
	if s.joins(ctx) {
		return fn(ctx)
	}
	if err := s.enter(); err != nil {
		return err
	}
	v := &view{s: s, ctx: ctx}
	v.Reader = sqlread.View(v)
	defer v.end()
	return fn(store.WithTx(ctx, v))
}

// joins reports whether a transaction of this store runs in ctx.
func (s *Store) joins(ctx context.Context) bool {
	current, _ := store.Current(ctx)
	switch r := current.(type) {
	case *tx:
		return r.ss.s == s && !r.over
	case *view:
		return r.s == s && !r.over
	}
	return false
}

// view is a transaction that reads. It takes a connection, and with it the snapshot, when something is
// read for the first time.
type view struct {
	sqlread.Reader // asks this very view
	s              *Store
	ctx            context.Context
	c              *conn
	over           bool
	looping        bool
}

func (v *view) run(fn func(*row) (bool, error), text string, args ...any) error {
	switch {
	case v.over:
		return errOver
	case v.looping:
		return errLooping
	}
	commands := []command{{text: text, args: args}}
	for try := 0; ; try++ {
		fresh := v.c == nil
		if fresh {
			c, err := v.s.readers.get(v.ctx)
			if err != nil {
				return v.broken(err)
			}
			v.c, commands = c, []command{{text: beginView}, {text: text, args: args}}
		}
		shown, mine := false, false
		err := v.c.run(commands, func(_ int, r *row) (bool, error) {
			shown = true
			more, err := fn(r)
			mine = mine || err != nil
			return more, err
		})
		switch {
		case err == nil || mine:
			return err
		case !fresh || shown || classify(err) != lost || try == viewTries:
			return v.broken(err)
		}
		// The connection broke while it was idle. Nothing was shown, so another one may take its place.
		v.s.readers.put(v.c)
		v.c = nil
		v.s.readers.purge()
	}
}

// broken is an error of the server or of the way to it.
func (v *view) broken(err error) error {
	if v.ctx.Err() != nil {
		return v.ctx.Err()
	}
	if classify(err) == lost || classify(err) == conflict {
		return errs.New(errs.StoreUnavailable, "the store cannot be read now").Because(fmt.Errorf("postgres: %w", err))
	}
	return fmt.Errorf("postgres: %w", err)
}

// viewTries is how often a View that has read nothing yet takes another connection.
const viewTries = 2

// Pages is what the store remembers of long lists.
func (v *view) Pages() *sqlread.Pages { return &v.s.pages }

// end gives the connection back. Nobody waits for the end of a snapshot, which has nothing to lose: it would be one
// more exchange with the server before the caller is answered.
func (v *view) end() {
	v.over = true
	if v.c == nil {
		v.s.leave()
		return
	}
	go func() {
		defer v.s.leave()
		if !v.c.raw.IsClosed() && !v.c.raw.IsBusy() {
			_ = v.c.run([]command{{text: commit}}, nil)
		}
		v.s.readers.put(v.c)
	}()
}

// First reads one row.
func (v *view) First(_, text string, args ...any) (sqlread.Row, error) {
	var out *row
	if err := v.run(func(r *row) (bool, error) { out = r.clone(); return false, nil }, text, args...); err != nil {
		return nil, err
	}
	if out == nil {
		return nil, nil
	}
	return out, nil
}

// Each reads rows until fn says stop, or the caller's context ends.
func (v *view) Each(_ string, fn func(sqlread.Row) (bool, error), text string, args ...any) error {
	if v.looping {
		return errLooping
	}
	defer func() { v.looping = false }()
	return v.run(func(r *row) (bool, error) {
		v.looping = true
		if err := v.ctx.Err(); err != nil {
			return false, err
		}
		return fn(r)
	}, text, args...)
}

// Key is the tenant's key, nil when the tenant has never stored anything.
func (v *view) Key(tenant string) (*seal.Key, error) {
	if tenant == "" {
		return nil, errTenant
	}
	if v.over {
		return nil, errOver
	}
	if k, ok := v.s.keys.Load(tenant); ok {
		return k.(*seal.Key), nil
	}
	got, err := v.First(tenant, sqltext.KeyGet, tenant, int64(1))
	if err != nil || got == nil {
		return nil, err
	}
	k, err := v.s.unwrap(tenant, got.Blob(0))
	if err == nil {
		v.s.keys.Store(tenant, k)
	}
	return k, err
}

func (s *Store) unwrap(tenant string, wrapped []byte) (*seal.Key, error) {
	k, err := s.master.Unwrap(tenant, wrapped)
	if err != nil {
		return nil, sqlread.Corrupt(err)
	}
	return k, nil
}
