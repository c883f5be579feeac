// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// Get reads one record.
func (r *reader) Get(tenant, kind, id string) (*store.Record, error) {
	k, err := r.key(tenant)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, store.ErrNotFound
	}
	return r.record(k, tenant, kind, sqltext.EntityGet, tenant, kind, id)
}

// Find reads the oldest live record with an index entry.
func (r *reader) Find(tenant, kind, field, value string) (*store.Record, error) {
	k, err := r.key(tenant)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, store.ErrNotFound
	}
	h := k.Hash(kind, field, value)
	return r.record(k, tenant, kind, sqltext.EntityFind, tenant, h[:])
}

func (r *reader) record(k *seal.Key, tenant, kind, text string, args ...any) (*store.Record, error) {
	got, err := r.first(tenant, text, args...)
	if err != nil {
		return nil, err
	}
	if got == nil {
		return nil, store.ErrNotFound
	}
	return decode(k, tenant, kind, got)
}

func decode(k *seal.Key, tenant, kind string, r row) (*store.Record, error) {
	rec := &store.Record{
		Tenant: tenant, Kind: kind, ID: r.text(0), Parent: r.text(1), Version: r.int(2),
		CreatedAt: moment(r.int(3)), UpdatedAt: moment(r.int(4)), Deleted: r.int(5) != 0,
	}
	doc, err := k.Open(r.blob(6), entityPlace(rec))
	if err != nil {
		return nil, fmt.Errorf("record %s %s: %w", kind, rec.ID, corrupt(err))
	}
	rec.Doc = doc
	return rec, nil
}

func entityPlace(r *store.Record) seal.Place {
	return seal.Place{Table: "entity", Kind: r.Kind, ID: r.ID, Version: r.Version}
}

// List yields records in order of creation.
func (r *reader) List(q store.Query) iter.Seq2[*store.Record, error] {
	return sequence(r, q.Tenant, func(k *seal.Key) (string, []any) {
		return shape(q).Select(), conditions(k, q, q.Tenant, q.Kind, bound(q.Limit), int64(max(q.Offset, 0)))
	}, func(k *seal.Key, got row) (*store.Record, error) { return decode(k, q.Tenant, q.Kind, got) })
}

