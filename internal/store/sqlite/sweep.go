// SPDX-License-Identifier: Apache-2.0

package sqlite

import "sync"

// The log is moved into the file beside the writer, not by it: a checkpoint synchronises the file,
// and callers should not wait for that. The writer only finishes the last few pages, because the
// log starts over only when all of it has been moved between two commits.
const (
	sweepEvery = 64   // commits between looks at the log
	sweepPages = 1000 // pages in the log worth moving: 4 MB
)

// sweeper moves the log into the file in the background.
type sweeper struct {
	c       *conn
	wake    chan struct{}
	ended   sync.WaitGroup
	commits int       // since the last look; the writer's
	swept   chan bool // tells the writer that the log was moved while it wrote
}

func newSweeper(c *conn) *sweeper {
	w := &sweeper{c: c, wake: make(chan struct{}, 1), swept: make(chan bool, 1)}
	w.ended.Go(func() {
		for range w.wake {
			got, err := w.c.first("PRAGMA wal_checkpoint(PASSIVE)")
			if err != nil || got.Int(1) < sweepPages {
				continue // a failing disk shows at the next commit too, where somebody waits for it
			}
			select {
			case w.swept <- true:
			default:
			}
		}
	})
	return w
}

// committed is called by the writer between groups.
func (w *sweeper) committed(writer *conn) {
	select {
	case <-w.swept:
		_, _ = writer.first("PRAGMA wal_checkpoint(PASSIVE)") // what fails here is tried again at the next look
		w.commits = 0
		return
	default:
	}
	if w.commits++; w.commits >= sweepEvery {
		w.commits = 0
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

func (w *sweeper) close() error {
	close(w.wake)
	w.ended.Wait()
	return w.c.close()
}
