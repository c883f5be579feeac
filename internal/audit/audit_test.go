// SPDX-License-Identifier: Apache-2.0

package audit_test

import (
	"bytes"
	"context"
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
