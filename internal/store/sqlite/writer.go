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
	for s.queue.await() {
		s.gather()
		group = s.queue.take(group)
		s.group(group)
	}
	returned = true
}

// gather lets callers run as long as that brings more of them, those just answered above all, so that groups are not
// halves.
func (s *Store) gather() {
	for before, rounds := 0, 0; rounds < 4; rounds++ {
		runtime.Gosched()
		n := s.queue.waiting()
		if n == before {
			return
		}
		before = n
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

// careful is for how many groups savepoints stay on after a call has failed that had written something.
const careful = 64

// run executes the parts of a group and commits. An error concerns all of them.
//
// A savepoint for each call costs a copy of every page that the call is the first to touch, and calls that fail
// after they have written are rare. So there are none at first: when such a call comes, what the group did is undone
// and all of it runs again, with savepoints.
func (s *Store) run(group []*op) error {
	if s.memory != nil {
		s.memory.Lock()
		defer s.memory.Unlock()
	}
	s.careful = max(s.careful-1, 0)
	if s.careful == 0 && len(group) > 1 {
		if again, err := s.attempt(group, false); !again {
			return err
		}
		s.careful = careful
	}
	_, err := s.attempt(group, len(group) > 1)
	return err
}

// attempt is one run of a group; again asks for another one, with savepoints.
func (s *Store) attempt(group []*op, savepoints bool) (again bool, err error) {
	if _, _, err := s.writer.exec("BEGIN IMMEDIATE"); err != nil {
		return false, store.Unavailable(fmt.Errorf("sqlite: begin: %w", err))
	}
	open, returned := true, false
	defer func() {
		if open {
			// SQLite may have ended the transaction by itself; then this fails and nothing is left to undo.
			_, _, _ = s.writer.exec("ROLLBACK")
			s.forget()
		}
		if !returned { // runtime.Goexit
			for _, o := range group {
				o.err = errGoexit
			}
		}
	}()
	wrote := false
	for _, o := range group {
		o.tx = newTx(s, o.ctx, savepoints)
		if err := s.part(o); err != nil {
			returned = true
			return false, err
		}
		if o.err != nil && o.tx.wrote && !savepoints && len(group) > 1 {
			returned = true
			return true, nil
		}
		wrote = wrote || o.err == nil && o.tx.wrote
	}
	returned = true
	if !wrote {
		return false, nil
	}
	if err := s.writeTallies(); err != nil {
		return false, err
	}
	if _, _, err := s.writer.exec("COMMIT"); err != nil {
		err = fmt.Errorf("sqlite: commit: %w", err)
		if inTrouble(err) {
			return false, store.Doubtful(err) // the log may hold it, for the restart to find
		}
		return false, store.Unavailable(err)
	}
	open = false
	return false, nil
}

// part runs one call of Update. Its own failure is kept in o.err, and undone where there are savepoints; the error
// returned says that the whole group is lost, as when the disk is full and SQLite has rolled back by itself.
func (s *Store) part(o *op) error {
	defer func() { o.tx.over = true }()
	o.err = call(o.fn, store.WithTx(o.ctx, o.tx))
	if o.err == nil && o.tx.saved {
		o.err = o.tx.writeTallies() // for the next one to undo none but its own
	}
	if o.tx.lost != nil {
		return o.tx.lost // whatever the call made of it
	}
	if !o.tx.saved {
		return nil
	}
	if o.err != nil {
		for _, tenant := range o.tx.created {
			delete(s.pending, tenant)
		}
		clear(s.tails)
		s.tallies.Clear()
		if _, _, err := s.writer.exec("ROLLBACK TO part"); err != nil {
			return store.Unavailable(fmt.Errorf("sqlite: roll back after %w: %w", o.err, err))
		}
	}
	if _, _, err := s.writer.exec("RELEASE part"); err != nil {
		return store.Unavailable(fmt.Errorf("sqlite: release: %w", err))
	}
	return nil
}

// writeTallies writes the counts of lists that the group has changed, each once.
func (s *Store) writeTallies() error {
	defer s.tallies.Clear()
	return s.tallies.Write(func(text string, args ...any) error {
		if _, _, err := s.writer.exec(text, args...); err != nil {
			return explain(err)
		}
		return nil
	})
}

// forget drops what is known of a transaction that is undone.
func (s *Store) forget() {
	clear(s.pending)
	clear(s.tails)
	s.tallies.Clear()
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
