// SPDX-License-Identifier: Apache-2.0

package sqlread

import (
	"bytes"
	"slices"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
)

// Entry is a stored index entry. A soft-deleted record keeps its entries, none of them unique.
type Entry struct {
	Hash   [seal.HashSize]byte
	Unique bool
	Field  string // not stored; "" in entries that were read
}

const entrySize = seal.HashSize + 1

// Entries are those of one record, sorted and each once.
type Entries []Entry

// EntriesOf gives the entries of a record as they are to be stored.
func EntriesOf(k *seal.Key, r *store.Record) Entries {
	if len(r.Index) == 0 {
		return nil
	}
	list := make(Entries, 0, len(r.Index))
	for _, e := range r.Index {
		list = append(list, Entry{k.Hash(r.Kind, e.Field, e.Value), e.Unique && !r.Deleted, e.Field})
	}
	slices.SortFunc(list, func(a, b Entry) int {
		if c := bytes.Compare(a.Hash[:], b.Hash[:]); c != 0 {
			return c
		}
		return int(Bit(b.Unique)) - int(Bit(a.Unique)) // unique first, to survive
	})
	return slices.CompactFunc(list, func(a, b Entry) bool { return a.Hash == b.Hash })
}

// Bytes is the form that is kept with the record.
func (l Entries) Bytes() []byte {
	b := make([]byte, 0, len(l)*entrySize)
	for _, e := range l {
		b = append(b, e.Hash[:]...)
		b = append(b, byte(Bit(e.Unique)))
	}
	return b
}

// Unpack reads what Bytes gave.
func Unpack(b []byte) Entries {
	list := make(Entries, 0, len(b)/entrySize)
	for ; len(b) >= entrySize; b = b[entrySize:] {
		list = append(list, Entry{Hash: [seal.HashSize]byte(b), Unique: b[seal.HashSize] != 0})
	}
	return list
}

// Claims are the entries of l that must be free before they are written: unique, and not so in old.
func (l Entries) Claims(old Entries) (out Entries) {
	for _, e := range l {
		if had, ok := old.find(e.Hash); e.Unique && !(ok && had.Unique) {
			out = append(out, e)
		}
	}
	return out
}

// Without are the entries of l that other does not have in the same way.
func (l Entries) Without(other Entries) (out Entries) {
	for _, e := range l {
		if had, ok := other.find(e.Hash); !ok || had.Unique != e.Unique {
			out = append(out, e)
		}
	}
	return out
}

func (l Entries) find(hash [seal.HashSize]byte) (Entry, bool) {
	i, ok := slices.BinarySearchFunc(l, hash, func(e Entry, h [seal.HashSize]byte) int {
		return bytes.Compare(e.Hash[:], h[:])
	})
	if !ok {
		return Entry{}, false
	}
	return l[i], true
}
