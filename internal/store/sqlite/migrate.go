// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"

	"github.com/airside-travel/airside/internal/store/migrations"
)

// migrate brings the schema up to date, or says why it cannot. The file repeats the version in user_version, so that
// opening a current database reads one number.
func migrate(ctx context.Context, c *conn, dsn string) (err error) {
	schemaVersion := migrations.Newest(migrations.SQLite())
	id, err := c.first("PRAGMA application_id")
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	version, err := c.first("PRAGMA user_version")
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	tables, err := c.first("SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	switch {
	case id.Int(0) == applicationID && version.Int(0) == schemaVersion:
		return nil
	case id.Int(0) == applicationID && version.Int(0) > schemaVersion:
		return fmt.Errorf("%w: schema %d, this one knows %d", ErrNewer, version.Int(0), schemaVersion)
	case id.Int(0) != applicationID && tables.Int(0) > 0:
		return ErrForeign
	}
	// Before the first table, so that a file whose creation was cut short is still known as ours.
	if err := c.script(fmt.Sprintf("PRAGMA application_id=%d", applicationID)); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	connector, err := driver.NewConnector(dsn)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.SQLite(), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("sqlite: migrate: %w", err)
	}
	if err := c.script(fmt.Sprintf("PRAGMA user_version=%d", schemaVersion)); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}
