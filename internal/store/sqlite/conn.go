// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	driverpkg "modernc.org/sqlite"

	"github.com/airside-travel/airside/internal/store"
)

// The driver is used directly and only in this file: database/sql would put locks, reflection and a
// pool around connections that are pinned to one goroutine at a time anyway.

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

func code(err error) int {
	if e, ok := errors.AsType[*driverpkg.Error](err); ok {
		return e.Code() & 0xff
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
	raw   driver.Conn
	stmts map[string]*stmt
}

type stmt struct {
	raw  rawStmt
	args []driver.NamedValue
	dest row
}

type rawStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

func dial(ctx context.Context, connector driver.Connector, pragmas ...string) (*conn, error) {
	raw, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c := &conn{raw: raw, stmts: map[string]*stmt{}}
	for _, p := range pragmas {
		if err := c.script("PRAGMA " + p); err != nil {
			_ = raw.Close()
			return nil, fmt.Errorf("PRAGMA %s: %w", p, err)
		}
	}
	return c, nil
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.raw.Close())
	}
	return errors.Join(append(errs, c.raw.Close())...)
}

// script runs statements that are not worth keeping prepared.
func (c *conn) script(text string) error {
	_, err := c.raw.(driver.ExecerContext).ExecContext(context.Background(), text, nil)
	return err
}

// prepare compiles a statement of sqltext the first time this connection runs it.
func (c *conn) prepare(text string, args []any) (*stmt, error) {
	s, ok := c.stmts[text]
	if !ok {
		raw, err := c.raw.Prepare(strings.ReplaceAll(text, "$", "?"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		s = &stmt{raw: raw.(rawStmt)}
		c.stmts[text] = s
	}
	s.args = s.args[:0]
	for i, a := range args {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return s, nil
}

// exec runs a statement and returns how many rows it changed and the last row id it inserted.
func (c *conn) exec(text string, args ...any) (changed, id int64, err error) {
	s, err := c.prepare(text, args)
	if err != nil {
		return 0, 0, err
	}
	res, err := s.raw.ExecContext(context.Background(), s.args)
	if err != nil {
		return 0, 0, err
	}
	changed, _ = res.RowsAffected() // the driver has both at hand
	id, _ = res.LastInsertId()
	return changed, id, nil
}

// row is one row of a result; its columns are int64, string or []byte.
type row []driver.Value

func (r *row) Int(i int) int64   { v, _ := (*r)[i].(int64); return v }
func (r *row) Text(i int) string { v, _ := (*r)[i].(string); return v }
func (r *row) Blob(i int) []byte { v, _ := (*r)[i].([]byte); return v }

// first returns the first row, nil when there is none; it is valid until the statement runs again.
func (c *conn) first(text string, args ...any) (*row, error) {
	var out *row
	err := c.each(func(r *row) (bool, error) { out = r; return false, nil }, text, args...)
	return out, err
}

// each calls fn for every row until it returns false. The row is valid until the next one.
func (c *conn) each(fn func(*row) (bool, error), text string, args ...any) (err error) {
	s, err := c.prepare(text, args)
	if err != nil {
		return err
	}
	rows, err := s.raw.QueryContext(context.Background(), s.args)
	if err != nil {
		return err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	if s.dest == nil {
		s.dest = make(row, len(rows.Columns()))
	}
	for {
		if err := rows.Next(s.dest); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if more, err := fn(&s.dest); err != nil || !more {
			return err
		}
	}
}
