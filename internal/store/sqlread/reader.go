// SPDX-License-Identifier: Apache-2.0

package sqlread

import (
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// Row is one row of a result, valid until the next one or the next statement. NULL reads as zero.
type Row interface {
	Int(i int) int64
	Text(i int) string
	Blob(i int) []byte
}

// Source runs statements of sqltext in a transaction.
type Source interface {
	// Key is the tenant's key, nil when the tenant has never stored anything.
	Key(tenant string) (*seal.Key, error)
	// First reads one row about a tenant ("" for statements about none), nil when there is none.
	First(tenant, text string, args ...any) (Row, error)
	// Pages is what is remembered of long lists; nil in a transaction that writes.
	Pages() *Pages
	// Each reads the rows until fn says stop, or the caller's context ends.
	Each(tenant string, fn func(Row) (bool, error), text string, args ...any) error
}

// Reader answers store.Reader from a Source.
type Reader struct {
	Source
	seen *tally // what a view has read of its list; nil in a transaction that writes
}

// View reads one snapshot.
func View(s Source) Reader { return Reader{s, new(tally)} }

var _ store.Reader = Reader{}

// Tenants lists the tenants that have a key, which the first write of a tenant makes.
func (r Reader) Tenants() ([]string, error) {
	var list []string
	err := r.Each("", func(got Row) (bool, error) { list = append(list, got.Text(0)); return true, nil }, sqltext.Tenants)
	return list, err
}

// known is the tenant's key for reading one thing; without one there is nothing to read.
func (r Reader) known(tenant string) (*seal.Key, error) {
	k, err := r.Key(tenant)
	if err == nil && k == nil {
		err = store.ErrNotFound
	}
	return k, err
}

// one reads and decodes one row.
func one[T any](r Reader, tenant string, decode func(*seal.Key, Row) (T, error), text string, args ...any) (T, error) {
	var none T
	k, err := r.known(tenant)
	if err != nil {
		return none, err
	}
	got, err := r.First(tenant, text, args...)
	if err != nil {
		return none, err
	}
	if got == nil {
		return none, store.ErrNotFound
	}
	return decode(k, got)
}

// sequence yields decoded rows about a tenant, or the error that ended them.
func sequence[T any](r Reader, tenant string, query func(*seal.Key) (string, []any), decode func(*seal.Key, Row) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		k, err := r.Key(tenant)
		if err == nil && k == nil {
			return
		}
		stopped := false
		if err == nil {
			text, args := query(k)
			err = r.Each(tenant, func(got Row) (bool, error) {
				v, err := decode(k, got)
				if err != nil {
					return false, err
				}
				stopped = !yield(v, nil)
				return !stopped, nil
			}, text, args...)
		}
		if err != nil && !stopped {
			var none T
			yield(none, err)
		}
	}
}

// all collects decoded rows about a tenant.
func all[T any](r Reader, tenant string, decode func(*seal.Key, Row) (T, error), text string, args ...any) ([]T, error) {
	var list []T
	for v, err := range sequence(r, tenant, statement(text, args...), decode) {
		if err != nil {
			return list, err
		}
		list = append(list, v)
	}
	return list, nil
}

// statement is a query that needs no key.
func statement(text string, args ...any) func(*seal.Key) (string, []any) {
	return func(*seal.Key) (string, []any) { return text, args }
}

// Bound is a LIMIT; 0 is none.
func Bound(limit int) int64 {
	if limit <= 0 {
		return math.MaxInt64
	}
	return int64(limit)
}

// Micros is how a time is stored.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// Moment is the time that was stored.
func Moment(us int64) time.Time { return time.UnixMicro(us).UTC() }

// Bit is how a truth value is stored.
func Bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Corrupt is the error of a value that does not open.
func Corrupt(err error) error { return fmt.Errorf("%w: %w", store.ErrCorrupt, err) }
