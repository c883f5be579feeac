// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"testing"

	"github.com/airside-travel/airside/internal/store"
)

// reseal checks that a document can be kept anew without anybody seeing that.
func reseal(t *testing.T, s store.Store) {
	r := user("u1", "ada@example.com")
	r.Parent, r.UpdatedAt = "acme", minute(1)
	insert(t, s, r, user("u2", "tomas@example.com"))
	write(t, s, func(tx store.Tx) error { return tx.Update(r, 1) })
	again := *r
	again.Index, again.Parent, again.UpdatedAt, again.Deleted = nil, "", minute(9), true
	write(t, s, func(tx store.Tx) error { return tx.Reseal(&again) })
	same(t, "record", get(t, s, tenant, "user", "u1"), r)
	if got := find(t, s, "user", "user.email", "ada@example.com"); got != "u1" {
		t.Errorf("found %q by its index entry", got)
	}
	same(t, "list", list(t, s, store.Query{Tenant: tenant, Kind: "user"}), []string{"u1", "u2"})
	old := *r
	old.Version, old.Doc = 1, []byte(`{"lost":true}`)
	is(t, "another version", try(t, s, func(tx store.Tx) error { return tx.Reseal(&old) }), store.ErrVersion)
	old.ID = "u3"
	is(t, "nobody", try(t, s, func(tx store.Tx) error { return tx.Reseal(&old) }), store.ErrNotFound)
	undo := errors.New("undo")
	again.Doc = []byte(`{"undone":true}`)
	is(t, "undone", try(t, s, func(tx store.Tx) error { return errors.Join(tx.Reseal(&again), undo) }), undo)
	// Whoever read it before writes it after.
	write(t, s, func(tx store.Tx) error { return tx.Update(r, 2) })
	same(t, "updated", get(t, s, tenant, "user", "u1"), r)
}

// walk checks that every record is met once, in an order in which one can begin anywhere.
func walk(t *testing.T, s store.Store) {
	place := func(kind, id, parent string) *store.Record {
		return &store.Record{Tenant: tenant, Kind: kind, ID: id, Parent: parent, CreatedAt: start, UpdatedAt: start, Doc: []byte(`{"of":"` + kind + id + `"}`)}
	}
	gone := place("office", "b", "acme")
	gone.Deleted = true
	foreign := place("office", "c", "acme")
	foreign.Tenant = "tenant-b"
	all := []*store.Record{place("company", "acme", ""), place("office", "a", "acme"), gone, place("office", "é", ""), place("user", "a", "other")}
	insert(t, s, all[4], all[2], foreign, all[0], all[3], all[1])
	for _, size := range []int{0, 1, 2, 100} {
		var got []*store.Record
		kind, id := "", ""
		for more := true; more; {
			n := 0
			collect := func(r store.Reader) error {
				for rec, err := range r.Walk(tenant, kind, id, size) {
					if err != nil {
						return err
					}
					got, n = append(got, rec), n+1
				}
				return nil
			}
			if size == 2 {
				write(t, s, func(tx store.Tx) error { return collect(tx) })
			} else {
				read(t, s, collect)
			}
			if more = n > 0 && n == size; more {
				kind, id = got[len(got)-1].Kind, got[len(got)-1].ID
			}
		}
		same(t, "what was met", got, all)
	}
	read(t, s, func(r store.Reader) error {
		for rec, err := range r.Walk("nobody", "", "", 0) {
			t.Errorf("of a tenant that has nothing: %v, %v", rec, err)
		}
		return nil
	})
}
