// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/store"
)

// together has calls of Update wait together, so that they are one group, and returns their errors.
func together(t *testing.T, s *Store, calls ...func(tx store.Tx) error) []error {
	t.Helper()
	ops := make([]*op, len(calls))
	for i, call := range calls {
		ops[i] = &op{ctx: t.Context(), done: make(chan error, 1), fn: func(ctx context.Context) error { return call(store.From(ctx)) }}
	}
	s.queue.mu.Lock()
	s.queue.ops = append(s.queue.ops, ops...)
	s.queue.wake.Signal()
	s.queue.mu.Unlock()
	out := make([]error, len(ops))
	for i, o := range ops {
		out[i] = <-o.done
	}
	return out
}

// What a group keeps in mind about the ends of trails and lists is right after calls in it have failed: before, after
// and between calls that do not, in a group without savepoints and in one with them.
func TestFailuresLeaveNoTrace(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), fileOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	mine := errors.New("mine")
	var hooks []string // of the last run
	write := func(name string, end error) func(tx store.Tx) error {
		return func(tx store.Tx) error {
			tx.AfterCommit(func() { hooks = append(hooks, name+" done") })
			tx.AfterRollback(func() { hooks = append(hooks, name+" undone") })
			return errors.Join(
				tx.Insert(&store.Record{Tenant: "t", Kind: "user", ID: name, Parent: "acme", Doc: []byte("{}")}),
				tx.AppendEvent(&store.Event{Tenant: "t", ID: name, Resource: "USER/" + name}),
				audit.Append(tx, &store.AuditEntry{Tenant: "t", Operation: "createUser", Target: name}),
				audit.Append(tx, &store.AuditEntry{Tenant: "u", Operation: "createUser", Target: name}),
				end)
		}
	}
	var want []string
	patterns := []string{"--", "-x-", "x-", "-x", "xx", "-xx-x-", "--", "x"}
	for round, pattern := range slices.Concat(patterns, patterns) {
		if round < len(patterns) { // begin without savepoints
			if err := s.Update(t.Context(), func(context.Context) error { s.careful = 0; return nil }); err != nil {
				t.Fatal(err)
			}
		}
		var calls []func(store.Tx) error
		var told []string
		for i, c := range pattern {
			name, end, how := fmt.Sprintf("%d-%d", round, i), error(nil), "done"
			if c == 'x' {
				end, how = mine, "undone"
			} else {
				want = append(want, name)
			}
			calls = append(calls, write(name, end))
			told = append(told, name+" "+how)
		}
		hooks = nil
		for i, err := range together(t, s, calls...) {
			if (pattern[i] == 'x') != errors.Is(err, mine) || pattern[i] == '-' && err != nil {
				t.Errorf("round %d, call %d: error %v", round, i, err)
			}
		}
		if !slices.Equal(hooks, told) {
			t.Errorf("round %d: hooks %q, want %q", round, hooks, told)
		}
	}
	err = s.View(t.Context(), func(ctx context.Context) error {
		r := store.Read(ctx)
		for _, tenant := range []string{"t", "u"} {
			var got []string
			res, err := audit.Walk(r, tenant, func(e *store.AuditEntry) error { got = append(got, e.Target); return nil })
			if err != nil || !res.Intact || !slices.Equal(got, want) {
				t.Errorf("trail of %s: %+v %q, want %q (%v)", tenant, res, got, want, err)
			}
		}
		n, err := r.Count(store.Query{Tenant: "t", Kind: "user", Parent: "acme"})
		if n != len(want) {
			t.Errorf("%d users are counted, want %d", n, len(want))
		}
		seq := int64(0)
		for e, err := range r.Events(store.EventQuery{Tenant: "t"}) {
			if seq++; err != nil || e.Seq != seq || e.ID != want[seq-1] {
				t.Errorf("event %d is %+v, %v", seq, e, err)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A call sees what earlier calls of its group wrote, counts included, and its own records after it has changed them.
func TestGroupSeesItself(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	insert := func(id string) func(tx store.Tx) error {
		return func(tx store.Tx) error {
			return tx.Insert(&store.Record{Tenant: "t", Kind: "user", ID: id, Parent: "acme", Doc: []byte("{}"), Index: []store.Entry{{Field: "mail", Value: id}}})
		}
	}
	look := func(tx store.Tx) error {
		n, err := tx.Count(store.Query{Tenant: "t", Kind: "user", Parent: "acme"})
		if n != 2 || err != nil {
			t.Errorf("%d are counted, want 2 (%v)", n, err)
		}
		for version := int64(1); version < 4; version++ {
			r, err := tx.Get("t", "user", "1")
			if err != nil || r.Version != version {
				t.Fatalf("version %d is %+v, %v", version, r, err)
			}
			r.Index = []store.Entry{{Field: "mail", Value: fmt.Sprint("new", version)}}
			if err := tx.Update(r, version); err != nil {
				t.Error(err)
			}
			if err := tx.Update(&store.Record{Tenant: "t", Kind: "user", ID: "1"}, version); !errors.Is(err, store.ErrVersion) {
				t.Errorf("the version before is taken: %v", err)
			}
		}
		if err := tx.Remove("t", "user", "1"); err != nil {
			t.Error(err)
		}
		if _, err := tx.Find("t", "user", "mail", "new3"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("what was removed is found: %v", err)
		}
		if n, err := tx.Count(store.Query{Tenant: "t", Kind: "user", Parent: "acme"}); n != 1 || err != nil {
			t.Errorf("%d are counted, want 1 (%v)", n, err)
		}
		return tx.Update(&store.Record{Tenant: "t", Kind: "user", ID: "1"}, 0)
	}
	got := together(t, s, insert("1"), insert("2"), look)
	if got[0] != nil || got[1] != nil || !errors.Is(got[2], store.ErrNotFound) {
		t.Errorf("errors %v", got)
	}
}

// Values of every size and sort come back as they were bound.
func TestValues(t *testing.T) {
	t.Parallel()
	c, err := dial(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	}()
	if err := c.script("CREATE TABLE x (n INTEGER, t TEXT, b BLOB) STRICT; -- and no more"); err != nil {
		t.Fatal(err)
	}
	const put, get = "INSERT INTO x (n, t, b) VALUES ($1, $2, $3)", "SELECT n, t, b, $1 || t FROM x WHERE n = $2"
	big := bytes.Repeat([]byte("\x00ab"), spare)
	for i, b := range [][]byte{nil, {}, []byte("\x00"), big, []byte("small"), big[:spare]} {
		n, text := int64(i)<<40, string(b)
		if changed, _, err := c.exec(put, n, text, b); changed != 1 || err != nil {
			t.Fatal(changed, err)
		}
		r, err := c.first(get, "é", n)
		if err != nil || r == nil {
			t.Fatal(r, err)
		}
		if r.Int(0) != n || r.Text(1) != text || !bytes.Equal(r.Blob(2), b) || i != 2 && i != 3 && i != 5 && r.Text(3) != "é"+text {
			t.Errorf("value %d: %d %d %d %d bytes", i, r.Int(0), len(r.Text(1)), len(r.Blob(2)), len(r.Text(3)))
		}
	}
	for text, args := range map[string][]any{put: {int64(1), "two"}, get: {"", 1}} {
		if _, _, err := c.exec(text, args...); err == nil {
			t.Errorf("%s ran with %v", text, args)
		}
	}
	if _, err := c.first("SELECT nothing FROM x"); code(err) != 1 {
		t.Errorf("error %v", err)
	}
	if _, _, err := c.exec(put, int64(1), "text", nil); err == nil {
		t.Error("an argument of no sort was taken")
	}
}
