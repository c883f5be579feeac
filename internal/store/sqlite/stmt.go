// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"fmt"
	"strings"
	"unsafe"

	sqlite3 "modernc.org/sqlite/lib"
)

// stmt is a prepared statement. Texts and bytes are bound where they lie in memory that it keeps: the garbage
// collector must not know what SQLite points to.
type stmt struct {
	c      *conn
	raw    uintptr
	params int
	memory uintptr
	size   int
	row    row
}

// spare is how much memory a statement may keep between its runs.
const spare = 1 << 20

// statement gives the prepared statement of a text of sqltext, which it compiles the first time.
func (c *conn) statement(text string) (*stmt, error) {
	if s, ok := c.stmts[text]; ok {
		return s, nil
	}
	s := &stmt{c: c}
	err := c.lend(strings.ReplaceAll(text, "$", "?"), func(p uintptr) (err error) {
		s.raw, _, err = c.compile(p, sqlite3.SQLITE_PREPARE_PERSISTENT)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	s.params = int(sqlite3.Xsqlite3_bind_parameter_count(c.tls, s.raw))
	s.row.cells = make([]cell, sqlite3.Xsqlite3_column_count(c.tls, s.raw))
	c.stmts[text] = s
	return s, nil
}

func (s *stmt) free() {
	sqlite3.Xsqlite3_finalize(s.c.tls, s.raw) // repeats the error of the last run
	sqlite3.Xsqlite3_free(s.c.tls, s.memory)
}

// release gives memory back to which parameters may still point: they are not read before they are set anew.
func (s *stmt) release() {
	sqlite3.Xsqlite3_free(s.c.tls, s.memory)
	s.memory, s.size = 0, 0
}

// exec runs a statement and returns how many rows it changed and the last row id it inserted.
func (c *conn) exec(text string, args ...any) (changed, id int64, err error) {
	s, err := c.statement(text)
	if err == nil {
		err = s.bind(args)
	}
	if err != nil {
		return 0, 0, err
	}
	rc := int32(sqlite3.SQLITE_ROW)
	for rc == sqlite3.SQLITE_ROW {
		rc = sqlite3.Xsqlite3_step(c.tls, s.raw)
	}
	err = c.check(sqlite3.Xsqlite3_reset(c.tls, s.raw)) // which repeats the error of the step
	if s.size > spare {
		s.release()
	}
	if err != nil {
		return 0, 0, err
	}
	return int64(sqlite3.Xsqlite3_changes(c.tls, c.db)), sqlite3.Xsqlite3_last_insert_rowid(c.tls, c.db), nil
}

// first returns the first row, nil when there is none; it is valid until the statement runs again.
func (c *conn) first(text string, args ...any) (*row, error) {
	var out *row
	err := c.each(func(r *row) (bool, error) { out = r; return false, nil }, text, args...)
	return out, err
}

// each calls fn for every row until it returns false. The row is valid until the next one.
func (c *conn) each(fn func(*row) (bool, error), text string, args ...any) (err error) {
	s, err := c.statement(text)
	if err == nil {
		err = s.bind(args)
	}
	if err != nil {
		return err
	}
	defer func() {
		if e := c.check(sqlite3.Xsqlite3_reset(c.tls, s.raw)); err == nil {
			err = e
		}
	}()
	for sqlite3.Xsqlite3_step(c.tls, s.raw) == sqlite3.SQLITE_ROW {
		s.fetch()
		if more, err := fn(&s.row); err != nil || !more {
			return err
		}
	}
	return nil // the end, or an error that the reset repeats
}

// bind sets all parameters.
func (s *stmt) bind(args []any) error {
	if len(args) != s.params {
		return fmt.Errorf("%d arguments for %d parameters", len(args), s.params)
	}
	need := 1 // an address for what is empty
	for _, a := range args {
		switch v := a.(type) {
		case string:
			need += len(v)
		case []byte:
			need += len(v)
		}
	}
	if need > s.size {
		s.release()
		s.size = 2 * need
		if s.memory = sqlite3.Xsqlite3_malloc(s.c.tls, int32(s.size)); s.memory == 0 { //nolint:gosec // what is stored is bounded far below
			s.size = 0
			return errNoMemory()
		}
	}
	s.c.bound += int64(need)
	used := 0
	memory := unsafe.Slice((*byte)(at(s.memory)), s.size) //nolint:gosec // so long it is
	for i, a := range args {
		var rc int32
		at, n := s.memory+uintptr(used), int32(i+1) //nolint:gosec // a few
		switch v := a.(type) {
		case int64:
			rc = sqlite3.Xsqlite3_bind_int64(s.c.tls, s.raw, n, v)
		case string:
			used += copy(memory[used:], v)
			rc = sqlite3.Xsqlite3_bind_text(s.c.tls, s.raw, n, at, int32(len(v)), sqlite3.SQLITE_STATIC) //nolint:gosec // see above
		case []byte:
			if v == nil {
				rc = sqlite3.Xsqlite3_bind_null(s.c.tls, s.raw, n)
				break
			}
			used += copy(memory[used:], v)
			rc = sqlite3.Xsqlite3_bind_blob(s.c.tls, s.raw, n, at, int32(len(v)), sqlite3.SQLITE_STATIC) //nolint:gosec // see above
		default:
			return fmt.Errorf("an argument is a %T", a)
		}
		if err := s.c.check(rc); err != nil {
			return err
		}
	}
	return nil
}

// row is one row of a result: numbers, texts and bytes.
type row struct {
	cells  []cell
	memory []byte // of the texts and bytes
}

type cell struct {
	number   int64
	from, to int
}

func (r *row) Int(i int) int64   { return r.cells[i].number }
func (r *row) Text(i int) string { return string(r.Blob(i)) }

func (r *row) Blob(i int) []byte {
	c := r.cells[i]
	if c.from == c.to {
		return nil
	}
	return r.memory[c.from:c.to:c.to]
}

// fetch copies the row on which the statement stands.
func (s *stmt) fetch() {
	r := &s.row
	if cap(r.memory) > spare {
		r.memory = nil
	}
	r.memory = r.memory[:0]
	for i := range r.cells {
		n := int32(i) //nolint:gosec // a few
		cell := cell{from: len(r.memory)}
		switch sqlite3.Xsqlite3_column_type(s.c.tls, s.raw, n) {
		case sqlite3.SQLITE_INTEGER:
			cell.number = sqlite3.Xsqlite3_column_int64(s.c.tls, s.raw, n)
		case sqlite3.SQLITE_TEXT, sqlite3.SQLITE_BLOB:
			p := sqlite3.Xsqlite3_column_blob(s.c.tls, s.raw, n) // of a text too: its bytes
			if size := sqlite3.Xsqlite3_column_bytes(s.c.tls, s.raw, n); p != 0 {
				r.memory = append(r.memory, unsafe.Slice((*byte)(at(p)), size)...) //nolint:gosec // so long it is
			}
		}
		cell.to = len(r.memory)
		r.cells[i] = cell
	}
}
