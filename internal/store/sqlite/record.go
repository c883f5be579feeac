// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// known is a record of which the head was read, so that writing it needs no second look.
type known struct {
	tenant, kind, id string
	head             sqlread.Head
}

const knownMax = 8

// Get is the reader's that remembers the head.
func (t *tx) Get(tenant, kind, id string) (*store.Record, error) {
	k, err := t.Key(tenant)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, store.ErrNotFound
	}
	got, err := t.First(tenant, sqltext.EntityGetHead, tenant, kind, id)
	if err != nil {
		return nil, err
	}
	if got == nil {
		return nil, store.ErrNotFound
	}
	r, err := sqlread.DecodeRecord(k, tenant, kind, got)
	if err != nil {
		return nil, err
	}
	t.forget(tenant, kind, id)
	if len(t.known) == knownMax {
		t.known = t.known[:0]
	}
	t.known = append(t.known, known{tenant, kind, id, sqlread.Head{
		Ord: got.Int(7), Version: r.Version, Created: sqlread.Micros(r.CreatedAt), Parent: r.Parent, Deleted: r.Deleted,
		Entries: bytes.Clone(got.Blob(8)),
	}})
	return r, nil
}

// forget drops the head of a record that is about to be written.
func (t *tx) forget(tenant, kind, id string) {
	t.known = slices.DeleteFunc(t.known, func(k known) bool { return k.id == id && k.kind == kind && k.tenant == tenant })
}

// head is what is stored of a record that is about to be written. Its entries are valid until the next call.
func (t *tx) head(tenant, kind, id string) (sqlread.Head, error) {
	if tenant == "" {
		return sqlread.Head{}, errTenant
	}
	if _, err := t.open(); err != nil {
		return sqlread.Head{}, err
	}
	for _, k := range t.known {
		if k.id == id && k.kind == kind && k.tenant == tenant {
			return k.head, nil
		}
	}
	got, err := t.First(tenant, sqltext.EntityHead, tenant, kind, id)
	if err != nil {
		return sqlread.Head{}, err
	}
	if got == nil {
		return sqlread.Head{}, store.ErrNotFound
	}
	return sqlread.DecodeHead(got), nil
}

