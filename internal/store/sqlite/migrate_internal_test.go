// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"

	"github.com/airside-travel/airside/internal/ids"
	"github.com/airside-travel/airside/internal/store/migrations"
)

// TestOlderDatabases: a file of each earlier version is brought up to date when it is opened, and can be used.
func TestOlderDatabases(t *testing.T) {
	t.Parallel()
	newest := migrations.Newest(migrations.SQLite())
	for version := int64(1); version < newest; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "airside.db")
			connector, err := driver.NewConnector("file:" + path)
			if err != nil {
				t.Fatal(err)
			}
			db := sql.OpenDB(connector)
			p, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.SQLite(), goose.WithDisableGlobalRegistry(true))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.UpTo(t.Context(), version); err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{fmt.Sprintf("PRAGMA application_id=%d", applicationID), fmt.Sprintf("PRAGMA user_version=%d", version)} {
				if _, err := db.ExecContext(t.Context(), text); err != nil {
					t.Fatal(err)
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), Options{Path: path, MasterKey: ids.Bytes(32)})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if got, err := s.writer.first("PRAGMA user_version"); err != nil || got.Int(0) != newest {
				t.Errorf("the file has the version %v, %v", got, err)
			}
			tables, err := s.writer.first("SELECT count(*) FROM sqlite_schema WHERE name IN ('entity_tally', 'delivery_endpoint', 'cache_change')")
			if err != nil || tables.Int(0) != 3 {
				t.Errorf("of three things that later versions brought %v are there, %v", tables, err)
			}
			if err := s.Ready(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
