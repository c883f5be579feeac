// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/store"
)

func insertAndGet(t *testing.T, s store.Store) {
	r := user("u1", "ada@example.com")
	r.Parent, r.UpdatedAt = "acme", minute(1)
	insert(t, s, r)
	if r.Version != 1 {
		t.Errorf("version %d after Insert, want 1", r.Version)
	}
	same(t, "record", get(t, s, tenant, "user", "u1"), r)
	if get(t, s, tenant, "company", "u1") != nil {
		t.Error("the record is there under another kind")
	}
}

func insertTakenID(t *testing.T, s store.Store) {
	insert(t, s, user("u1", "ada@example.com"))
	for name, r := range map[string]*store.Record{
		"same entries":  user("u1", "ada@example.com"),
		"other entries": user("u1", "tomas@example.com"),
	} {
		is(t, name, try(t, s, func(tx store.Tx) error { return tx.Insert(r) }), store.ErrExists)
	}
	write(t, s, func(tx store.Tx) error {
		r := user("u1", "ada@example.com")
		r.Deleted = true
		return tx.Update(r, 0)
	})
	is(t, "after a soft delete", try(t, s, func(tx store.Tx) error { return tx.Insert(user("u1", "x@example.com")) }), store.ErrExists)
}

func insertWithVersion(t *testing.T, s store.Store) {
	r := user("u1", "ada@example.com")
	r.Version, r.Deleted = 7, true
	insert(t, s, r)
	same(t, "imported record", get(t, s, tenant, "user", "u1"), r)
}

func update(t *testing.T, s store.Store) {
	insert(t, s, user("u1", "ada@example.com"))
	r := user("u1", "ada@example.com")
	r.Doc, r.UpdatedAt, r.Parent, r.CreatedAt = []byte(`{"changed":true}`), minute(5), "acme", minute(5)
	write(t, s, func(tx store.Tx) error { return tx.Update(r, 1) })
	if r.Version != 2 {
		t.Errorf("version %d after Update, want 2", r.Version)
	}
	if !r.CreatedAt.Equal(start) {
		t.Errorf("CreatedAt became %v, want what it was on insert", r.CreatedAt)
	}
	same(t, "record", get(t, s, tenant, "user", "u1"), r)
	write(t, s, func(tx store.Tx) error { return tx.Update(r, 0) })
	if got := get(t, s, tenant, "user", "u1").Version; got != 3 {
		t.Errorf("version %d after a second Update, want 3", got)
	}
}

func updateWrongVersion(t *testing.T, s store.Store) {
	insert(t, s, user("u1", "ada@example.com"))
	r := user("u1", "other@example.com")
	for _, expect := range []int64{2, 9, -1} {
		is(t, "Update", try(t, s, func(tx store.Tx) error { return tx.Update(r, expect) }), store.ErrVersion)
	}
	if got := get(t, s, tenant, "user", "u1").Version; got != 1 {
		t.Errorf("version %d, want 1", got)
	}
	if got := find(t, s, "user", "user.email", "ada@example.com"); got != "u1" {
		t.Errorf("the index was changed: found %q", got)
	}
}

func remove(t *testing.T, s store.Store) {
	insert(t, s, user("u1", "ada@example.com"), user("u2", "tomas@example.com"))
	write(t, s, func(tx store.Tx) error { return tx.Remove(tenant, "user", "u1") })
	if get(t, s, tenant, "user", "u1") != nil {
		t.Error("the record is still there")
	}
	if got := find(t, s, "user", "user.email", "ada@example.com"); got != "" {
		t.Errorf("its entry is still there: found %q", got)
	}
	same(t, "list", list(t, s, store.Query{Tenant: tenant, Kind: "user", Deleted: true}), []string{"u2"})
	insert(t, s, user("u1", "ada@example.com"))
}

func absent(t *testing.T, s store.Store) {
	for _, known := range []bool{false, true} {
		if known {
			insert(t, s, user("u1", "ada@example.com"))
		}
		write(t, s, func(tx store.Tx) error {
			_, err := tx.Get(tenant, "user", "nobody")
			is(t, "Get", err, store.ErrNotFound)
			_, err = tx.Find(tenant, "user", "user.email", "nobody@example.com")
			is(t, "Find", err, store.ErrNotFound)
			is(t, "Update", tx.Update(user("nobody", "x@example.com"), 0), store.ErrNotFound)
			is(t, "Remove", tx.Remove(tenant, "user", "nobody"), store.ErrNotFound)
			_, err = tx.Event(tenant, "nothing")
			is(t, "Event", err, store.ErrNotFound)
			_, err = tx.Delivery(tenant, "nothing")
			is(t, "Delivery", err, store.ErrNotFound)
			_, err = tx.Idempotent(tenant, "client", "key")
			is(t, "Idempotent", err, store.ErrNotFound)
			if last, err := tx.LastAudit(tenant); last != nil || err != nil {
				t.Errorf("LastAudit = %v, %v, want nothing", last, err)
			}
			return nil
		})
	}
}

