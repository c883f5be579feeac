// SPDX-License-Identifier: Apache-2.0

package sqlite

// Erase turns on the overwriting of what is freed, for the group that this transaction is part of: for every
// transaction it would cost a tenth of all writing.
func (t *tx) Erase() error {
	c, err := t.open()
	if err != nil {
		return err
	}
	t.s.erasing = true
	return c.script("PRAGMA secure_delete=ON")
}

// erased ends what Erase began, and has the log emptied: it holds the pages as they were. s.writer is idle.
func (s *Store) erased() {
	if !s.erasing {
		return
	}
	s.erasing = false
	_ = s.writer.script("PRAGMA secure_delete=OFF") // it concerns the connection only and cannot fail for the disk's sake
	if s.sweep != nil {
		s.sweep.empty()
	}
}

// emptyWait is how long emptying the log may wait for readers of older states, and writers for it.
const emptyWait = "PRAGMA busy_timeout=100"

// empty asks for the log to be moved and cut to nothing at the next looks, until no reader needs it.
func (w *sweeper) empty() {
	w.cut.Store(true)
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// checkpoint is the statement that moves the log now.
func (w *sweeper) checkpoint(c *conn) (string, func()) {
	if c != w.c || !w.cut.Load() {
		return passive, func() {}
	}
	_ = c.script(emptyWait)
	return "PRAGMA wal_checkpoint(TRUNCATE)", func() { _ = c.script("PRAGMA " + waitPragma) }
}
