// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// ErrNotEmpty says that there are rows where a copy is to go.
var ErrNotEmpty = errors.New("postgres: the database is not empty")

const (
	importRows  = 500     // sent in one go
	importBytes = 1 << 20 // or so many bytes

	headsImport = `INSERT INTO tenant_head (tenant, ord, event_seq, audit_seq, audit_hash)
SELECT k.tenant, COALESCE((SELECT MAX(e.ord) FROM entity e WHERE e.tenant = k.tenant), 0),
COALESCE((SELECT MAX(v.seq) FROM event v WHERE v.tenant = k.tenant), 0),
COALESCE((SELECT MAX(a.seq) FROM audit a WHERE a.tenant = k.tenant), 0),
COALESCE((SELECT a.hash FROM audit a WHERE a.tenant = k.tenant ORDER BY a.seq DESC LIMIT 1), '') FROM tenant_key k`
)

// Import is a transaction that fills an empty database with rows as another engine stored them.
type Import struct {
	c       *conn
	pending []command
	size    int
}

// Import runs fn in such a transaction. When fn returns an error nothing is left. ErrNotEmpty.
func (s *Store) Import(ctx context.Context, fn func(*Import) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	c, err := s.writers.get(ctx)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer s.writers.put(c) // which closes it, and so undoes everything, unless it was committed
	im := &Import{c: c}
	if err := im.begin(); err != nil {
		return err
	}
	if err := fn(im); err != nil {
		return err
	}
	if err := im.send(command{text: headsImport}, command{text: commit}); err != nil {
		return fmt.Errorf("postgres: commit the copy: %w", err)
	}
	for _, t := range sqltext.Tables() { // so that the first plans are made with the rows in mind
		if err := im.send(command{text: `ANALYZE ` + t.Name}); err != nil {
			return err
		}
	}
	return nil
}

func (im *Import) begin() error {
	commands := []command{{text: begin}}
	for _, t := range sqltext.Tables() {
		commands = append(commands, command{text: t.Count()})
	}
	full := 0
	err := im.c.run(commands, func(i int, r *row) (bool, error) {
		if r.Int(0) > 0 && full == 0 {
			full = i
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if full > 0 {
		return fmt.Errorf("%w: %s has rows", ErrNotEmpty, sqltext.Tables()[full-1].Name)
	}
	return nil
}

// Add writes one row with the columns of t. It keeps values.
func (im *Import) Add(t sqltext.Table, values []any) error {
	im.pending = append(im.pending, command{text: t.Insert(), args: values})
	for _, v := range values {
		if b, ok := v.([]byte); ok {
			im.size += len(b)
		}
	}
	if len(im.pending) < importRows && im.size < importBytes {
		return nil
	}
	return im.send()
}

func (im *Import) send(more ...command) error {
	if err := im.c.run(append(im.pending, more...), nil); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	clear(im.pending)
	im.pending, im.size = im.pending[:0], 0
	return nil
}

// Each reads rows back.
func (im *Import) Each(fn func(sqlread.Row) error, text string) error {
	if err := im.send(); err != nil {
		return err
	}
	return im.c.run([]command{{text: text}}, func(_ int, r *row) (bool, error) { return true, fn(r) })
}
