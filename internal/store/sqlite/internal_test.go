// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/seal"
)

// A group that does not fit on the disk is lost as a whole, and the store goes on.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "a.db"), MasterKey: seal.RandomMaster()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
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
			r := &store.Record{Tenant: "t", Kind: "blob", ID: rand.Text(), Doc: make([]byte, 0)}
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
	err = s.View(t.Context(), func(ctx context.Context) error {
		n, err := store.Read(ctx).Count(store.Query{Tenant: "t", Kind: "blob"})
		if n != 2 {
			t.Errorf("%d records, want 2", n)
		}
		return err
	})
	if err := errors.Join(err, s.Check(t.Context())); err != nil {
		t.Error(err)
	}
}
