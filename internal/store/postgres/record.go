// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	"fmt"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// Get also learns what a write must know of the record.
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
	if err == nil {
		t.know(r, got.Int(7), got.Blob(8))
	}
	return r, err
}

func (t *tx) know(r *store.Record, ord int64, entries []byte) {
	t.known[place(r.Tenant, r.Kind, r.ID)] = sqlread.Head{
		Ord: ord, Version: r.Version, Created: sqlread.Micros(r.CreatedAt), Parent: r.Parent, Deleted: r.Deleted, Entries: entries,
	}
}

func place(tenant, kind, id string) string { return tenant + "\x00" + kind + "\x00" + id }

// head is what is stored of the record. Nobody else can change it while the tenant is locked.
func (t *tx) head(tenant, kind, id string) (sqlread.Head, error) {
	if tenant == "" {
		return sqlread.Head{}, errTenant
	}
	if err := t.open(); err != nil {
		return sqlread.Head{}, err
	}
	if h, ok := t.known[place(tenant, kind, id)]; ok {
		return h, nil
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
	list := sqlread.EntriesOf(k, r)
	exists := command{text: sqltext.EntityHead, args: []any{r.Tenant, r.Kind, r.ID}}
	if err := t.vacant(r.Tenant, list.Claims(nil), exists); err != nil {
		return err
	}
	sealed := *r
	sealed.Version = max(r.Version, 1)
	doc, err := t.seal(k, r.Doc, sqlread.EntityPlace(&sealed))
	if err != nil {
		return err
	}
	h := t.ss.heads[r.Tenant]
	h.ord++
	h.changed = true
	t.ss.heads[r.Tenant] = h
	created, packed := sqlread.Micros(r.CreatedAt), list.Bytes()
	t.ss.queue(sqltext.EntityInsertOrd, r.Tenant, r.Kind, r.ID, r.Parent, sealed.Version, created, sqlread.Micros(r.UpdatedAt),
		sqlread.Bit(r.Deleted), packed, doc, h.ord)
	for _, e := range list {
		t.ss.queue(sqltext.IndexInsert, r.Tenant, e.Hash[:], created, h.ord, sqlread.Bit(e.Unique))
	}
	t.tally(r.Tenant, r.Kind, nil, r, h.ord)
	r.Version = sealed.Version
	t.know(r, h.ord, packed)
	return nil
}

func (t *tx) tally(tenant, kind string, old *sqlread.Head, r *store.Record, ord int64) {
	for _, s := range sqlread.Tallies(tenant, kind, old, r, ord) {
		t.ss.queue(s.Text, s.Args...)
	}
}

// vacant returns a *store.DuplicateError when one of the entries is held by a record, and ErrExists
// when one of the other questions has an answer.
func (t *tx) vacant(tenant string, claims sqlread.Entries, questions ...command) error {
	if len(claims)+len(questions) == 0 {
		return nil
	}
	first := len(questions)
	for _, e := range claims {
		questions = append(questions, command{text: sqltext.IndexHolder, args: []any{tenant, e.Hash[:]}})
	}
	var taken error
	err := t.exchange(tenant, questions, func(i int, r *row) (bool, error) {
		switch {
		case taken != nil:
		case i < first:
			taken = store.ErrExists
		default:
			taken = &store.DuplicateError{Field: claims[i-first].Field, ID: r.Text(0)}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return taken
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
	list := sqlread.EntriesOf(k, r)
	packed := list.Bytes()
	same := bytes.Equal(packed, old.Entries)
	if !same {
		had := sqlread.Unpack(old.Entries)
		if err := t.vacant(r.Tenant, list.Claims(had)); err != nil {
			return err
		}
		for _, e := range had.Without(list) {
			t.ss.queue(sqltext.IndexDelete, r.Tenant, e.Hash[:], old.Created, old.Ord)
		}
		for _, e := range list.Without(had) {
			t.ss.queue(sqltext.IndexInsert, r.Tenant, e.Hash[:], old.Created, old.Ord, sqlread.Bit(e.Unique))
		}
	}
	sealed := *r
	sealed.Version = old.Version + 1
	doc, err := t.seal(k, r.Doc, sqlread.EntityPlace(&sealed))
	if err != nil {
		return err
	}
	if same && r.Parent == old.Parent && r.Deleted == old.Deleted {
		t.ss.queue(sqltext.EntityUpdate, r.Tenant, old.Ord, sealed.Version, sqlread.Micros(r.UpdatedAt), doc)
	} else {
		t.ss.queue(sqltext.EntityMove, r.Tenant, old.Ord, sealed.Version, sqlread.Micros(r.UpdatedAt), doc,
			r.Parent, sqlread.Bit(r.Deleted), packed)
	}
	t.tally(r.Tenant, r.Kind, &old, r, old.Ord)
	r.Version, r.CreatedAt = sealed.Version, sqlread.Moment(old.Created)
	t.know(r, old.Ord, packed)
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
		t.ss.queue(sqltext.EntityReseal, r.Tenant, old.Ord, doc)
	}
	return err
}

// Remove deletes a record and its index entries.
func (t *tx) Remove(tenant, kind, id string) error {
	old, err := t.head(tenant, kind, id)
	if err != nil {
		return err
	}
	for _, e := range sqlread.Unpack(old.Entries) {
		t.ss.queue(sqltext.IndexDelete, tenant, e.Hash[:], old.Created, old.Ord)
	}
	t.ss.queue(sqltext.EntityDelete, tenant, old.Ord)
	t.tally(tenant, kind, &old, nil, old.Ord)
	delete(t.known, place(tenant, kind, id))
	return nil
}

// seal gives the sealed form of a value.
func (t *tx) seal(k *seal.Key, plain []byte, p seal.Place) ([]byte, error) {
	if len(plain) > seal.MaxSize {
		return nil, fmt.Errorf("postgres: %s %s has %d bytes, more than can be stored", p.Table, p.ID, len(plain))
	}
	return k.Seal(nil, plain, p), nil
}
