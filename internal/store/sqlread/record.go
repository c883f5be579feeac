// SPDX-License-Identifier: Apache-2.0

package sqlread

import (
	"errors"
	"fmt"
	"iter"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// Get reads one record.
func (r Reader) Get(tenant, kind, id string) (*store.Record, error) {
	return one(r, tenant, record(tenant, kind), sqltext.EntityGet, tenant, kind, id)
}

// Find reads the oldest live record with an index entry.
func (r Reader) Find(tenant, kind, field, value string) (*store.Record, error) {
	k, err := r.known(tenant)
	if err != nil {
		return nil, err
	}
	h := k.Hash(kind, field, value)
	return one(r, tenant, record(tenant, kind), sqltext.EntityFind, tenant, h[:])
}

// List yields records in order of creation.
func (r Reader) List(q store.Query) iter.Seq2[*store.Record, error] {
	return func(yield func(*store.Record, error) bool) {
		at, err := r.seek(q)
		if err != nil {
			yield(nil, err)
			return
		}
		var first, last mark
		n := 0
		sequence(r, q.Tenant, func(k *seal.Key) (string, []any) {
			l := shape(q)
			args := conditions(k, q, q.Tenant, q.Kind, Bound(q.Limit), int64(at.offset))
			if at.from != nil {
				l.From, args = true, append(args, at.from.created, at.from.ord)
			}
			return l.Select(), args
		}, func(k *seal.Key, got Row) (*store.Record, error) {
			if last = (mark{got.Int(3), got.Int(7)}); n == 0 {
				first = last
			}
			n++
			return DecodeRecord(k, q.Tenant, q.Kind, got)
		})(yield)
		if at.pages != nil && n > 0 {
			at.pages.page(at.list, at.moves, q.Offset, first, last, n)
		}
	}
}

// Walk yields all records of a tenant by kind and id.
func (r Reader) Walk(tenant, kind, id string, limit int) iter.Seq2[*store.Record, error] {
	return sequence(r, tenant, statement(sqltext.EntityWalk, tenant, kind, id, Bound(limit)), func(k *seal.Key, got Row) (*store.Record, error) {
		return DecodeRecord(k, tenant, got.Text(8), got)
	})
}

// Count counts records without opening them.
func (r Reader) Count(q store.Query) (int, error) {
	k, err := r.Key(q.Tenant)
	if err != nil || k == nil {
		return 0, err
	}
	q.Newest = false
	if q.Parent != "" && q.Field == "" {
		t, err := r.tallied(q)
		switch {
		case err != nil:
			return 0, err
		case q.Only:
			return int(t.dead), nil
		case q.Deleted:
			return int(t.live + t.dead), nil
		}
		return int(t.live), nil
	}
	got, err := r.First(q.Tenant, shape(q).Count(), conditions(k, q, q.Tenant, q.Kind)...)
	if err != nil {
		return 0, err
	}
	return int(got.Int(0)), nil
}

func shape(q store.Query) sqltext.List {
	return sqltext.List{Parent: q.Parent != "", Indexed: q.Field != "", Deleted: q.Deleted, Only: q.Only, Newest: q.Newest}
}

func conditions(k *seal.Key, q store.Query, args ...any) []any {
	if q.Parent != "" {
		args = append(args, q.Parent)
	}
	if q.Field != "" {
		h := k.Hash(q.Kind, q.Field, q.Value)
		args = append(args, h[:])
	}
	return args
}

func record(tenant, kind string) func(*seal.Key, Row) (*store.Record, error) {
	return func(k *seal.Key, got Row) (*store.Record, error) { return DecodeRecord(k, tenant, kind, got) }
}

// DecodeRecord reads a row of sqltext.EntityGet.
func DecodeRecord(k *seal.Key, tenant, kind string, r Row) (*store.Record, error) {
	rec := &store.Record{
		Tenant: tenant, Kind: kind, ID: r.Text(0), Parent: r.Text(1), Version: r.Int(2),
		CreatedAt: Moment(r.Int(3)), UpdatedAt: Moment(r.Int(4)), Deleted: r.Int(5) != 0, Order: r.Int(7),
	}
	doc, err := k.Open(r.Blob(6), EntityPlace(rec))
	if err != nil {
		return nil, fmt.Errorf("record %s %s: %w", kind, rec.ID, Corrupt(err))
	}
	rec.Doc = doc
	return rec, nil
}

// EntityPlace is where a document is sealed for.
func EntityPlace(r *store.Record) seal.Place {
	return seal.Place{Table: "entity", Kind: r.Kind, ID: r.ID, Version: r.Version}
}

// Head is what a write must know about the stored record.
type Head struct {
	Ord, Version, Created int64
	Parent                string
	Deleted               bool
	Entries               []byte // as Entries.Bytes gives them; valid as long as the row
}

// DecodeHead reads a row of sqltext.EntityHead.
func DecodeHead(r Row) Head {
	return Head{Ord: r.Int(0), Parent: r.Text(1), Version: r.Int(2), Created: r.Int(3), Deleted: r.Int(4) != 0, Entries: r.Blob(5)}
}

// CheckKind keeps kinds to what reads well in a key.
func CheckKind(kind string) error {
	if kind == "" || len(kind) > 64 {
		return errors.New("store: a kind has 1 to 64 characters")
	}
	for i := range len(kind) {
		if kind[i] <= ' ' || kind[i] >= 0x7f {
			return fmt.Errorf("store: the kind %q is not printable ASCII", kind)
		}
	}
	return nil
}