// Insert writes a new record.
func (t *tx) Insert(r *store.Record) error {
	if err := sqlread.CheckKind(r.Kind); err != nil {
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
	list := sqlread.EntriesOf(k, r)
	if err := t.vacant(r.Tenant, list, nil); err != nil { // before anything is written that would have to be undone
		if _, e := t.head(r.Tenant, r.Kind, r.ID); !errors.Is(e, store.ErrNotFound) {
			return cmp.Or(e, store.ErrExists)
		}
		return err
	}
	doc, err := t.seal(k, r.Doc, sqlread.EntityPlace(r))
	if err != nil {
		return err
	}
	created := sqlread.Micros(r.CreatedAt)
	n, ord, err := t.exec(sqltext.EntityInsert+sqltext.IfFree, r.Tenant, r.Kind, r.ID, r.Parent, r.Version,
		created, sqlread.Micros(r.UpdatedAt), sqlread.Bit(r.Deleted), list.Bytes(), doc)
	if err != nil {
		return err
	}
	if n == 0 {
		return store.ErrExists
	}
	for _, e := range list {
		if err := t.addEntry(r.Tenant, e, created, ord); err != nil {
			return err
		}
	}
	t.s.tallies.Add(r.Tenant, r.Kind, nil, r, ord)
	return nil
}

// Update replaces a record. CreatedAt is what it was on insert, and r is told.
func (t *tx) Update(r *store.Record, expect int64) error {
	old, err := t.head(r.Tenant, r.Kind, r.ID)
	if err != nil {
		return err
	}
	if expect != 0 && expect != old.Version {
		return store.ErrVersion
	}
	k, err := t.makeKey(r.Tenant)
	if err != nil {
		return err
	}
	t.forget(r.Tenant, r.Kind, r.ID)
	list := sqlread.EntriesOf(k, r)
	packed := list.Bytes()
	same := bytes.Equal(packed, old.Entries)
	if !same {
		if err := t.reindex(r.Tenant, list, sqlread.Unpack(old.Entries), old); err != nil {
			return err
		}
	}
	sealed := *r
	sealed.Version = old.Version + 1
	doc, err := t.seal(k, r.Doc, sqlread.EntityPlace(&sealed))
	if err != nil {
		return err
	}
	if same && r.Parent == old.Parent && r.Deleted == old.Deleted {
		_, _, err = t.exec(sqltext.EntityUpdate, r.Tenant, old.Ord, sealed.Version, sqlread.Micros(r.UpdatedAt), doc)
	} else {
		_, _, err = t.exec(sqltext.EntityMove, r.Tenant, old.Ord, sealed.Version, sqlread.Micros(r.UpdatedAt), doc,
			r.Parent, sqlread.Bit(r.Deleted), packed)
	}
	if err != nil {
		return err
	}
	t.s.tallies.Add(r.Tenant, r.Kind, &old, r, old.Ord)
	r.Version, r.CreatedAt = sealed.Version, sqlread.Moment(old.Created)
	return nil
}

// Reseal replaces nothing but the document, at the version that it has.
func (t *tx) Reseal(r *store.Record) error {
	old, err := t.head(r.Tenant, r.Kind, r.ID)
	if err != nil {
		return err
	}
	if old.Version != r.Version {
		return store.ErrVersion
	}
	k, err := t.makeKey(r.Tenant)
	if err != nil {
		return err
	}
	doc, err := t.seal(k, r.Doc, sqlread.EntityPlace(r))
	if err == nil {
		_, _, err = t.exec(sqltext.EntityReseal, r.Tenant, old.Ord, doc)
	}
	return err
}

// Remove deletes a record and its index entries.
func (t *tx) Remove(tenant, kind, id string) error {
	old, err := t.head(tenant, kind, id)
	if err != nil {
		return err
	}
	t.forget(tenant, kind, id)
	for _, e := range sqlread.Unpack(old.Entries) {
		if err := t.dropEntry(tenant, e, old.Created, old.Ord); err != nil {
			return err
		}
	}
	if _, _, err = t.exec(sqltext.EntityDelete, tenant, old.Ord); err != nil {
		return err
	}
	t.s.tallies.Add(tenant, kind, &old, nil, old.Ord)
	return nil
}

// vacant returns a *store.DuplicateError when another record holds a unique entry of list that is
// not in old, the entries of the record itself.
func (t *tx) vacant(tenant string, list, old sqlread.Entries) error {
	for _, e := range list.Claims(old) {
		got, err := t.First(tenant, sqltext.IndexHolder, tenant, e.Hash[:])
		if err != nil {
			return err
		}
		if got != nil {
			return &store.DuplicateError{Field: e.Field, ID: got.Text(0)}
		}
	}
	return nil
}

// reindex writes the difference between two lists; nothing when it returns a *store.DuplicateError.
func (t *tx) reindex(tenant string, list, old sqlread.Entries, h sqlread.Head) error {
	if err := t.vacant(tenant, list, old); err != nil {
		return err
	}
	for _, e := range old.Without(list) {
		if err := t.dropEntry(tenant, e, h.Created, h.Ord); err != nil {
			return err
		}
	}
	for _, e := range list.Without(old) {
		if err := t.addEntry(tenant, e, h.Created, h.Ord); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) addEntry(tenant string, e sqlread.Entry, created, ord int64) error {
	_, _, err := t.exec(sqltext.IndexInsert, tenant, e.Hash[:], created, ord, sqlread.Bit(e.Unique))
	return err
}

func (t *tx) dropEntry(tenant string, e sqlread.Entry, created, ord int64) error {
	_, _, err := t.exec(sqltext.IndexDelete, tenant, e.Hash[:], created, ord)
	return err
}
