// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/airside-travel/airside/internal/store"
)

// What Erase was called for is not in the file any more, sealed or not. Without it, it is: the control.
func TestErase(t *testing.T) {
	t.Parallel()
	for _, erase := range []bool{true, false} {
		file := filepath.Join(t.TempDir(), "airside.db")
		s, err := Open(t.Context(), Options{Path: file, MasterKey: bytes.Repeat([]byte{1}, 32)})
		if err != nil {
			t.Fatal(err)
		}
		update := func(fn func(store.Tx) error) {
			t.Helper()
			if err := s.Update(t.Context(), func(ctx context.Context) error { return fn(store.From(ctx)) }); err != nil {
				t.Fatal(err)
			}
		}
		at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		large := make([]byte, 20_000) // has pages of its own
		for i := range large {
			large[i] = byte(i * i >> 7)
		}
		update(func(tx store.Tx) error {
			for id, doc := range map[string][]byte{"small": []byte("a key"), "large": large, "stays": []byte("x")} {
				if err := tx.Insert(&store.Record{Tenant: "t", Kind: "k", ID: id, CreatedAt: at, UpdatedAt: at, Doc: doc}); err != nil {
					return err
				}
			}
			return nil
		})
		sealed := map[string][]byte{}
		for _, id := range []string{"small", "large"} {
			sealed[id] = stored(t, file, id)
		}
		update(func(tx store.Tx) error {
			if erase {
				if err := tx.Erase(); err != nil {
					return err
				}
			}
			if err := tx.Remove("t", "k", "small"); err != nil {
				return err
			}
			return tx.Remove("t", "k", "large")
		})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if log, err := os.ReadFile(file + "-wal"); err == nil {
			raw = append(raw, log...)
		}
		for id, b := range sealed {
			if tail := b[max(0, len(b)-32):]; bytes.Contains(raw, tail) == erase {
				t.Errorf("erase=%t: %s is in the file: %t", erase, id, !erase)
			}
		}
	}
}

// stored is a document as it lies in the file.
func stored(t *testing.T, file, id string) (doc []byte) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), "SELECT doc FROM entity WHERE id = ?", id).Scan(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}
