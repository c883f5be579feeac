// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"runtime"
	"sync/atomic"
)

// groupMax bounds a group, and so how long its first caller waits.
const groupMax = 64

const (
	waiting = iota
	started
	withdrawn
	answered
)

// op is one call of Update.
type op struct {
	ctx      context.Context
	fn       func(context.Context) error
	state    atomic.Int32
	done     chan error
	tx       *tx
	err      error
	panicked any // by an AfterCommit or AfterRollback hook
}

// lane is where calls of Update for one tenant wait. Those whose caller has no tenant share one.
type lane struct {
	s       *Store
	tenant  string
	ops     []*op
	running bool
}

// put has the call run after those that came before it.
func (s *Store) put(tenant string, o *op) {
	s.laneMu.Lock()
	defer s.laneMu.Unlock()
	l := s.lanes[tenant]
	if l == nil {
		l = &lane{s: s, tenant: tenant}
		s.lanes[tenant] = l
	}
	l.ops = append(l.ops, o)
	if !l.running {
		l.running = true
		go l.work()
	}
}

// take gives the next group, nil when nobody waits; the lane is then over.
func (l *lane) take() []*op {
	l.s.laneMu.Lock()
	defer l.s.laneMu.Unlock()
	if len(l.ops) == 0 {
		l.running = false
		delete(l.s.lanes, l.tenant)
		return nil
	}
	n := min(len(l.ops), groupMax)
	group := l.ops[:n:n]
	l.ops = l.ops[n:]
	return group
}

func (l *lane) work() {
	var group []*op
	returned := false
	defer func() {
		if !returned {
			// A transaction called runtime.Goexit: nobody may be left waiting for this goroutine.
			for _, o := range group {
				if o.state.Load() == started {
					o.err = errGoexit
				}
			}
			l.s.answer(group)
			go l.work()
		}
	}()
	for {
		runtime.Gosched() // lets the callers just answered come back, so that groups are not halves
		if group = l.take(); group == nil {
			returned = true
			return
		}
		group = start(group)
		if len(group) > 0 {
			l.group(group)
			l.s.answer(group)
		}
	}
}

// start takes out those whose callers have gone.
func start(group []*op) []*op {
	n := 0
	for _, o := range group {
		if o.state.CompareAndSwap(waiting, started) {
			group[n] = o
			n++
		}
	}
	return group[:n]
}

// answer lets the callers go.
func (s *Store) answer(group []*op) {
	for _, o := range group {
		if o.state.CompareAndSwap(started, answered) {
			o.done <- o.err
		}
	}
}

// finish runs the hooks of a group in its order, while nobody else can write to its tenants.
func (s *Store) finish(group []*op) {
	s.hooks.Lock()
	defer s.hooks.Unlock()
	for _, o := range group {
		if o.tx == nil {
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
}

func (o *op) hook(fn func()) {
	defer func() {
		if p := recover(); p != nil && o.panicked == nil {
			o.panicked = p
		}
	}()
	fn()
}
