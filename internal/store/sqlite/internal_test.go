// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
)

func fileOptions(t *testing.T) Options {
	return Options{Path: filepath.Join(t.TempDir(), "a.db"), MasterKey: seal.RandomMaster()}
}

// reopened fills a database, changes it with SQL behind the store's back, and opens it again.
func reopened(t *testing.T, o Options, change ...string) (*Store, error) {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(ctx context.Context) error {
		tx := store.From(ctx)
		for _, id := range []string{"1", "2"} {
			r := &store.Record{Tenant: "t", Kind: "user", ID: id, Doc: []byte(`{"name":"Ada Moreau"}`)}
			e := &store.AuditEntry{Tenant: "t", Detail: []byte("detail")}
			if err := errors.Join(tx.Insert(r), audit.Append(tx, e)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, text := range change {
		alter(t, o.Path, text)
	}
	s, err = Open(t.Context(), o)
	if err == nil {
		t.Cleanup(func() { _ = s.Close() })
	}
	return s, err
}

func alter(t *testing.T, path, text string) {
	t.Helper()
	c, err := dial(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.script(text), c.close()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefusesOtherSchemas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"PRAGMA user_version=99":  ErrNewer,
		"PRAGMA application_id=1": ErrForeign,
		"PRAGMA user_version=0":   nil, // creation was cut short after the tables: finished now
	} {
		if s, err := reopened(t, fileOptions(t), text); !errors.Is(err, want) || (s == nil) != (want != nil) {
			t.Errorf("%s: error %v, want %v", text, err, want)
		}
	}
}

// The key of a new tenant goes with the call that made it: when that call fails, what others write in
// the same group must be sealed with a key that is stored.
func TestKeyOfNewTenant(t *testing.T) {
	t.Parallel()
	o := fileOptions(t)
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	insert := func(id string, end error) *op {
		return &op{ctx: t.Context(), done: make(chan error, 1), fn: func(ctx context.Context) error {
			return errors.Join(store.From(ctx).Insert(&store.Record{Tenant: "new", Kind: "user", ID: id}), end)
		}}
	}
	group := []*op{insert("1", errors.New("mine")), insert("2", nil), insert("3", errors.New("mine")), insert("4", nil)}
	s.queue.mu.Lock()
	s.queue.ops = append(s.queue.ops, group...)
	s.queue.wake.Signal()
	s.queue.mu.Unlock()
	for i, o := range group {
		if err := <-o.done; (err == nil) != (i%2 == 1) {
			t.Errorf("call %d: error %v", i, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if s, err = Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.View(t.Context(), func(ctx context.Context) error {
		_, err2 := store.Read(ctx).Get("new", "user", "2")
		_, err4 := store.Read(ctx).Get("new", "user", "4")
		return errors.Join(err2, err4)
	})
	if err != nil {
		t.Error(err)
	}
}

// Whoever can write to the file cannot move or change what is sealed without being found out.
func TestTampering(t *testing.T) {
	t.Parallel()
	for text, broken := range map[string]int64{
		"UPDATE entity SET doc = (SELECT doc FROM entity WHERE id = '2') WHERE id = '1'":        0,
		"UPDATE entity SET version = 7 WHERE id = '1'":                                          0,
		"UPDATE entity SET id = '1x' WHERE id = '1'; UPDATE entity SET id = '1' WHERE id = '2'": 0,
		"UPDATE entity SET doc = x'' WHERE id = '1'":                                            0,
		"UPDATE audit SET actor = 'somebody else' WHERE seq = 2":                                2,
		"UPDATE audit SET detail = (SELECT detail FROM audit WHERE seq = 1) WHERE seq = 2":      2,
		"DELETE FROM audit WHERE seq = 1":                                                       1,
	} {
		s, err := reopened(t, fileOptions(t), text)
		if err != nil {
			t.Fatal(err)
		}
		err = s.View(t.Context(), func(ctx context.Context) error {
			_, err := store.Read(ctx).Get("t", "user", "1")
			if (broken == 0) != errors.Is(err, store.ErrCorrupt) {
				t.Errorf("%s: Get gives %v", text, err)
			}
			chain, err := audit.Verify(store.Read(ctx), "t")
			if chain.Broken != broken || chain.Intact != (broken == 0) {
				t.Errorf("%s: chain %+v, want it broken at %d", text, chain, broken)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// A tenant whose key is destroyed cannot be read any more, by anybody.
func TestDestroyedKey(t *testing.T) {
	t.Parallel()
	s, err := reopened(t, fileOptions(t), "UPDATE tenant_key SET wrapped = x'00'")
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(ctx context.Context) error {
		_, err := store.Read(ctx).Get("t", "user", "1")
		return err
	})
	if !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("error %v, want ErrCorrupt", err)
	}
}

// A group that does not fit on the disk is lost as a whole, and the store goes on.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	o := fileOptions(t)
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	insert := func(id string, size int) error {
		return s.Update(t.Context(), func(ctx context.Context) error {
			return store.From(ctx).Insert(&store.Record{Tenant: "t", Kind: "blob", ID: id, Doc: seal.RandomMaster()[:size]})
		})
	}
	if err := insert("before", 10); err != nil {
		t.Fatal(err)
	}
	limit := func(pragma string) {
		if err := s.Update(t.Context(), func(context.Context) error { return s.writer.script(pragma) }); err != nil {
			t.Fatal(err)
		}
	}
	limit("PRAGMA max_page_count=60")
	err = s.Update(t.Context(), func(ctx context.Context) error {
		for {
			r := &store.Record{Tenant: "new", Kind: "blob", ID: rand.Text(), Doc: make([]byte, 0)}
			for range 200 {
				r.Doc = append(r.Doc, seal.RandomMaster()...)
			}
			if err := store.From(ctx).Insert(r); err != nil {
				return nil // a caller that ignores the error must not get a success
			}
		}
	})
	if err == nil {
		t.Error("a transaction that did not fit was acknowledged")
	}
	limit("PRAGMA max_page_count=100000")
	if err := insert("after", 10); err != nil {
		t.Error(err)
	}
	err = s.Update(t.Context(), func(ctx context.Context) error {
		return store.From(ctx).Insert(&store.Record{Tenant: "new", Kind: "blob", ID: "new"})
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Error(err)
	}
	if s, err = Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.View(t.Context(), func(ctx context.Context) error {
		n, err := store.Read(ctx).Count(store.Query{Tenant: "t", Kind: "blob"})
		if n != 2 {
			t.Errorf("%d records, want 2", n)
		}
		_, err2 := store.Read(ctx).Get("new", "blob", "new")
		return errors.Join(err, err2)
	})
	if err := errors.Join(err, s.Check(t.Context())); err != nil {
		t.Error(err)
	}
}
