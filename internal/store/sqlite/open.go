// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// What Open refuses.
var (
	ErrLocked    = errors.New("sqlite: another process has this database open")
	ErrMasterKey = errors.New("sqlite: this is not the master key the database was created with")
	ErrForeign   = errors.New("sqlite: the file is a database of another program")
	ErrNewer     = errors.New("sqlite: the database was written by a newer version of this program")
	ErrNetwork   = errors.New("sqlite: the file is on a network file system, where a write-ahead log is not safe")
)

// Options say where the data is.
type Options struct {
	Path      string // the database file, created when absent; beside it live -wal, -shm and .lock
	Memory    bool   // keep everything in this process instead
	MasterKey []byte // 32 bytes; in memory mode nil draws one
	Readers   int    // connections for View, 4 when zero

	single  bool // one call for each commit; only tests can set it, for comparison
	relaxed bool // synchronous=NORMAL; only a build with the tag fuse can set it, for the control of test/fault/powercut
}

// applicationID marks our files ("AIRS"), so that no other database is taken for one.
const applicationID = 0x41495253

const (
	cachePragma = "cache_size=-1024" // 1 MB for each connection: the kernel keeps the pages, too
	waitPragma  = "busy_timeout=10000"
)

// Store is an open database. It implements store.Store.
type Store struct {
	master  *seal.Master
	keys    sync.Map             // tenant -> *seal.Key, of committed keys
	pending map[string]*seal.Key // the writer's: keys made in the running group
	tails   map[string]*tail     // the writer's: where the events and the audit trails of tenants end
	tallies sqlread.TallySum     // the writer's: what the running group has still to write
	careful int                  // the writer's: how many groups more have savepoints
	queue   *queue
	writer  *conn
	stopped chan struct{} // closed when the writer has ended
	readers *pool
	memory  *sync.RWMutex // in memory mode, keeps readers out while a group is written
	sweep   *sweeper      // nil in memory mode
	lock    *os.File      // nil in memory mode
	pages   sqlread.Pages
	erasing bool                  // the writer's: this group overwrites what it frees
	broken  atomic.Pointer[error] // set by the writer when the disk failed; it then refuses everything

	mu     sync.Mutex
	views  int
	closed bool
	idle   chan struct{} // closed when the last View of a closed store ends
}

var _ store.Store = (*Store)(nil)

// Open opens or creates a database and brings its schema up to date.
func Open(ctx context.Context, o Options) (_ *Store, err error) {
	limit := groupMax
	if o.single {
		limit = 1
	}
	s := &Store{pending: map[string]*seal.Key{}, tails: map[string]*tail{}, queue: newQueue(limit), stopped: make(chan struct{}), idle: make(chan struct{})}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	s.readers = newPool(o.Readers)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	dsn := "file:/airside-" + rand.Text() + "?vfs=memdb"
	if o.Memory {
		s.memory = new(sync.RWMutex)
		if o.MasterKey == nil {
			o.MasterKey = seal.RandomMaster()
		}
	} else {
		if s.lock, err = claim(o.Path); err != nil {
			return nil, err
		}
		if err := relog(o.Path); err != nil {
			return nil, err
		}
		if dsn, err = fileName(o.Path); err != nil {
			return nil, err
		}
	}
	if s.master, err = seal.NewMaster(o.MasterKey); err != nil {
		return nil, err
	}
	if err := s.connect(ctx, dsn, o); err != nil {
		return nil, err
	}
	go s.write()
	return s, nil
}

func (s *Store) connect(ctx context.Context, dsn string, o Options) (err error) {
	modes := []string{waitPragma, "journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0"}
	if o.relaxed {
		modes[2] = "synchronous=NORMAL"
	}
	if o.Memory {
		modes = []string{"journal_mode=MEMORY", "synchronous=OFF"}
	}
	modes = append(modes, cachePragma, "temp_store=MEMORY", "trusted_schema=OFF")
	if s.writer, err = dial(dsn, modes...); err != nil {
		return fmt.Errorf("sqlite: open %s: %w", o.Path, err)
	}
	if err := migrate(ctx, s.writer, dsn); err != nil {
		return err
	}
	if err := s.prove(); err != nil {
		return err
	}
	for range o.Readers {
		c, err := dial(dsn, waitPragma, "query_only=ON", cachePragma, "temp_store=MEMORY", "trusted_schema=OFF")
		if err != nil {
			return fmt.Errorf("sqlite: open a reader of %s: %w", o.Path, err)
		}
		s.readers.give(c)
	}
	if !o.Memory {
		c, err := dial(dsn, waitPragma, "cache_size=-256")
		if err != nil {
			return fmt.Errorf("sqlite: open %s: %w", o.Path, err)
		}
		s.sweep = newSweeper(c)
	}
	return nil
}

// prove compares the master key with the one the database was created with.
func (s *Store) prove() error {
	const name = "master key"
	r, err := s.writer.first(sqltext.MetaGet, name)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if r == nil {
		_, _, err := s.writer.exec(sqltext.MetaPut, name, s.master.Proof())
		return err
	}
	if s.master.Prove(r.Blob(0)) != nil {
		return ErrMasterKey
	}
	return nil
}

func fileName(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("sqlite: %w", err)
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs)}).String(), nil
}

// claim makes sure that this process alone uses the file, and that it can be used at all.
func claim(path string) (*os.File, error) {
	if path == "" {
		return nil, errors.New("sqlite: no path given")
	}
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	if err := errors.Join(local(f), tryLock(f)); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	// SQLite would create it readable for others, and gives its log the same permissions.
	db, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: %w", err), f.Close())
	}
	return f, db.Close()
}

// Close waits for transactions that run or wait, and moves the log into the file.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		<-s.stopped
		return nil
	}
	s.closed = true
	if s.views == 0 {
		close(s.idle)
	}
	s.mu.Unlock()
	s.queue.close()
	<-s.stopped
	<-s.idle
	return s.release()
}

func (s *Store) release() error {
	var errs []error
	if s.sweep != nil {
		s.sweep.stop()
		if err := s.trouble(); err != nil {
			// Closing would move the log into a file that can no longer be trusted, and delete it. The
			// lock stays too, so that this process cannot open it again.
			return err
		}
		errs = append(errs, s.sweep.c.close())
	}
	errs = append(errs, s.readers.close())
	if s.writer != nil {
		errs = append(errs, s.writer.close()) // the last connection: SQLite removes the log
	}
	if s.lock != nil {
		errs = append(errs, unlock(s.lock))
	}
	return errors.Join(errs...)
}
