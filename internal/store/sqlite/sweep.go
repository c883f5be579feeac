// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/airside-travel/airside/internal/store"
)

// The log is moved into the file beside the writer, not by it: a checkpoint synchronises the file,
// and callers should not wait for that. The writer only finishes the last few pages, because the
// log starts over only when all of it has been moved between two commits.
const (
	sweepEvery = 64       // commits between looks at the log
	sweepBytes = 4 << 20  // or what was written meanwhile
	sweepMost  = 64 << 20 // from here on the writer moves the log itself, or a long load would let it grow without end
	sweepPages = 1000     // pages in the log worth moving: 4 MB
)

// sweeper moves the log into the file in the background.
type sweeper struct {
	c       *conn
	wake    chan struct{}
	ended   sync.WaitGroup
	commits int       // since the last look; the writer's
	looked  int64     // bytes that were bound until then
	moved   int64     // and until the writer has moved the log last
	swept   chan bool // tells the writer that the log was moved while it wrote
	moving  sync.Mutex
	failed  atomic.Pointer[error]
	cut     atomic.Bool // the log is to be emptied, see empty
}

func newSweeper(c *conn) *sweeper {
	w := &sweeper{c: c, wake: make(chan struct{}, 1), swept: make(chan bool, 1)}
	w.ended.Go(func() {
		for range w.wake {
			w.moving.Lock()
			pages := w.move(w.c)
			w.moving.Unlock()
			if pages < sweepPages {
				continue
			}
			select {
			case w.swept <- true:
			default:
			}
		}
	})
	return w
}

// move moves what it can and returns how many pages the log has. w.moving is held.
//
// After a failure of the disk it never runs again, and the database is not closed in good order, which
// would run it too: SQLite writes a page once and synchronises the file perhaps only with the next
// pages. A second try would not write again what the kernel dropped when the first one failed, and then
// give up the log. A restart begins at the start of the log.
func (w *sweeper) move(c *conn) int64 {
	if w.trouble() != nil {
		return 0
	}
	text, done := w.checkpoint(c)
	defer done()
	got, err := c.first(text)
	if err != nil {
		if inTrouble(err) {
			err = store.Unavailable(fmt.Errorf("sqlite: the disk failed, restart needed: checkpoint: %w", err))
			w.failed.Store(&err)
		}
		return 0 // a full disk: tried again at the next look
	}
	if c == w.c && got.Int(0) == 0 && text != passive {
		w.cut.Store(false)
	}
	return got.Int(1)
}

const passive = "PRAGMA wal_checkpoint(PASSIVE)"

// trouble is why nothing may be written any more.
func (w *sweeper) trouble() error {
	if err := w.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// committed is called by the writer between groups.
func (w *sweeper) committed(writer *conn) {
	select {
	case <-w.swept:
		if w.moving.TryLock() {
			w.finish(writer)
		}
		return
	default:
	}
	if writer.bound-w.moved >= sweepMost {
		w.moving.Lock()
		w.finish(writer)
		return
	}
	if w.commits++; w.commits >= sweepEvery || writer.bound-w.looked >= sweepBytes {
		w.commits, w.looked = 0, writer.bound
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// finish moves what is left, and gives w.moving back.
func (w *sweeper) finish(writer *conn) {
	w.move(writer)
	w.moving.Unlock()
	w.commits, w.looked, w.moved = 0, writer.bound, writer.bound
}

// stop waits until nothing is being moved.
func (w *sweeper) stop() {
	close(w.wake)
	w.ended.Wait()
}
