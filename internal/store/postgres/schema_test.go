// SPDX-License-Identifier: Apache-2.0

//go:build pg

package postgres_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/postgres"
	"github.com/airside-travel/airside/internal/store/sqlite"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// schema is what two engines must have in common: columns as "table.column type", keys and indexes as
// "table: columns", unique ones with a star, partial ones with their condition.
type schema struct{ Columns, Keys []string }

// The two schemas are the same, but for what is listed here.
func TestSchemasAreTheSame(t *testing.T) {
	t.Parallel()
	url := database(t)
	open(t, url)
	got, want := postgresSchema(t, url), sqliteSchema(t)
	// Records are numbered by tenant on PostgreSQL, and by table on SQLite, where a number is also what
	// keeps rows with a document out of the keys' pages.
	drop(t, &want.Columns, "event.ord BIGINT", "idem.ord BIGINT")
	drop(t, &want.Keys, "entity: ord *", "event: ord *", "idem: ord *")
	drop(t, &got.Keys, "entity: tenant ord *")
	// What several writers need.
	for _, c := range []string{"tenant TEXT", "ord BIGINT", "event_seq BIGINT", "audit_seq BIGINT", "audit_hash BYTEA"} {
		drop(t, &got.Columns, "tenant_head."+c)
	}
	for _, c := range []string{"tenant TEXT", "node TEXT", "n BIGINT", "at BIGINT"} {
		drop(t, &got.Columns, "last_write."+c)
	}
	drop(t, &got.Keys, "tenant_head: tenant *", "last_write: tenant node *")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-SQLite +PostgreSQL:\n%s", d)
	}
	// What is copied between engines is all that there is.
	var copied []string
	for _, table := range sqltext.Tables() {
		for _, c := range table.Columns {
			copied = append(copied, fmt.Sprintf("%s.%s %s", table.Name, c.Name, []string{"BIGINT", "TEXT", "BYTEA"}[c.Sort]))
		}
	}
	copied = append(copied, "meta.name TEXT", "meta.value BYTEA")
	slices.Sort(copied)
	if d := cmp.Diff(got.Columns, copied); d != "" {
		t.Errorf("sqltext.Tables: -PostgreSQL +copied:\n%s", d)
	}
}

func drop(t *testing.T, list *[]string, items ...string) {
	t.Helper()
	for _, item := range items {
		i := slices.Index(*list, item)
		if i < 0 {
			t.Errorf("%s is expected to be there in one engine", item)
			continue
		}
		*list = slices.Delete(*list, i, i+1)
	}
}

func postgresSchema(t *testing.T, url string) (s schema) {
	for _, r := range query(t, url, `SELECT table_name, column_name, data_type, is_nullable, COALESCE(collation_name, '')
FROM information_schema.columns WHERE table_schema = current_schema() AND table_name NOT LIKE 'airside_schema%'`) {
		s.Columns = append(s.Columns, fmt.Sprintf("%s.%s %s", r[0], r[1], strings.ToUpper(r[2])))
		if r[3] != "NO" || r[2] == "text" && r[4] != "C" {
			t.Errorf("%s.%s: nullable %s, collation %q", r[0], r[1], r[3], r[4])
		}
	}
	for _, r := range query(t, url, `SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = current_schema()
AND tablename NOT LIKE 'airside_schema%'`) {
		_, columns, _ := strings.Cut(r[1], "(")
		columns, where, _ := strings.Cut(columns, ")")
		key := r[0] + ": " + strings.ReplaceAll(columns, ",", "")
		if strings.Contains(r[1], "UNIQUE") {
			key += " *"
		}
		if _, where, ok := strings.Cut(where, "WHERE "); ok {
			key += " where " + strings.NewReplacer("(", "", ")", "", "::text", "").Replace(where)
		}
		s.Keys = append(s.Keys, key)
	}
	slices.Sort(s.Columns)
	slices.Sort(s.Keys)
	return s
}

func sqliteSchema(t *testing.T) (s schema) {
	path := filepath.Join(t.TempDir(), "a.db")
	st, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, MasterKey: masterKey})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	each(t, db, `SELECT m.name || '.' || c.name || ' ' || CASE c.type WHEN 'INTEGER' THEN 'BIGINT' WHEN 'BLOB' THEN 'BYTEA' ELSE c.type END
FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite_%'`, &s.Columns)
	each(t, db, `SELECT m.name || ': ' || (SELECT group_concat(c.name, ' ') FROM pragma_index_info(i.name) c) || CASE i."unique" WHEN 1 THEN ' *' ELSE '' END
|| CASE i.partial WHEN 1 THEN ' where ' || (SELECT substr(x.sql, instr(x.sql, 'WHERE ') + 6) FROM sqlite_schema x WHERE x.name = i.name) ELSE '' END
FROM sqlite_schema m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND m.name NOT LIKE 'goose%'`, &s.Keys)
	each(t, db, `SELECT m.name || ': ' || (SELECT group_concat(c.name, ' ') FROM (SELECT c.name FROM pragma_table_info(m.name) c WHERE c.pk > 0 ORDER BY c.pk) c) || ' *'
FROM sqlite_schema m WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite_%'
AND NOT EXISTS (SELECT 1 FROM pragma_index_list(m.name) i WHERE i.origin = 'pk')`, &s.Keys)
	slices.Sort(s.Columns)
	slices.Sort(s.Keys)
	return s
}

