// SPDX-License-Identifier: Apache-2.0

//go:build pg

package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/airside-travel/airside/internal/audit"
	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/postgres"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/store/transfer"
)

var (
	at        = time.Date(2026, 3, 1, 9, 0, 0, 123456000, time.UTC)
	masterKey = []byte("0123456789abcdef0123456789abcdef")
	tenants   = []string{"tenant-a", "tenant-b"}
)

// exec runs SQL on the test server, which test/pg/run starts.
func exec(t *testing.T, sql string) string {
	t.Helper()
	base := os.Getenv("AIRSIDE_TEST_POSTGRES")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgconn.Connect(ctx, base)
	if err != nil {
		t.Fatalf("AIRSIDE_TEST_POSTGRES must be the URL of a PostgreSQL server; test/pg/run starts one: %v", err)
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, sql).ReadAll(); err != nil {
		t.Fatal(err)
	}
	return base
}

func target(t *testing.T, key []byte) *postgres.Store {
	t.Helper()
	schema := "t_" + strings.ReplaceAll(ids.UUID(), "-", "")
	u, err := url.Parse(exec(t, "CREATE SCHEMA "+schema))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { exec(t, "DROP SCHEMA "+schema+" CASCADE") })
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	s, err := postgres.Open(t.Context(), postgres.Options{URL: u.String(), MasterKey: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// full is a SQLite store with some of everything, odd ids included.
func full(t *testing.T) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "a.db"), MasterKey: masterKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, tenant := range tenants {
		err := s.Update(t.Context(), func(ctx context.Context) error {
			tx := store.From(ctx)
			for i, id := range append([]string{"航空", "nul\x00", "\xff", "\x1b[1m", ""}, strings.Fields(strings.Repeat("x ", 700))...) {
				if i > 4 {
					id = fmt.Sprint(i)
				}
				r := &store.Record{
					Tenant: tenant, Kind: fmt.Sprint("kind", i%3), ID: id, Parent: "p" + id, CreatedAt: at, UpdatedAt: at, Deleted: i%7 == 0,
					Doc: []byte(strings.Repeat(id, 40)), Index: []store.Entry{{Field: "name", Value: id, Unique: true}, {Field: "all", Value: ""}},
				}
				e := &store.Event{Tenant: tenant, ID: id, Resource: "R/" + id, Type: "T", At: at, Body: []byte("event " + id)}
				if err := errors.Join(tx.Insert(r), tx.AppendEvent(e), audit.Append(tx, &store.AuditEntry{
					Tenant: tenant, At: at, Target: id, Detail: []byte(id),
				})); err != nil {
					return err
				}
			}
			d := &store.Delivery{Tenant: tenant, ID: "d", EventID: "航空", EventSeq: 1, Endpoint: "e", Resource: "R/航空", Partition: 7, State: store.Pending, NextAt: at, UpdatedAt: at, Since: at}
			_, changed := tx.Change(tenant, "clock")
			return errors.Join(changed, tx.PutDelivery(d),
				tx.AppendAttempt(&store.Attempt{Tenant: tenant, DeliveryID: "d", N: 1, At: at, Status: 500, Error: "no", Took: time.Second}),
				tx.PutJob(&store.Job{Tenant: tenant, Kind: "k", Key: "1", Due: at, Payload: []byte("job")}),
				tx.PutIdempotent(&store.Idempotency{Tenant: tenant, Client: "c", Key: "k", RequestHash: []byte{1}, Status: 201, Body: []byte("answer"), At: at}),
			)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// content is everything that can be read of a store.
func content(t *testing.T, s store.Store) map[string]any {
	t.Helper()
	all := map[string]any{}
	err := s.View(t.Context(), func(ctx context.Context) error {
		r := store.Read(ctx)
		list, err := r.Tenants()
		if err != nil {
			return err
		}
		all["tenants"] = list
		for _, tenant := range list {
			n := 0
			put := func(v any, err error) error {
				n++
				all[fmt.Sprint(tenant, " ", n)] = v
				return err
			}
			if err := put(r.Changes(tenant)); err != nil {
				return err
			}
			for kind := range 3 {
				for rec, err := range r.List(store.Query{Tenant: tenant, Kind: fmt.Sprint("kind", kind), Deleted: true}) {
					if put(rec, err) != nil {
						return err
					}
				}
				found, err := r.Find(tenant, fmt.Sprint("kind", kind), "all", "")
				if put(found, err) != nil {
					return err
				}
			}
			for e, err := range r.Events(store.EventQuery{Tenant: tenant}) {
				if put(e, err) != nil {
					return err
				}
			}
			for e, err := range r.Audit(tenant, 0) {
				if put(e, err) != nil {
					return err
				}
			}
			d, err1 := r.Delivery(tenant, "d")
			a, err2 := r.Attempts(tenant, "d")
			j, err3 := r.DueJobs(tenant, at, 0)
			i, err4 := r.Idempotent(tenant, "c", "k")
			if err := errors.Join(put(d, err1), put(a, err2), put(j, err3), put(i, err4)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestCopy(t *testing.T) {
	t.Parallel()
	from, to := full(t), target(t, masterKey)
	told := 0
	report, err := transfer.Copy(t.Context(), from, to, func(transfer.Progress) { told++ })
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(content(t, from), content(t, to), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("-SQLite +PostgreSQL:\n%s", d)
	}
	if report.Tenants != 2 || report.Opened < 6 || told < len(report.Tables) {
		t.Errorf("report %+v, told %d times", report, told)
	}
	for _, table := range report.Tables {
		if table.Rows == 0 || len(table.Hash) != 64 {
			t.Errorf("report of %s: %+v", table.Name, table)
		}
	}
	// The copy goes on where the original stopped.
	err = to.Update(t.Context(), func(ctx context.Context) error {
		tx := store.From(ctx)
		e := &store.Event{Tenant: tenants[0], ID: "next", At: at}
		if err := errors.Join(tx.AppendEvent(e), audit.Append(tx, &store.AuditEntry{Tenant: tenants[0], At: at})); err != nil {
			return err
		}
		if e.Seq != 706 {
			t.Errorf("the next event is number %d, want 706", e.Seq)
		}
		return tx.Insert(&store.Record{Tenant: tenants[0], Kind: "kind1", ID: "next", CreatedAt: at})
	})
	if err != nil {
		t.Error(err)
	}
	err = to.View(t.Context(), func(ctx context.Context) error {
		for r, err := range store.Read(ctx).List(store.Query{Tenant: tenants[0], Kind: "kind1", Newest: true, Limit: 1}) {
			if err != nil || r.ID != "next" {
				return fmt.Errorf("the newest record is %q: %w", r.ID, err)
			}
		}
		chain, err := audit.Verify(store.Read(ctx), tenants[0])
		if !chain.Intact || chain.Count != 706 {
			t.Errorf("audit chain %+v", chain)
		}
		return err
	})
	if err := errors.Join(err, to.Check(t.Context())); err != nil {
		t.Error(err)
	}
	if _, err := transfer.Copy(t.Context(), from, to, nil); !errors.Is(err, postgres.ErrNotEmpty) {
		t.Errorf("a second copy: error %v, want ErrNotEmpty", err)
	}
}

// A copy that cannot be completed leaves nothing.
func TestCopyThatFails(t *testing.T) {
	t.Parallel()
	from, to := full(t), target(t, masterKey)
	again := errors.New("stopped")
	err := to.Import(t.Context(), func(im *postgres.Import) error {
		return from.View(t.Context(), func(context.Context) error { return again })
	})
	if !errors.Is(err, again) {
		t.Errorf("error %v, want %v", err, again)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := transfer.Copy(ctx, from, to, func(p transfer.Progress) {
		if p.Table == "event" {
			cancel()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if got := content(t, to)["tenants"]; len(got.([]string)) != 0 {
		t.Errorf("left over: %v", got)
	}
	if _, err := transfer.Copy(t.Context(), from, to, nil); err != nil {
		t.Errorf("the next copy: %v", err)
	}
}
