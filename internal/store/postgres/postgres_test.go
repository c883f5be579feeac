// SPDX-License-Identifier: Apache-2.0

//go:build pg

package postgres_test

import (
	"context"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/postgres"
	"github.com/airside-travel/airside/internal/store/storetest"
)

const tenant = "tenant-a"

var (
	at        = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	masterKey = []byte("0123456789abcdef0123456789abcdef")
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, database(t)) })
}

// server is where the tests' databases are made; test/pg/run starts it.
func server(t testing.TB) string {
	t.Helper()
	text := os.Getenv("AIRSIDE_TEST_POSTGRES")
	if text == "" {
		t.Fatal("AIRSIDE_TEST_POSTGRES must be the URL of a PostgreSQL server; test/pg/run starts one")
	}
	return text
}

// database makes an empty schema, which is dropped at the end of the test, and returns its URL.
func database(t testing.TB) string {
	t.Helper()
	base := server(t)
	schema := "t_" + strings.ReplaceAll(ids.UUID(), "-", "")
	query(t, base, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { query(t, base, "DROP SCHEMA "+schema+" CASCADE") })
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

// query runs SQL behind the store's back and returns the values it gives, row by row.
func query(t testing.TB, url, sql string) (out [][]string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgconn.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	for _, r := range results {
		for _, row := range r.Rows {
			var texts []string
			for _, v := range row {
				texts = append(texts, string(v))
			}
			out = append(out, texts)
		}
	}
	return out
}

// open opens a store that is closed at the end of the test.
func open(t testing.TB, url string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), postgres.Options{URL: url, MasterKey: masterKey, Writers: 4, Readers: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}