// Ids come from paths and bodies: whatever they are, they name themselves or nothing.
func oddIDs(t *testing.T, s store.Store) {
	insert(t, s, user("u1", "ada@example.com"))
	for i, id := range []string{"it's", `"; --`, "%", "u_", "Ü1", "航空", " u1", "U1", strings.Repeat("x", 2000)} {
		r := user(id, fmt.Sprint(i))
		insert(t, s, r)
		same(t, "record "+id, get(t, s, tenant, "user", id), r)
	}
	for _, id := range []string{"", "u1\x00", "\x00", "u\xff1", "u1 ", "u%"} {
		write(t, s, func(tx store.Tx) error {
			_, err := tx.Get(tenant, "user", id)
			is(t, fmt.Sprintf("Get %q", id), err, store.ErrNotFound)
			is(t, fmt.Sprintf("Remove %q", id), tx.Remove(tenant, "user", id), store.ErrNotFound)
			_, err = tx.Find(tenant, "user", "user.email", id)
			is(t, fmt.Sprintf("Find %q", id), err, store.ErrNotFound)
			return nil
		})
	}
}

func tenantRequired(t *testing.T, s store.Store) {
	write(t, s, func(tx store.Tx) error {
		if err := tx.Insert(&store.Record{Kind: "user", ID: "u1"}); err == nil {
			t.Error("a record without tenant was accepted")
		}
		if _, err := tx.Get("", "user", "u1"); err == nil {
			t.Error("Get without tenant was accepted")
		}
		if _, err := tx.Count(store.Query{Kind: "user"}); err == nil {
			t.Error("Count without tenant was accepted")
		}
		if err := tx.PutJob(&store.Job{Kind: "hold", Key: "1"}); err == nil {
			t.Error("a job without tenant was accepted")
		}
		return nil
	})
}

func tenantsIsolated(t *testing.T, s store.Store) {
	a, b := user("u1", "ada@example.com"), user("u1", "ada@example.com")
	b.Tenant, b.Doc = "tenant-b", []byte(`"b"`)
	insert(t, s, a, b)
	same(t, "a", get(t, s, tenant, "user", "u1"), a)
	same(t, "b", get(t, s, "tenant-b", "user", "u1"), b)
	write(t, s, func(tx store.Tx) error { return tx.Remove("tenant-b", "user", "u1") })
	same(t, "list of a", list(t, s, store.Query{Tenant: tenant, Kind: "user"}), []string{"u1"})
	same(t, "list of b", list(t, s, store.Query{Tenant: "tenant-b", Kind: "user"}), nil)
	var all []string
	read(t, s, func(r store.Reader) (err error) { all, err = r.Tenants(); return err })
	same(t, "tenants", all, []string{"tenant-a", "tenant-b"})
}

func largeDocument(t *testing.T, s store.Store) {
	r := user("u1", "ada@example.com")
	for i := range uint32(1 << 18) { // a document that does not compress away
		i = i*2654435761 ^ i<<7
		r.Doc = append(r.Doc, byte(i), byte(i>>8), byte(i>>16), byte(i>>24))
	}
	insert(t, s, r)
	if got := get(t, s, tenant, "user", "u1"); !bytes.Equal(got.Doc, r.Doc) {
		t.Errorf("%d bytes came back for %d", len(got.Doc), len(r.Doc))
	}
	r.Doc = nil
	write(t, s, func(tx store.Tx) error { return tx.Update(r, 1) })
	if got := get(t, s, tenant, "user", "u1"); len(got.Doc) != 0 {
		t.Errorf("%d bytes came back for an empty document", len(got.Doc))
	}
}

func check(t *testing.T, s store.Store) {
	insert(t, s, user("u1", "ada@example.com"))
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func ready(t *testing.T, s store.Store) {
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("an open store: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s.Ready(t.Context()) == nil {
		t.Error("a closed store is ready")
	}
}
