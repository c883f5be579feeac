// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/airside-travel/airside/internal/clock"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// What Open refuses.
var (
	ErrMasterKey = errors.New("postgres: this is not the master key the database was created with")
	ErrForeign   = errors.New("postgres: the schema holds tables of another program")
	ErrNewer     = errors.New("postgres: the database was written by a newer version of this program")
	ErrUnsafe    = errors.New("postgres: the server would lose what it acknowledged")
)

// Options say where the data is.
type Options struct {
	URL       string // postgres://user:password@host:port/database?sslmode=…
	MasterKey []byte // 32 bytes, the same for all processes that share the database
	Writers   int    // connections for Update, 8 when zero
	Readers   int    // connections for View, 8 when zero
}

const (
	connectWait = 5 * time.Second
	markAge     = 7 * 24 * time.Hour // marks of processes that ended are deleted after this time
)

// What every connection is told. A transaction may not wait for a lock, nor hold one while its process is
// frozen, for longer than others should wait for it.
//
//nolint:gochecknoglobals // a constant
var parameters = map[string]string{
	"client_encoding":                     "UTF8",
	"lock_timeout":                        "10s",
	"idle_in_transaction_session_timeout": "15s",
}

// Store is an open database. It implements store.Store.
type Store struct {
	master  *seal.Master
	clock   clock.Clock
	config  *pgx.ConnConfig
	node    string // this process, in its marks
	marks   atomic.Int64
	pages   sqlread.Pages
	writers *pool
	readers *pool
	keys    sync.Map   // tenant -> *seal.Key, of committed keys
	chains  sync.Map   // tenant -> *store.AuditEntry, the newest one that this process committed
	tenants sync.Map   // tenant -> *sync.Mutex, held by the transaction of this process that uses it
	hooks   sync.Mutex // held while the hooks of a group run

	laneMu sync.Mutex
	lanes  map[string]*lane

	mu     sync.Mutex
	calls  int
	closed bool
	idle   chan struct{} // closed when the last call of a closed store ends
	done   chan struct{} // closed when everything is released

	asking chan struct{} // holds one while Ready waits for the server
}

var _ store.Store = (*Store)(nil)

// Open connects to a database and brings its schema up to date.
func Open(ctx context.Context, o Options) (_ *Store, err error) {
	s := &Store{
		clock: clock.System(), node: ids.UUID(), lanes: map[string]*lane{},
		idle: make(chan struct{}), done: make(chan struct{}), asking: make(chan struct{}, 1),
	}
	if s.master, err = seal.NewMaster(o.MasterKey); err != nil {
		return nil, err
	}
	if s.config, err = pgx.ParseConfig(o.URL); err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	maps.Copy(s.config.RuntimeParams, parameters)
	if s.config.RuntimeParams["application_name"] == "" {
		s.config.RuntimeParams["application_name"] = "airside"
	}
	if s.config.ConnectTimeout == 0 || s.config.ConnectTimeout > connectWait {
		s.config.ConnectTimeout = connectWait
	}
	if s.config.ValidateConnect == nil {
		s.config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	s.writers = newPool(atLeast(o.Writers, 8), s.dial)
	s.readers = newPool(atLeast(o.Readers, 8), s.dial)
	return s, nil
}

func atLeast(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

func (s *Store) dial(ctx context.Context) (*conn, error) {
	raw, err := pgconn.ConnectConfig(ctx, &s.config.Config)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &conn{raw: raw, clock: s.clock, stmts: map[string]*pgconn.StatementDescription{}}, nil
}

// prepare makes sure that the database can be used, and is ours and current.
func (s *Store) prepare(ctx context.Context) error {
	c, err := s.dial(ctx)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer c.close()
	if err := s.durable(c); err != nil {
		return err
	}
	if err := s.migrate(ctx, c); err != nil {
		return err
	}
	if err := s.prove(c); err != nil {
		return err
	}
	old := s.clock.Now().Add(-markAge).UnixMicro()
	if err := c.run([]command{{text: markPrune, args: []any{old}}}, nil); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

// durable has the server write what it commits before it says so.
func (s *Store) durable(c *conn) error {
	const settings = `SELECT current_setting('fsync', true), current_setting('synchronous_commit', true), current_setting('server_encoding', true)`
	var fsync, synchronous, encoding string
	err := c.run([]command{{text: settings}}, func(_ int, r *row) (bool, error) {
		fsync, synchronous, encoding = r.Text(0), r.Text(1), r.Text(2)
		return false, nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("postgres: %w", err)
	case fsync == "off":
		return fmt.Errorf("%w: it runs with fsync=off", ErrUnsafe)
	case encoding != "" && encoding != "UTF8":
		return fmt.Errorf("postgres: the database has the encoding %s; create it with UTF8", encoding)
	case synchronous == "off":
		s.config.RuntimeParams["synchronous_commit"] = "on"
	}
	return nil
}

// prove compares the master key with the one the database was created with.
func (s *Store) prove(c *conn) error {
	const name = "master key"
	var proof []byte
	err := c.run([]command{
		{text: sqltext.MetaPut + sqltext.IfFree, args: []any{name, s.master.Proof()}}, {text: sqltext.MetaGet, args: []any{name}},
	}, func(_ int, r *row) (bool, error) {
		proof = r.clone().Blob(0)
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if s.master.Prove(proof) != nil {
		return ErrMasterKey
	}
	return nil
}

func (s *Store) tenantLock(tenant string) *sync.Mutex {
	if m, ok := s.tenants.Load(tenant); ok {
		return m.(*sync.Mutex)
	}
	m, _ := s.tenants.LoadOrStore(tenant, new(sync.Mutex))
	return m.(*sync.Mutex)
}

// enter counts a call in, unless the store is closed.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	s.calls++
	return nil
}

func (s *Store) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls--; s.calls == 0 && s.closed {
		close(s.idle)
	}
}

// Close waits for transactions that run or wait, and closes the connections.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		<-s.done
		return nil
	}
	s.closed = true
	if s.calls == 0 {
		close(s.idle)
	}
	s.mu.Unlock()
	<-s.idle
	s.writers.purge()
	s.readers.purge()
	close(s.done)
	return nil
}
