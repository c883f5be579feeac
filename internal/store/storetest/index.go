// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"testing"

	"github.com/airside-travel/airside/internal/store"
)

func duplicate(t *testing.T, what string, err error, field, holder string) {
	t.Helper()
	d, ok := errors.AsType[*store.DuplicateError](err)
	if !ok {
		t.Errorf("%s: error %v, want a DuplicateError", what, err)
		return
	}
	if d.Field != field || d.ID != holder {
		t.Errorf("%s: %s held by %q, want %s held by %q", what, d.Field, d.ID, field, holder)
	}
}

func unique(t *testing.T, s store.Store) {
	insert(t, s, user("u1", "ada@example.com"), user("u2", "tomas@example.com"))
	err := try(t, s, func(tx store.Tx) error { return tx.Insert(user("u3", "ada@example.com")) })
	duplicate(t, "Insert", err, "user.email", "u1")
	err = try(t, s, func(tx store.Tx) error { return tx.Update(user("u2", "ada@example.com"), 0) })
	duplicate(t, "Update", err, "user.email", "u1")

	// The same value is free in another field, kind and tenant, and for who holds it already.
	write(t, s, func(tx store.Tx) error { return tx.Update(user("u1", "ada@example.com"), 0) })
	other := user("u4", "x@example.com")
	other.Index = []store.Entry{{Field: "user.login", Value: "ada@example.com", Unique: true}}
	guest := user("u1", "ada@example.com")
	guest.Kind = "guest"
	insert(t, s, other, guest)
}

func uniqueAfterDelete(t *testing.T, s store.Store) {
	insert(t, s, user("u1", "ada@example.com"))
	gone := user("u1", "ada@example.com")
	gone.Deleted = true
	write(t, s, func(tx store.Tx) error { return tx.Update(gone, 0) })
	if got := find(t, s, "user", "user.email", "ada@example.com"); got != "" {
		t.Errorf("found %q, which is deleted", got)
	}
	insert(t, s, user("u2", "ada@example.com"))
	if got := find(t, s, "user", "user.email", "ada@example.com"); got != "u2" {
		t.Errorf("found %q, want u2", got)
	}
	back := user("u1", "ada@example.com")
	err := try(t, s, func(tx store.Tx) error { return tx.Update(back, 0) })
	duplicate(t, "bringing a deleted record back", err, "user.email", "u2")
	same(t, "with deleted ones", list(t, s, store.Query{
		Tenant: tenant, Kind: "user", Field: "user.email", Value: "ada@example.com", Deleted: true,
	}), []string{"u1", "u2"})
	write(t, s, func(tx store.Tx) error { return tx.Remove(tenant, "user", "u2") })
	write(t, s, func(tx store.Tx) error { return tx.Update(back, 0) })
	if got := find(t, s, "user", "user.email", "ada@example.com"); got != "u1" {
		t.Errorf("found %q, want u1", got)
	}
}

// A caller may go on after a DuplicateError; nothing of the refused call may be left.
func uniqueIsAtomic(t *testing.T, s store.Store) {
	insert(t, s, user("u1", "ada@example.com"), user("u2", "tomas@example.com"))
	write(t, s, func(tx store.Tx) error {
		refused := user("u3", "lin@example.com")
		refused.Index = append(refused.Index, store.Entry{Field: "user.login", Value: "lin", Unique: true},
			store.Entry{Field: "user.email", Value: "ada@example.com", Unique: true})
		duplicate(t, "Insert", tx.Insert(refused), "user.email", "u1")
		moved := user("u2", "new@example.com")
		moved.Index = append(moved.Index, store.Entry{Field: "user.email", Value: "ada@example.com", Unique: true})
		duplicate(t, "Update", tx.Update(moved, 0), "user.email", "u1")
		return nil
	})
	if get(t, s, tenant, "user", "u3") != nil {
		t.Error("the refused record is there")
	}
	same(t, "list", list(t, s, store.Query{Tenant: tenant, Kind: "user"}), []string{"u1", "u2"})
	for email, want := range map[string]string{"tomas@example.com": "u2", "new@example.com": "", "lin@example.com": ""} {
		if got := find(t, s, "user", "user.email", email); got != want {
			t.Errorf("%s finds %q, want %q", email, got, want)
		}
	}
	insert(t, s, user("u4", "lin@example.com"))
}

func indexFollowsUpdates(t *testing.T, s store.Store) {
	insert(t, s, user("u1", "ada@example.com"))
	steps := []struct {
		entries []store.Entry
		found   map[string]string // e-mail to record
	}{
		{[]store.Entry{{Field: "user.email", Value: "b@example.com", Unique: true}}, map[string]string{"ada@example.com": "", "b@example.com": "u1"}},
		{[]store.Entry{{Field: "user.email", Value: "b@example.com"}}, map[string]string{"b@example.com": "u1"}},
		{[]store.Entry{
			{Field: "user.email", Value: "b@example.com"}, {Field: "user.email", Value: "b@example.com", Unique: true},
			{Field: "user.email", Value: "c@example.com"},
		}, map[string]string{"b@example.com": "u1", "c@example.com": "u1"}},
		{nil, map[string]string{"b@example.com": "", "c@example.com": ""}},
		{[]store.Entry{{Field: "user.email", Value: "", Unique: true}}, map[string]string{"": "u1", "b@example.com": ""}},
	}
	for i, step := range steps {
		r := user("u1", "")
		r.Index = step.entries
		write(t, s, func(tx store.Tx) error { return tx.Update(r, 0) })
		for email, want := range step.found {
			if got := find(t, s, "user", "user.email", email); got != want {
				t.Errorf("step %d: %q finds %q, want %q", i, email, got, want)
			}
		}
	}
	same(t, "company entries", list(t, s, store.Query{Tenant: tenant, Kind: "user", Field: "user.company", Value: "acme"}), nil)
}

func findOldestLive(t *testing.T, s store.Store) {
	for i, id := range []string{"z", "a", "m"} {
		r := user(id, id+"@example.com")
		r.CreatedAt, r.Deleted = minute(i), id == "z"
		insert(t, s, r)
	}
	if got := find(t, s, "user", "user.company", "acme"); got != "a" {
		t.Errorf("found %q, want a, the oldest that is not deleted", got)
	}
}
