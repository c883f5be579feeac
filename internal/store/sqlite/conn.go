// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/airside-travel/airside/internal/store"
)

// SQLite's own interface is called, and only here and in stmt.go: database/sql and the driver beneath it would put
// locks, reflection, a pool and an allocation for every argument around connections that are pinned to one goroutine
// at a time anyway. That was a fifth of what a small write costs.

// SQLite's primary result codes that mean the file or the disk is in trouble.
const (
	codeBusy     = 5
	codeNoMemory = 7
	codeReadOnly = 8
	codeIOErr    = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// failure is an error of SQLite.
type failure struct {
	code int // the extended result code
	text string
}

// Error is in SQLite's words.
func (e *failure) Error() string { return fmt.Sprintf("%s (%d)", e.text, e.code) }

func code(err error) int {
	if e, ok := errors.AsType[*failure](err); ok {
		return e.code & 0xff
	}
	return 0
}

// inTrouble reports whether after this error the file can no longer be trusted to take writes.
func inTrouble(err error) bool {
	switch code(err) {
	case codeIOErr, codeCorrupt, codeNotADB:
		return true
	}
	return false
}

// explain says of the error of a writing statement whether the store is to blame.
func explain(err error) error {
	switch code(err) {
	case codeBusy, codeNoMemory, codeReadOnly, codeIOErr, codeFull, codeCantOpen:
		return store.Unavailable(fmt.Errorf("sqlite: %w", err))
	}
	return fmt.Errorf("sqlite: %w", err)
}

// conn is one connection with its prepared statements. One goroutine uses it at a time.
type conn struct {
	tls   *libc.TLS
	db    uintptr
	words uintptr // memory of SQLite for two pointers
	bound int64   // bytes that were handed over so far
	stmts map[string]*stmt
}

// dial opens a database by its path or URI.
func dial(name string, pragmas ...string) (*conn, error) {
	c := &conn{tls: libc.NewTLS(), stmts: map[string]*stmt{}}
	c.words = sqlite3.Xsqlite3_malloc(c.tls, int32(2*unsafe.Sizeof(c.words)))
	if c.words == 0 {
		c.tls.Close()
		return nil, errNoMemory()
	}
	err := c.lend(name, func(name uintptr) error {
		const flags = sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE | sqlite3.SQLITE_OPEN_URI | sqlite3.SQLITE_OPEN_NOMUTEX
		rc := sqlite3.Xsqlite3_open_v2(c.tls, name, c.words, flags, 0)
		c.db = *(*uintptr)(at(c.words)) // there after a failure too, for the reason
		return c.check(rc)
	})
	if err == nil {
		err = c.check(sqlite3.Xsqlite3_extended_result_codes(c.tls, c.db, 1))
	}
	for i := 0; err == nil && i < len(pragmas); i++ {
		if err = c.script("PRAGMA " + pragmas[i]); err != nil {
			err = fmt.Errorf("PRAGMA %s: %w", pragmas[i], err)
		}
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *conn) close() error {
	for _, s := range c.stmts {
		s.free()
	}
	err := c.check(sqlite3.Xsqlite3_close_v2(c.tls, c.db))
	sqlite3.Xsqlite3_free(c.tls, c.words)
	c.tls.Close()
	return err
}

// script runs statements that are not worth keeping prepared.
func (c *conn) script(text string) error {
	return c.lend(text, func(p uintptr) error {
		for *(*byte)(at(p)) != 0 {
			raw, rest, err := c.compile(p, 0)
			if err != nil {
				return err
			}
			p = rest
			if raw == 0 {
				continue // a comment
			}
			rc := int32(sqlite3.SQLITE_ROW)
			for rc == sqlite3.SQLITE_ROW {
				rc = sqlite3.Xsqlite3_step(c.tls, raw)
			}
			if err := c.check(sqlite3.Xsqlite3_finalize(c.tls, raw)); err != nil {
				return err
			}
		}
		return nil
	})
}

// inTransaction reports whether a transaction is open: after some errors SQLite ends it.
func (c *conn) inTransaction() bool { return sqlite3.Xsqlite3_get_autocommit(c.tls, c.db) == 0 }

// compile prepares the first of some statements, 0 when there is none, and tells where the rest begins.
func (c *conn) compile(text uintptr, flags uint32) (raw, rest uintptr, err error) {
	words := (*[2]uintptr)(at(c.words))
	rc := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, text, -1, flags, c.words, c.words+unsafe.Sizeof(raw))
	return words[0], words[1], c.check(rc)
}

// check is the error of a result code.
func (c *conn) check(rc int32) error {
	if rc == sqlite3.SQLITE_OK {
		return nil
	}
	e := &failure{int(rc), goText(sqlite3.Xsqlite3_errstr(c.tls, rc))}
	if c.db != 0 {
		if more := goText(sqlite3.Xsqlite3_errmsg(c.tls, c.db)); more != e.text {
			e.text += ": " + more
		}
	}
	return e
}

func errNoMemory() error { return &failure{codeNoMemory, "out of memory"} }

// at makes a pointer of an address, which is outside of Go's memory.
func at(p uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&p)) //nolint:gosec // that is how one talks to SQLite
}

// goText copies a text that ends with a zero.
func goText(p uintptr) string {
	var b strings.Builder
	for ; p != 0 && *(*byte)(at(p)) != 0; p++ {
		b.WriteByte(*(*byte)(at(p)))
	}
	return b.String()
}

// lend gives fn a copy of a text that ends with a zero.
func (c *conn) lend(text string, fn func(p uintptr) error) error {
	p := sqlite3.Xsqlite3_malloc(c.tls, int32(len(text)+1)) //nolint:gosec // our own statements and paths
	if p == 0 {
		return errNoMemory()
	}
	defer sqlite3.Xsqlite3_free(c.tls, p)
	b := unsafe.Slice((*byte)(at(p)), len(text)+1) //nolint:gosec // so long it is
	b[copy(b, text)] = 0
	return fn(p)
}
