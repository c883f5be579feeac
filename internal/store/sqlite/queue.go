// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/airside-travel/airside/internal/store"
)

// groupMax bounds a group, and so how long its first caller waits.
const groupMax = 128

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

// queue is where calls of Update wait for the writer.
type queue struct {
	mu     sync.Mutex
	wake   sync.Cond
	ops    []*op
	max    int // of a group
	closed bool
}

func newQueue(limit int) *queue {
	q := &queue{max: limit}
	q.wake.L = &q.mu
	return q
}

func (q *queue) put(o *op) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return store.Unavailable(store.ErrClosed)
	}
	q.ops = append(q.ops, o)
	q.wake.Signal()
	return nil
}

// await waits for a call; false when the queue is closed and empty.
func (q *queue) await() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.ops) == 0 {
		if q.closed {
			return false
		}
		q.wake.Wait()
	}
	return true
}

// waiting is how many calls wait.
func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.ops)
}

// take returns up to q.max of the calls that wait, in the order they came.
func (q *queue) take(into []*op) []*op {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.ops), q.max)
	into = append(into[:0], q.ops[:n]...)
	rest := copy(q.ops, q.ops[n:])
	clear(q.ops[rest:])
	q.ops = q.ops[:rest]
	return into
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake.Broadcast()
}
