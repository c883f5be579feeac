// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

var (
	errNested = errors.New("postgres: Update inside a transaction")
	errGoexit = errors.New("postgres: a transaction ended its goroutine (a test's Fatal?)")
)

const (
	pauseMin = 2 * time.Millisecond
	pauseMax = 500 * time.Millisecond
)

// Update queues fn in the lane of the caller's tenant and waits for its commit. When ctx ends before fn
// has started, fn never runs.
func (s *Store) Update(ctx context.Context, fn func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.joins(ctx) {
		return errNested
	}
	if err := s.enter(); err != nil {
		return store.Unavailable(err)
	}
	defer s.leave()
	o := &op{ctx: ctx, fn: fn, done: make(chan error, 1)}
	s.put(tenantOf(ctx), o)
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
		panic(o.panicked) // where the hook was registered, not in the lane
	}
	return err
}

// group runs calls as one transaction, until it is committed or there is no more hope.
func (l *lane) group(group []*op) {
	var want []string
	if l.tenant != "" {
		want = []string{l.tenant}
	}
	began := l.s.clock.Now()
	pause := pauseMin
	eager := false
	for {
		asked, again := l.s.try(group, want, eager)
		switch {
		case again == nil:
			return
		case asked != nil: // tenants to be had before it begins
			want = asked
			continue
		case len(group) > 1 && (classify(again) == taken || classify(again) == final):
			// One of them is at fault: each on its own, so that only that one pays.
			for i := range group {
				l.group(group[i : i+1])
				l.s.answer(group[i : i+1])
			}
			return
		case classify(again) == taken && !eager:
			eager = true
			continue
		case classify(again) == final || classify(again) == taken || errors.Is(again, ErrUnknown), l.s.clock.Now().Sub(began) > patience:
			for _, o := range group {
				o.err = explain(again)
			}
			l.s.finish(group)
			return
		}
		if classify(again) == lost {
			l.s.writers.purge()
		}
		timer := time.NewTimer(pause)
		<-timer.C
		pause = min(2*pause, pauseMax)
	}
}

// try runs calls as one transaction. An error asks for another try; asked are the tenants that must be
// free for it.
func (s *Store) try(group []*op, want []string, eager bool) (asked []string, again error) {
	ss := s.session(want, eager)
	ended := false
	defer func() {
		if !ended { // runtime.Goexit
			for _, o := range group {
				o.err = errGoexit
			}
			ss.abandon()
			s.finish(group)
		}
		ss.release()
	}()
	for _, o := range group {
		o.tx = ss.part(o.ctx, len(group) > 1)
		o.err = o.tx.do(o.fn)
		if ss.err != nil {
			break
		}
	}
	switch {
	case ss.err != nil:
	case len(group) == 1 && group[0].err != nil:
		ss.abandon()
	default:
		ss.commit()
	}
	ended = true
	if ss.err != nil {
		ss.abandon()
		return ss.asked, ss.err
	}
	s.finish(group)
	return nil, nil
}

// call runs fn and makes an error of a panic.
func call(fn func(context.Context) error, ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("postgres: panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(ctx)
}

// do runs one call; when it fails, nothing of it is left.
func (t *tx) do(fn func(context.Context) error) error {
	defer func() { t.over = true }()
	err := call(fn, store.WithTx(t.ctx, t))
	if err != nil {
		t.undo()
	} else {
		t.keep()
	}
	return err
}