func each(t *testing.T, db *sql.DB, text string, into *[]string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		*into = append(*into, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// Processes that start together on an empty database make one schema.
func TestOpenTogether(t *testing.T) {
	t.Parallel()
	url := database(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			s, err := postgres.Open(t.Context(), postgres.Options{URL: url, MasterKey: masterKey})
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(s.Check(t.Context()), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	refused := func(what, url string, key []byte, want error) {
		t.Helper()
		s, err := postgres.Open(t.Context(), postgres.Options{URL: url, MasterKey: key})
		if s != nil || err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", what, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error shows the password: %v", what, err)
		}
	}
	url := database(t)
	open(t, url)
	refused("another master key", url, bytes.Repeat([]byte("x"), 32), postgres.ErrMasterKey)
	refused("a short master key", url, masterKey[:16], nil)
	refused("no server", "postgres://airside:canary@127.0.0.1:1/airside?connect_timeout=2", masterKey, nil)
	refused("a broken URL", "postgres://airside:canary%zz@127.0.0.1:1/airside", masterKey, nil)
	query(t, url, "INSERT INTO airside_schema (version_id, is_applied) VALUES (99, true)")
	refused("a newer schema", url, masterKey, postgres.ErrNewer)
	foreign := database(t)
	query(t, foreign, "CREATE TABLE event (id int)")
	refused("tables of another program", foreign, masterKey, postgres.ErrForeign)
	// Creation that was cut short is finished.
	half := database(t)
	open(t, half)
	query(t, half, "DROP TABLE idem; DELETE FROM airside_schema WHERE version_id > 0")
	s := open(t, half)
	if err := s.Update(t.Context(), func(ctx context.Context) error {
		return store.From(ctx).PutIdempotent(&store.Idempotency{Tenant: tenant, Client: "c", Key: "k"})
	}); err != nil {
		t.Error(err)
	}
}

// Check finds rows that contradict each other.
func TestCheckFinds(t *testing.T) {
	t.Parallel()
	for _, change := range []string{
		"UPDATE tenant_head SET event_seq = 0", "DELETE FROM audit", "DELETE FROM tenant_head", "DELETE FROM entity",
	} {
		url := database(t)
		s := open(t, url)
		err := s.Update(t.Context(), func(ctx context.Context) error {
			r := &store.Record{Tenant: tenant, Kind: "user", ID: "1", Index: []store.Entry{{Field: "user.email", Value: "ada@example.com"}}}
			return errors.Join(store.From(ctx).Insert(r), add(ctx, tenant, "1", 1))
		})
		if err := errors.Join(err, s.Check(t.Context())); err != nil {
			t.Fatal(err)
		}
		query(t, url, change)
		if err := s.Check(t.Context()); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%s: error %v, want ErrCorrupt", change, err)
		}
	}
}

func TestNothingReadableInTables(t *testing.T) {
	t.Parallel()
	url := database(t)
	s := open(t, url)
	const canary = "ada.moreau@example.com"
	err := s.Update(t.Context(), func(ctx context.Context) error {
		tx := store.From(ctx)
		body := []byte(`{"email":"` + canary + `"}`)
		return errors.Join(
			tx.Insert(&store.Record{
				Tenant: tenant, Kind: "user", ID: "1", Parent: "acme", Doc: body, Index: []store.Entry{{Field: "user.email", Value: canary, Unique: true}},
			}),
			tx.AppendEvent(&store.Event{Tenant: tenant, ID: "1", Body: body}),
			tx.AppendAttempt(&store.Attempt{Tenant: tenant, DeliveryID: "1", N: 1, Error: "no such user: " + canary}),
			tx.AppendAudit(&store.AuditEntry{Tenant: tenant, Seq: 1, Detail: body}),
			tx.PutIdempotent(&store.Idempotency{Tenant: tenant, Client: "c", Key: "k", Body: body}),
			tx.PutJob(&store.Job{Tenant: tenant, Kind: "k", Key: "k", Payload: body}),
			changed(tx.Change(tenant, "rights")),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range sqltext.Tables() {
		rows := query(t, url, "SELECT t::text FROM "+table.Name+" t")
		if len(rows) == 0 && table.Name != "delivery" {
			t.Errorf("%s is empty", table.Name)
		}
		for _, r := range rows {
			if strings.Contains(r[0], "ada.moreau") || strings.Contains(r[0], fmt.Sprintf("%x", canary)) {
				t.Errorf("%s holds the planted address", table.Name)
			}
		}
	}
}

// changed is the error of a change that was counted.
func changed(_ int64, err error) error { return err }