// sequence yields decoded rows about a tenant, or the error that ended them.
func sequence[T any](r *reader, tenant string, query func(*seal.Key) (string, []any), decode func(*seal.Key, row) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		k, err := r.key(tenant)
		if err == nil && k == nil {
			return
		}
		stopped := false
		if err == nil {
			text, args := query(k)
			err = r.each(tenant, func(got row) (bool, error) {
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

// statement is a query that needs no key.
func statement(text string, args ...any) func(*seal.Key) (string, []any) {
	return func(*seal.Key) (string, []any) { return text, args }
}

// bound is a LIMIT; 0 is none.
func bound(limit int) int64 {
	if limit <= 0 {
		return math.MaxInt64
	}
	return int64(limit)
}

// Count counts records without opening them.
func (r *reader) Count(q store.Query) (int, error) {
	k, err := r.key(q.Tenant)
	if err != nil || k == nil {
		return 0, err
	}
	q.Newest = false
	got, err := r.first(q.Tenant, shape(q).Count(), conditions(k, q, q.Tenant, q.Kind)...)
	if err != nil {
		return 0, err
	}
	return int(got.int(0)), nil
}

func shape(q store.Query) sqltext.List {
	return sqltext.List{Parent: q.Parent != "", Indexed: q.Field != "", Deleted: q.Deleted, Newest: q.Newest}
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

// head is what a write must know about the stored record.
type head struct {
	ord, version, created int64
	parent                string
	deleted               bool
	entries               []byte
}

func (t *tx) head(tenant, kind, id string) (head, error) {
	got, err := t.first(tenant, sqltext.EntityHead, tenant, kind, id)
	if err != nil {
		return head{}, err
	}
	if got == nil {
		return head{}, store.ErrNotFound
	}
	return head{got.int(0), got.int(2), got.int(3), got.text(1), got.int(4) != 0, got.blob(5)}, nil
}

// Insert writes a new record.
func (t *tx) Insert(r *store.Record) error {
	if err := checkKind(r.Kind); err != nil {
		return err
	}
	k, err := t.makeKey(r.Tenant)
	if err != nil {
		return err
	}
	version := r.Version
	if r.Version == 0 {
		r.Version = 1
	}
	err = t.insert(k, r)
	if err != nil {
		r.Version = version
	}
	return err
}

func (t *tx) insert(k *seal.Key, r *store.Record) error {
	doc, err := t.seal(k, r.Doc, entityPlace(r))
	if err != nil {
		return err
	}
	list := entries(k, r)
	created := micros(r.CreatedAt)
	n, ord, err := t.exec(r.Tenant, sqltext.EntityInsert, r.Tenant, r.Kind, r.ID, r.Parent, r.Version,
		created, micros(r.UpdatedAt), bit(r.Deleted), list.bytes(), doc)
	if err != nil {
		return err
	}
	if n == 0 {
		return store.ErrExists
	}
	if err := t.vacant(r.Tenant, list, nil); err != nil {
		if _, _, e := t.exec(r.Tenant, sqltext.EntityDelete, r.Tenant, ord); e != nil {
			return e
		}
		return err
	}
	for _, e := range list {
		if err := t.addEntry(r.Tenant, e, created, ord); err != nil {
			return err
		}
	}
	return nil
}

// Update replaces a record. CreatedAt is what it was on insert, and r is told.
func (t *tx) Update(r *store.Record, expect int64) error {
	old, err := t.head(r.Tenant, r.Kind, r.ID)
	if err != nil {
		return err
	}
	if expect != 0 && expect != old.version {
		return store.ErrVersion
	}
	k, err := t.makeKey(r.Tenant)
	if err != nil {
		return err
	}
	list := entries(k, r)
	packed := list.bytes()
	same := bytes.Equal(packed, old.entries)
	if !same {
		if err := t.reindex(r.Tenant, list, unpackEntries(old.entries), old); err != nil {
			return err
		}
	}
	sealed := *r
	sealed.Version = old.version + 1
	doc, err := t.seal(k, r.Doc, entityPlace(&sealed))
	if err != nil {
		return err
	}
	if same && r.Parent == old.parent && r.Deleted == old.deleted {
		_, _, err = t.exec(r.Tenant, sqltext.EntityUpdate, r.Tenant, old.ord, sealed.Version, micros(r.UpdatedAt), doc)
	} else {
		_, _, err = t.exec(r.Tenant, sqltext.EntityMove, r.Tenant, old.ord, sealed.Version, micros(r.UpdatedAt), doc,
			r.Parent, bit(r.Deleted), packed)
	}
	if err != nil {
		return err
	}
	r.Version, r.CreatedAt = sealed.Version, moment(old.created)
	return nil
}

// Remove deletes a record and its index entries.
func (t *tx) Remove(tenant, kind, id string) error {
	old, err := t.head(tenant, kind, id)
	if err != nil {
		return err
	}
	for _, e := range unpackEntries(old.entries) {
		if err := t.dropEntry(tenant, e, old.created, old.ord); err != nil {
			return err
		}
	}
	_, _, err = t.exec(tenant, sqltext.EntityDelete, tenant, old.ord)
	return err
}

// checkKind keeps kinds to what reads well in a key.
func checkKind(kind string) error {
	if kind == "" || len(kind) > 64 {
		return errors.New("sqlite: a kind has 1 to 64 characters")
	}
	for i := range len(kind) {
		if kind[i] <= ' ' || kind[i] >= 0x7f {
			return fmt.Errorf("sqlite: the kind %q is not printable ASCII", kind)
		}
	}
	return nil
}
