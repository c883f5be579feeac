// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/airside-travel/airside/internal/clock"
)

// patience is how long a server may be silent before its connection is given up. It is longer than
// lockWait, so that a server that waits for a lock can say so.
const patience = 30 * time.Second

// conn is one connection with its prepared statements. One goroutine uses it at a time. Values
// travel in the binary format, and are int64, string and []byte only.
type conn struct {
	raw     *pgconn.PgConn
	clock   clock.Clock
	stmts   map[string]*pgconn.StatementDescription
	numbers []byte   // scratch: the int64 arguments of one statement
	values  [][]byte // scratch: its arguments
	made    int      // the pool's generation
}

// command is a statement with its arguments.
type command struct {
	text    string
	args    []any
	changed int64 // rows, once it has run
}

//nolint:gochecknoglobals // a constant
var binaryFormat = []int16{1}

// run sends commands in one go and reads what comes back. fn gets the rows, each with the number of its
// command, until it returns false. After an error of the server nothing later has run.
func (c *conn) run(commands []command, fn func(i int, r *row) (bool, error)) error {
	ctx := context.Background() // a context that ends would close the connection
	if err := c.raw.Conn().SetDeadline(c.clock.Now().Add(patience)); err != nil {
		return err
	}
	var batch pgconn.Batch
	for i := range commands {
		if err := c.append(ctx, &batch, &commands[i]); err != nil {
			return err
		}
	}
	results := c.raw.ExecBatch(ctx, &batch)
	defer func() { _ = results.Close() }() // when fn panics, what is left must be read all the same
	var failed error
	more := true
	r := new(row)
	for i := 0; results.NextResult(); i++ {
		reader := results.ResultReader()
		for n := 1; failed == nil && more && fn != nil && reader.NextRow(); n++ {
			r.values = reader.Values()
			more, failed = fn(i, r)
			if failed == nil && n%256 == 0 {
				failed = c.raw.Conn().SetDeadline(c.clock.Now().Add(patience))
			}
		}
		tag, err := reader.Close()
		if err != nil {
			break // Close of the batch repeats it
		}
		commands[i].changed = tag.RowsAffected()
	}
	if err := results.Close(); err != nil {
		return err
	}
	return failed
}

func (c *conn) append(ctx context.Context, b *pgconn.Batch, cmd *command) error {
	s, ok := c.stmts[cmd.text]
	if !ok {
		var err error
		if s, err = c.raw.Prepare(ctx, "s"+strconv.Itoa(len(c.stmts)), cmd.text, nil); err != nil {
			return fmt.Errorf("%s: %w", cmd.text, err)
		}
		c.stmts[cmd.text] = s
	}
	if need := 8 * len(cmd.args); cap(c.numbers) < need {
		c.numbers = make([]byte, 0, 2*need)
	}
	c.numbers, c.values = c.numbers[:0], c.values[:0]
	for _, a := range cmd.args {
		switch v := a.(type) {
		case int64:
			c.numbers = binary.BigEndian.AppendUint64(c.numbers, uint64(v))
			c.values = append(c.values, c.numbers[len(c.numbers)-8:])
		case string:
			c.values = append(c.values, encodeText(v))
		case []byte:
			if v == nil {
				v = []byte{} // nil would be NULL, which nothing is
			}
			c.values = append(c.values, v)
		default:
			return fmt.Errorf("%s: an argument is a %T", cmd.text, a)
		}
	}
	b.ExecStatement(s, c.values, binaryFormat, binaryFormat)
	return nil
}

// usable reports whether another transaction may begin on the connection.
func (c *conn) usable() bool {
	return !c.raw.IsClosed() && !c.raw.IsBusy() && c.raw.TxStatus() == 'I'
}

func (c *conn) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.raw.Close(ctx) // it says goodbye to the server; nothing depends on it
}

// row is one row of a result.
type row struct{ values [][]byte }

// clone is the row in memory of its own.
func (r *row) clone() *row {
	size := 0
	for _, v := range r.values {
		size += len(v)
	}
	all, out := make([]byte, 0, size), &row{values: make([][]byte, len(r.values))}
	for i, v := range r.values {
		all = append(all, v...)
		out.values[i] = all[len(all)-len(v) : len(all) : len(all)]
	}
	return out
}

func (r *row) Int(i int) int64 {
	switch b := r.values[i]; len(b) {
	case 8:
		return int64(binary.BigEndian.Uint64(b))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b)))
	}
	return 0
}

func (r *row) Text(i int) string { return decodeText(r.values[i]) }

func (r *row) Blob(i int) []byte { return r.values[i] }
