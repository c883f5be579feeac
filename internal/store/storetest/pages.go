// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"testing"

	"github.com/airside-travel/airside/internal/store"
)

// longLists checks pages far behind in a list, while records come, go and come back: at its end, at its beginning
// and in between, by transactions that are undone as well.
func longLists(t *testing.T, s store.Store) {
	const n = 1300
	ids := make([]string, 0, n) // in order
	named := func(i, at int) *store.Record {
		r := user(fmt.Sprintf("u%04d", i), fmt.Sprintf("u%d@example.com", i))
		r.Parent, r.CreatedAt = "acme", minute(at)
		return r
	}
	write(t, s, func(tx store.Tx) error {
		for i := range n {
			r := named(i, i/3)
			ids = append(ids, r.ID)
			if err := tx.Insert(r); err != nil {
				return err
			}
		}
		return nil
	})
	live, all := ids, ids
	check := func(when string) {
		t.Helper()
		read(t, s, func(r store.Reader) error {
			for _, deleted := range []bool{false, true} {
				want := live
				if deleted {
					want = all
				}
				q := store.Query{Tenant: tenant, Kind: "user", Parent: "acme", Deleted: deleted, Limit: 3}
				count, err := r.Count(q)
				if err != nil || count != len(want) {
					t.Errorf("%s: counted %d, want %d, %v", when, count, len(want), err)
				}
				for _, q.Offset = range []int{0, 3, 6, 63, 64, 67, 70, 65, 255, 256, 257, 511, 512, 513, 1030, len(want) - 2, len(want), 5000} {
					var got []string
					for rec, err := range r.List(q) {
						if err != nil {
							return err
						}
						got = append(got, rec.ID)
					}
					from := min(q.Offset, len(want))
					same(t, fmt.Sprintf("%s: page at %d, with deleted ones: %t", when, q.Offset, deleted), got, append([]string(nil), want[from:min(from+3, len(want))]...))
				}
			}
			return nil
		})
	}
	without := func(list []string, i int) []string { return append(append([]string{}, list[:i]...), list[i+1:]...) }
	check("at first")
	check("again")
	write(t, s, func(tx store.Tx) error {
		all = append(append([]string{}, all...), "u9000")
		live = all
		return tx.Insert(named(9000, n))
	})
	check("one more at the end")
	write(t, s, func(tx store.Tx) error {
		all = append([]string{"u9001"}, all...)
		live = all
		return tx.Insert(named(9001, -1))
	})
	check("one more at the beginning")
	change := func(id string, edit func(r *store.Record)) {
		t.Helper()
		write(t, s, func(tx store.Tx) error {
			r, err := tx.Get(tenant, "user", id)
			if err != nil {
				return err
			}
			edit(r)
			return tx.Update(r, 0)
		})
	}
	live = without(all, 100)
	change(all[100], func(r *store.Record) { r.Deleted = true })
	check("one deleted")
	live = all
	change(all[100], func(r *store.Record) { r.Deleted = false })
	check("and back")
	_ = try(t, s, func(tx store.Tx) error {
		if err := tx.Remove(tenant, "user", all[7]); err != nil {
			return err
		}
		n, err := tx.Count(store.Query{Tenant: tenant, Kind: "user", Parent: "acme"})
		if err != nil || n != len(all)-1 {
			t.Errorf("counted %d in the transaction: %v", n, err)
		}
		for _, err := range tx.List(store.Query{Tenant: tenant, Kind: "user", Parent: "acme", Offset: 600, Limit: 1}) {
			if err != nil {
				return err
			}
		}
		return fmt.Errorf("undo")
	})
	check("one removed, and undone")
	gone := all[3]
	all = without(all, 3)
	live = all
	write(t, s, func(tx store.Tx) error { return tx.Remove(tenant, "user", gone) })
	check("one removed")
	moved := all[20]
	all = without(all, 20)
	live = all
	change(moved, func(r *store.Record) { r.Parent = "other" })
	check("one moved away")
}
