// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlite"
)

const tenant = "tenant-a"

// account writes a record and an audit entry.
func account(id string) func(context.Context) error {
	return func(ctx context.Context) error {
		tx := store.From(ctx)
		return errors.Join(
			tx.Insert(&store.Record{
				Tenant: tenant, Kind: "account", ID: id, CreatedAt: at, Doc: bytes.Repeat([]byte(id), 100),
				Index: []store.Entry{{Field: "account.name", Value: id, Unique: true}},
			}),
			audit.Append(tx, &store.AuditEntry{Tenant: tenant, At: at, Operation: "createAccount", Target: id}),
		)
	}
}

// holds checks that the records are there, whole, findable and audited, and the file is sound.
func holds(t *testing.T, s store.Store, ids []string) {
	t.Helper()
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	err := s.View(t.Context(), func(ctx context.Context) error {
		r := store.Read(ctx)
		for _, id := range ids {
			rec, err := r.Find(tenant, "account", "account.name", id)
			if err != nil {
				return fmt.Errorf("account %s: %w", id, err)
			}
			if rec.ID != id || !bytes.Equal(rec.Doc, bytes.Repeat([]byte(id), 100)) {
				t.Errorf("account %s came back as %s", id, rec.ID)
			}
		}
		n, err := r.Count(store.Query{Tenant: tenant, Kind: "account"})
		if err != nil {
			return err
		}
		chain, err := audit.Verify(r, tenant)
		if !chain.Intact || chain.Count != int64(n) {
			t.Errorf("audit chain of %d records: %+v", n, chain)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	o := sqlite.Options{Path: filepath.Join(t.TempDir(), "a b?c%20.db"), MasterKey: masterKey}
	var ids []string
	for i := range 3 {
		s, err := sqlite.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		holds(t, s, ids)
		ids = append(ids, fmt.Sprint(i))
		if err := s.Update(t.Context(), account(ids[i])); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(o.Path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the log is still there after Close: %v", err)
		}
	}
}

// A crash leaves the files as they are at one moment: here, in the middle of a transaction.
func TestCrash(t *testing.T) {
	t.Parallel()
	dir, copied := t.TempDir(), t.TempDir()
	s := open(t, sqlite.Options{Path: filepath.Join(dir, "a.db"), MasterKey: masterKey})
	var ids []string
	for i := range 700 { // several sweeps of the log
		ids = append(ids, fmt.Sprint(i))
		if err := s.Update(t.Context(), account(ids[i])); err != nil {
			t.Fatal(err)
		}
	}
	err := s.Update(t.Context(), func(ctx context.Context) error {
		if err := account("unfinished")(ctx); err != nil {
			return err
		}
		for _, name := range []string{"a.db", "a.db-wal"} {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(copied, name), b, 0o600); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	after := open(t, sqlite.Options{Path: filepath.Join(copied, "a.db"), MasterKey: masterKey})
	holds(t, after, ids)
	err = after.View(t.Context(), func(ctx context.Context) error {
		_, err := store.Read(ctx).Get(tenant, "account", "unfinished")
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the unfinished transaction is there: %v", err)
	}
	if err := after.Update(t.Context(), account("next")); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, MasterKey: masterKey})
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what, path string, key []byte, want error) {
		t.Helper()
		s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, MasterKey: key})
		if s != nil || err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", what, err, want)
		}
	}
	refused("a second process", path, masterKey, sqlite.ErrLocked)
	if err := s.Update(t.Context(), account("1")); err != nil {
		t.Errorf("the first one was disturbed: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	refused("another master key", path, bytes.Repeat([]byte("x"), 32), sqlite.ErrMasterKey)
	refused("a short master key", path, masterKey[:16], nil)
	refused("no master key", path, nil, nil)
	refused("a missing folder", filepath.Join(path, "none", "b.db"), masterKey, nil)
	refused("no path", "", masterKey, nil)
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, bytes.Repeat([]byte("not a database. "), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("a text file", text, masterKey, nil)
	again := open(t, sqlite.Options{Path: path, MasterKey: masterKey})
	holds(t, again, []string{"1"})
}

func TestNothingReadableOnDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, sqlite.Options{Path: filepath.Join(dir, "a.db"), MasterKey: masterKey})
	const canary = "ada.moreau@example.com"
	err := s.Update(t.Context(), func(ctx context.Context) error {
		tx := store.From(ctx)
		body := []byte(`{"email":"` + canary + `"}`)
		return errors.Join(
			tx.Insert(&store.Record{
				Tenant: tenant, Kind: "user", ID: "1", Doc: body, Index: []store.Entry{{Field: "user.email", Value: canary, Unique: true}},
			}),
			tx.AppendEvent(&store.Event{Tenant: tenant, ID: "1", Body: body}),
			tx.AppendAttempt(&store.Attempt{Tenant: tenant, DeliveryID: "1", N: 1, Error: "no such user: " + canary}),
			audit.Append(tx, &store.AuditEntry{Tenant: tenant, Detail: body}),
			tx.PutIdempotent(&store.Idempotency{Tenant: tenant, Client: "c", Key: "k", Body: body}),
			tx.PutJob(&store.Job{Tenant: tenant, Kind: "k", Key: "k", Payload: body}),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	scan := func(when string) {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(b, []byte(canary)) || bytes.Contains(b, []byte("ada.moreau")) {
				t.Errorf("%s: %s holds the planted address", when, filepath.Base(name))
			}
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s: %s has mode %v", when, filepath.Base(name), info.Mode())
			}
		}
	}
	scan("while open")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	scan("after Close")
}

// On a file, a View keeps its snapshot although others commit meanwhile.
func TestSnapshotBesideCommits(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Options{Path: filepath.Join(t.TempDir(), "a.db"), MasterKey: masterKey})
	if err := s.Update(t.Context(), account("0")); err != nil {
		t.Fatal(err)
	}
	err := s.View(t.Context(), func(ctx context.Context) error {
		if _, err := store.Read(ctx).Get(tenant, "account", "none"); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		for i := range 3 {
			// The context outside the View, as another request has.
			if err := s.Update(t.Context(), account(fmt.Sprint("new", i))); err != nil {
				return err
			}
			n, err := store.Read(ctx).Count(store.Query{Tenant: tenant, Kind: "account"})
			if err != nil || n != 1 {
				return fmt.Errorf("%d records, want the 1 that was there at the first read: %w", n, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	holds(t, s, []string{"0", "new0", "new2"})
}

// The log stays short although nobody ever stops writing.
func TestLogIsSwept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	s := open(t, sqlite.Options{Path: path, MasterKey: masterKey})
	big := make([]byte, 0, 40_000)
	for i := range cap(big) / 4 {
		big = fmt.Appendf(big, "%04x", i*2654435761>>16&0xffff)
	}
	const writes = 600
	for i := range writes {
		err := s.Update(t.Context(), func(ctx context.Context) error {
			return store.From(ctx).Insert(&store.Record{Tenant: tenant, Kind: "blob", ID: fmt.Sprint(i), Doc: big})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if log.Size() > db.Size() {
		t.Errorf("the log has %d bytes, the file %d", log.Size(), db.Size())
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// A test's Fatal inside a transaction ends the goroutine it runs on; nothing else may hang.
// A long load, whose commits are few and large, does not let the log grow without end.
func TestLogOfALongLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "airside.db")
	s := open(t, sqlite.Options{Path: path, MasterKey: masterKey})
	noise := make([]byte, 4<<20) // what does not get smaller
	r := rand.New(rand.NewPCG(1, 2))
	largest := int64(0)
	for i := range 60 {
		for n := 0; n < len(noise); n += 8 {
			binary.LittleEndian.PutUint64(noise[n:], r.Uint64())
		}
		err := s.Update(t.Context(), func(ctx context.Context) error {
			return store.From(ctx).Insert(&store.Record{Tenant: tenant, Kind: "load", ID: fmt.Sprint(i), CreatedAt: at, Doc: noise})
		})
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		largest = max(largest, info.Size())
	}
	if most := int64(100 << 20); largest > most { // 240 MB were written
		t.Errorf("the log grew to %d MB", largest>>20)
	}
}

func TestGoexit(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Options{Memory: true})
	quit := func(ctx context.Context) error {
		if err := account("lost")(ctx); err != nil {
			return err
		}
		runtime.Goexit()
		return nil
	}
	if err := s.Update(t.Context(), quit); err == nil || !strings.Contains(err.Error(), "goroutine") {
		t.Errorf("error %v, want one that tells about the goroutine", err)
	}
	if err := s.Update(t.Context(), account("1")); err != nil {
		t.Error(err)
	}
	holds(t, s, []string{"1"})
}

func TestManyInMemory(t *testing.T) {
	t.Parallel()
	var all []*sqlite.Store
	for i := range 40 {
		s := open(t, sqlite.Options{Memory: true})
		if err := s.Update(t.Context(), account(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	for i, s := range all {
		holds(t, s, []string{fmt.Sprint(i)})
	}
}
