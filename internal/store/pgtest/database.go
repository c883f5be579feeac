// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/airside-travel/airside/internal/ids"
)

// Database makes an empty schema, which is dropped at the end of the test, and returns its URL.
func Database(t testing.TB) string {
	t.Helper()
	base := Server(t)
	schema := "t_" + strings.ReplaceAll(ids.UUID(), "-", "")
	Query(t, base, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { Query(t, base, "DROP SCHEMA "+schema+" CASCADE") })
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

// Query runs SQL and returns the values it gives, row by row.
func Query(t testing.TB, url, sql string) (out [][]string) {
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
