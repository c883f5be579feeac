// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"slices"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// entry is a stored index entry. A soft-deleted record keeps its entries, none of them unique.
type entry struct {
	hash   [seal.HashSize]byte
	unique bool
	field  string // not stored; "" in entries that were read
}

const entrySize = seal.HashSize + 1

type entryList []entry

// entries gives the entries of a record, sorted and each once.
func entries(k *seal.Key, r *store.Record) entryList {
	if len(r.Index) == 0 {
		return nil
	}
	list := make(entryList, 0, len(r.Index))
	for _, e := range r.Index {
		list = append(list, entry{k.Hash(r.Kind, e.Field, e.Value), e.Unique && !r.Deleted, e.Field})
	}
	slices.SortFunc(list, func(a, b entry) int {
		if c := bytes.Compare(a.hash[:], b.hash[:]); c != 0 {
			return c
		}
		return int(bit(b.unique)) - int(bit(a.unique)) // unique first, to survive
	})
	return slices.CompactFunc(list, func(a, b entry) bool { return a.hash == b.hash })
}

// bytes is the form that is kept with the record.
func (l entryList) bytes() []byte {
	b := make([]byte, 0, len(l)*entrySize)
	for _, e := range l {
		b = append(b, e.hash[:]...)
		b = append(b, byte(bit(e.unique)))
	}
	return b
}

func unpackEntries(b []byte) entryList {
	list := make(entryList, 0, len(b)/entrySize)
	for ; len(b) >= entrySize; b = b[entrySize:] {
		list = append(list, entry{hash: [seal.HashSize]byte(b), unique: b[seal.HashSize] != 0})
	}
	return list
}

func (l entryList) find(hash [seal.HashSize]byte) (entry, bool) {
	i, ok := slices.BinarySearchFunc(l, hash, func(e entry, h [seal.HashSize]byte) int {
		return bytes.Compare(e.hash[:], h[:])
	})
	if !ok {
		return entry{}, false
	}
	return l[i], true
}

// vacant returns a *store.DuplicateError when another record holds a unique entry of list that is
// not in old, the entries of the record itself.
func (t *tx) vacant(tenant string, list, old entryList) error {
	for _, e := range list {
		if had, ok := old.find(e.hash); !e.unique || ok && had.unique {
			continue
		}
		got, err := t.first(tenant, sqltext.IndexHolder, tenant, e.hash[:])
		if err != nil {
			return err
		}
		if got != nil {
			return &store.DuplicateError{Field: e.field, ID: got.text(0)}
		}
	}
	return nil
}

// reindex writes the difference between two lists; nothing when it returns a *store.DuplicateError.
func (t *tx) reindex(tenant string, list, old entryList, h head) error {
	if err := t.vacant(tenant, list, old); err != nil {
		return err
	}
	for _, e := range old {
		if now, ok := list.find(e.hash); !ok || now.unique != e.unique {
			if err := t.dropEntry(tenant, e, h.created, h.ord); err != nil {
				return err
			}
		}
	}
	for _, e := range list {
		if had, ok := old.find(e.hash); !ok || had.unique != e.unique {
			if err := t.addEntry(tenant, e, h.created, h.ord); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tx) addEntry(tenant string, e entry, created, ord int64) error {
	_, _, err := t.exec(tenant, sqltext.IndexInsert, tenant, e.hash[:], created, ord, bit(e.unique))
	return err
}

func (t *tx) dropEntry(tenant string, e entry, created, ord int64) error {
	_, _, err := t.exec(tenant, sqltext.IndexDelete, tenant, e.hash[:], created, ord)
	return err
}
