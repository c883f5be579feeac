// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

const tenant = "tenant-a"

var at = time.Date(2026, 3, 1, 9, 0, 0, 123456789, time.FixedZone("", 3600))

func draft(target string) *store.AuditEntry {
	return &store.AuditEntry{
		Tenant: tenant, At: at, Actor: "client/1", Operation: "updateUser", Target: target, Outcome: "200", RequestID: "r1",
		Detail: []byte(`{"fields":["name"]}`),
	}
}

func open(t *testing.T) store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Memory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func write(t *testing.T, s store.Store, fn func(store.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), func(ctx context.Context) error { return fn(store.From(ctx)) }); err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, s store.Store) (res audit.Result) {
	t.Helper()
	err := s.View(t.Context(), func(ctx context.Context) (err error) {
		res, err = audit.Verify(store.Read(ctx), tenant)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestChain(t *testing.T) {
	t.Parallel()
	s := open(t)
	if d := cmp.Diff(audit.Result{Intact: true}, verify(t, s)); d != "" {
		t.Errorf("empty chain (-want +got):\n%s", d)
	}
	var last *store.AuditEntry
	for i := range int64(5) {
		e := draft("user/1")
		write(t, s, func(tx store.Tx) error { return audit.Append(tx, e) })
		if e.Seq != i+1 {
			t.Errorf("entry %d has sequence number %d", i, e.Seq)
		}
		if want := time.Date(2026, 3, 1, 8, 0, 0, 123456000, time.UTC); e.At != want { //nolint:staticcheck // the zone counts: an entry is shown as it is kept
			t.Errorf("entry %d is of %s, and a store keeps %s", i, e.At, want)
		}
		if last != nil && !bytes.Equal(e.PrevHash, last.Hash) {
			t.Errorf("entry %d does not follow the one before", e.Seq)
		}
		last = e
	}
	other := draft("user/2")
	other.Tenant = "tenant-b"
	write(t, s, func(tx store.Tx) error { return audit.Append(tx, other) })
	if other.Seq != 1 || len(other.PrevHash) != 0 {
		t.Errorf("another tenant's chain starts with %d after %x", other.Seq, other.PrevHash)
	}
	if d := cmp.Diff(audit.Result{Intact: true, Count: 5, Head: last.Hash}, verify(t, s)); d != "" {
		t.Errorf("whole chain (-want +got):\n%s", d)
	}
}

// Every field of an entry is covered by its hash.
func TestHashCoversEverything(t *testing.T) {
	t.Parallel()
	change := map[string]func(*store.AuditEntry){
		"tenant":    func(e *store.AuditEntry) { e.Tenant = "tenant-b" },
		"seq":       func(e *store.AuditEntry) { e.Seq++ },
		"at":        func(e *store.AuditEntry) { e.At = e.At.Add(time.Microsecond) },
		"actor":     func(e *store.AuditEntry) { e.Actor += "0" },
		"operation": func(e *store.AuditEntry) { e.Operation = "deleteUser" },
		"target":    func(e *store.AuditEntry) { e.Target = "user/2" },
		"outcome":   func(e *store.AuditEntry) { e.Outcome = "403" },
		"request":   func(e *store.AuditEntry) { e.RequestID = "" },
		"detail":    func(e *store.AuditEntry) { e.Detail = nil },
		"prev":      func(e *store.AuditEntry) { e.PrevHash = []byte{1} },
		"shifted":   func(e *store.AuditEntry) { e.Actor, e.Operation = e.Actor+e.Operation[:1], e.Operation[1:] },
	}
	want := audit.Hash(draft("user/1"))
	for name, fn := range change {
		e := draft("user/1")
		fn(e)
		if bytes.Equal(audit.Hash(e), want) {
			t.Errorf("%s: the hash is the same", name)
		}
	}
}

// Somebody who can write to the store, but does not keep to the chain, is found out.
func TestForgedEntries(t *testing.T) {
	t.Parallel()
	for name, forge := range map[string]func(*store.AuditEntry){
		"changed after hashing":    func(e *store.AuditEntry) { e.Actor = "client/2" },
		"hash of something else":   func(e *store.AuditEntry) { e.Hash = bytes.Repeat([]byte{7}, 32) },
		"a gap":                    func(e *store.AuditEntry) { e.Seq++; e.Hash = audit.Hash(e) },
		"another predecessor":      func(e *store.AuditEntry) { e.PrevHash = bytes.Repeat([]byte{7}, 32); e.Hash = audit.Hash(e) },
		"no predecessor":           func(e *store.AuditEntry) { e.PrevHash = nil; e.Hash = audit.Hash(e) },
		"detail taken out":         func(e *store.AuditEntry) { e.Detail = nil },
		"time moved, hash not":     func(e *store.AuditEntry) { e.At = e.At.Add(time.Hour) },
		"outcome made harmless":    func(e *store.AuditEntry) { e.Outcome = "403" },
		"hash shortened":           func(e *store.AuditEntry) { e.Hash = e.Hash[:31] },
		"hash left out":            func(e *store.AuditEntry) { e.Hash = nil },
		"request id of a stranger": func(e *store.AuditEntry) { e.RequestID = "r2" },
	} {
		s := open(t)
		var head []byte
		write(t, s, func(tx store.Tx) error {
			for range 3 {
				e := draft("user/1")
				if err := audit.Append(tx, e); err != nil {
					return err
				}
				head = e.Hash
			}
			e := draft("user/1")
			e.Seq, e.PrevHash, e.At = 4, head, time.UnixMicro(at.UnixMicro()).UTC()
			e.Hash = audit.Hash(e)
			forge(e)
			if err := tx.AppendAudit(e); err != nil {
				return err
			}
			return audit.Append(tx, draft("user/1"))
		})
		if d := cmp.Diff(audit.Result{Count: 3, Head: head, Broken: 4}, verify(t, s)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// corrupt is a store in which somebody changed what is stored, from an entry on.
type corrupt struct {
	store.Reader
	from int64
	err  error
}

func (c corrupt) Audit(tenant string, from int64) iter.Seq2[*store.AuditEntry, error] {
	return func(yield func(*store.AuditEntry, error) bool) {
		for e, err := range c.Reader.Audit(tenant, from) {
			if err == nil && e.Seq >= c.from {
				e, err = nil, c.err
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// TestWalk: what is shown, and how far, of a chain that is whole, lost its beginning by age, was changed, or cannot be read.
func TestWalk(t *testing.T) {
	t.Parallel()
	s := open(t)
	var heads [][]byte
	for range 6 {
		write(t, s, func(tx store.Tx) error {
			e := draft("user/1")
			err := audit.Append(tx, e)
			heads = append(heads, e.Hash)
			return err
		})
	}
	broken := errors.New("the disk is gone")
	enough := errors.New("that is enough")
	drop := func(size int64, chain []byte) func(tx store.Tx) error {
		return func(tx store.Tx) error {
			return audit.Drop(tx, tenant, audit.Anchor{Size: size, Chain: chain, At: at})
		}
	}
	read := func(walk func(r store.Reader, fn func(*store.AuditEntry) error) (audit.Result, error), fail error) (res audit.Result, seen []int64, err error) {
		err = s.View(t.Context(), func(ctx context.Context) (err error) {
			res, err = walk(store.Read(ctx), func(e *store.AuditEntry) error {
				seen = append(seen, e.Seq)
				if len(seen) == 3 {
					return fail
				}
				return nil
			})
			return err
		})
		return res, seen, err
	}
	whole := func(r store.Reader, fn func(*store.AuditEntry) error) (audit.Result, error) {
		return audit.Walk(r, tenant, fn)
	}
	from := func(after int64, hash []byte, limit int) func(store.Reader, func(*store.AuditEntry) error) (audit.Result, error) {
		return func(r store.Reader, fn func(*store.AuditEntry) error) (audit.Result, error) {
			return audit.Continue(r, tenant, after, hash, limit, fn)
		}
	}
	spoilt := func(err error) func(store.Reader, func(*store.AuditEntry) error) (audit.Result, error) {
		return func(r store.Reader, fn func(*store.AuditEntry) error) (audit.Result, error) {
			return audit.Walk(corrupt{r, 5, err}, tenant, fn)
		}
	}
	for _, tc := range []struct {
		name   string
		before func(tx store.Tx) error
		walk   func(store.Reader, func(*store.AuditEntry) error) (audit.Result, error)
		fail   error
		want   audit.Result
		seen   []int64
		err    error
	}{
		{name: "all of it", walk: whole, want: audit.Result{Intact: true, Count: 6, Head: heads[5]}, seen: []int64{1, 2, 3, 4, 5, 6}},
		{name: "until somebody has enough", walk: whole, fail: enough, seen: []int64{1, 2, 3}, err: enough},
		{name: "from an entry on", walk: from(2, heads[1], 0), want: audit.Result{Intact: true, Count: 6, Head: heads[5]}, seen: []int64{3, 4, 5, 6}},
		{name: "some from an entry on", walk: from(2, heads[1], 3), want: audit.Result{Intact: true, Count: 5, Head: heads[4]}, seen: []int64{3, 4, 5}},
		{name: "one", walk: from(0, nil, 1), want: audit.Result{Intact: true, Count: 1, Head: heads[0]}, seen: []int64{1}},
		{name: "from an entry that is another", walk: from(2, heads[2], 0), want: audit.Result{Count: 2, Head: heads[2], Broken: 3}},
		{name: "what was changed outside", walk: spoilt(store.ErrCorrupt), want: audit.Result{Count: 4, Head: heads[3], Broken: 5}, seen: []int64{1, 2, 3, 4}},
		{name: "what cannot be read", walk: spoilt(broken), seen: []int64{1, 2, 3, 4}, err: broken},
		{name: "behind an anchor", before: drop(2, heads[1]), walk: whole, want: audit.Result{Intact: true, Count: 6, Head: heads[5], From: 3}, seen: []int64{3, 4, 5, 6}},
		{name: "behind a later anchor", before: drop(4, heads[3]), walk: whole, want: audit.Result{Intact: true, Count: 6, Head: heads[5], From: 5}, seen: []int64{5, 6}},
		{name: "behind an anchor of another chain", before: drop(4, heads[2]), walk: whole, want: audit.Result{Count: 4, Head: heads[2], Broken: 5, From: 5}},
		{name: "behind an anchor of everything", before: drop(6, heads[5]), walk: whole, want: audit.Result{Intact: true, Count: 6, Head: heads[5], From: 7}},
	} {
		if tc.before != nil {
			write(t, s, tc.before)
		}
		res, seen, err := read(tc.walk, tc.fail)
		if diff := cmp.Diff(tc.want, res) + cmp.Diff(tc.seen, seen); diff != "" || !errors.Is(err, tc.err) {
			t.Errorf("%s: %v (-want +got)\n%s", tc.name, err, diff)
		}
	}
}
