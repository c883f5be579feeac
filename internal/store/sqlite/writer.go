// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/airside-travel/airside/internal/store"
)

var (
	errNested = errors.New("sqlite: Update inside a transaction")
	errGoexit = errors.New("sqlite: a transaction ended its goroutine (a test's Fatal?)")
)

// Update queues fn for the next group and waits for its commit. When ctx ends before fn has started,
// fn never runs.
func (s *Store) Update(ctx context.Context, fn func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.current(ctx) != nil {
		return errNested
	}
	o := &op{ctx: ctx, fn: fn, done: make(chan error, 1)}
	if err := s.queue.put(o); err != nil {
		return err
	}
	var err error
	select {
	case err = <-o.done:
	case <-ctx.Done():
		if o.state.CompareAndSwap(waiting, withdrawn) {
			return ctx.Err()
		}
		err = <-o.done
	}
	if o.panicked != nil {
		panic(o.panicked) // where the hook was registered, not in the writer
	}
	return err
}

// write is the writer goroutine.
func (s *Store) write() {
	var group []*op
	returned := false
	defer func() {
		if !returned {
			// A transaction called runtime.Goexit: nobody may be left waiting for this goroutine.
			s.answer(group)
			go s.write()
			return
		}
		close(s.stopped)
	}()
	for {
		runtime.Gosched() // lets the callers just answered come back, so that groups are not halves
		group = s.queue.take(group)
		if group == nil {
			returned = true
			return
		}
		s.group(group)
	}
}

// group runs what waited as one SQLite transaction and answers everybody.
func (s *Store) group(group []*op) {
	n := 0
	for _, o := range group {
		if o.state.CompareAndSwap(waiting, started) {
			group[n] = o
			n++
		}
	}
	group = group[:n]
	if n == 0 {
		return
	}
	err := s.trouble()
	if err == nil {
		err = s.run(group)
	}
	if err == nil {
		for tenant, key := range s.pending {
			s.keys.Store(tenant, key)
		}
	} else if s.broken.Load() == nil && inTrouble(err) {
		// What the kernel failed to write once it may forget: only a restart finds out what is there.
		err := store.Unavailable(fmt.Errorf("sqlite: the disk failed, restart needed: %w", err))
		s.broken.Store(&err)
	}
	clear(s.pending)
	for _, o := range group {
		if err != nil {
			o.err = err
		}
	}
	s.erased()
	s.answer(group)
	if s.sweep != nil {
		s.sweep.committed(s.writer)
	}
}

// trouble is why nothing may be written any more, nil when all is well.
func (s *Store) trouble() error {
	if err := s.broken.Load(); err != nil {
		return *err
	}
	if s.sweep != nil {
		return s.sweep.trouble()
	}
	return nil
}

// Ready reports a disk that failed: until a restart finds out what is there, nothing is written.
func (s *Store) Ready(context.Context) error {
	if s.trouble() != nil {
		return errors.New("the disk of the database failed; nothing is written until the program is restarted")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	return nil
}

// run executes the parts of a group and commits. An error concerns all of them.
func (s *Store) run(group []*op) (err error) {
	if s.memory != nil {
		s.memory.Lock()
		defer s.memory.Unlock()
	}
	if _, _, err := s.writer.exec("BEGIN IMMEDIATE"); err != nil {
		return store.Unavailable(fmt.Errorf("sqlite: begin: %w", err))
	}
	open, returned := true, false
	defer func() {
		if open {
			// SQLite may have ended the transaction by itself; then this fails and nothing is left to undo.
			_, _, _ = s.writer.exec("ROLLBACK")
		}
		if !returned { // runtime.Goexit
			clear(s.pending)
			for _, o := range group {
				o.err = errGoexit
			}
		}
	}()
	wrote := false
	for _, o := range group {
		o.tx = newTx(s, o.ctx, len(group) > 1)
		if err := s.part(o); err != nil {
			returned = true
			return err
		}
		wrote = wrote || o.err == nil && o.tx.wrote
	}
	returned = true
	if !wrote {
		return nil
	}
	if _, _, err := s.writer.exec("COMMIT"); err != nil {
		err = fmt.Errorf("sqlite: commit: %w", err)
		if inTrouble(err) {
			return store.Doubtful(err) // the log may hold it, for the restart to find
		}
		return store.Unavailable(err)
	}
	open = false
	return nil
}

// part runs one call of Update. Its own failure is kept in o.err and undone; the error returned says
// that the whole group is lost, as when the disk is full and SQLite has rolled back by itself.
func (s *Store) part(o *op) error {
	defer func() { o.tx.over = true }()
	o.err = call(o.fn, store.WithTx(o.ctx, o.tx))
	if !o.tx.wrote {
		return nil
	}
	if o.err != nil {
		for _, tenant := range o.tx.created {
			delete(s.pending, tenant)
		}
		if !o.tx.grouped {
			return nil // alone in its transaction, which is rolled back
		}
		if _, _, err := s.writer.exec("ROLLBACK TO part"); err != nil {
			return store.Unavailable(fmt.Errorf("sqlite: roll back after %w: %w", o.err, err))
		}
	}
	if o.tx.grouped {
		if _, _, err := s.writer.exec("RELEASE part"); err != nil {
			return store.Unavailable(fmt.Errorf("sqlite: release: %w", err))
		}
	}
	return nil
}

// call runs fn and makes an error of a panic.
func call(fn func(context.Context) error, ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("sqlite: panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(ctx)
}

// answer runs the hooks in the order of the group, while nothing else is written, and then lets the
// callers go.
func (s *Store) answer(group []*op) {
	for _, o := range group {
		if o.state.Load() != started || o.tx == nil {
			continue
		}
		hooks := o.tx.committed
		if o.err != nil {
			hooks = o.tx.undone
		}
		o.tx = nil
		for _, hook := range hooks {
			o.hook(hook)
		}
	}
	for _, o := range group {
		if o.state.CompareAndSwap(started, answered) {
			o.done <- o.err
		}
	}
}

func (o *op) hook(fn func()) {
	defer func() {
		if p := recover(); p != nil && o.panicked == nil {
			o.panicked = p
		}
	}()
	fn()
}
