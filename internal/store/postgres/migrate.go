// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/airside-travel/airside/internal/store/migrations"
)

// The tables of the migrations themselves. They carry our name because a schema may be shared.
const (
	versionTable = "airside_schema"
	lockTable    = "airside_schema_lock"
)

const (
	versionGet = `SELECT COALESCE(MAX(version_id), 0) FROM ` + versionTable + ` WHERE is_applied`
	// One of our tables without our table of versions is somebody else's.
	foreignGet = `SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()
AND table_name IN ('meta', 'tenant_key', 'tenant_head', 'entity', 'entity_index', 'entity_tally', 'event', 'delivery', 'attempt', 'job', 'audit', 'idem', 'cache_change') LIMIT 1`
)

// migrate brings the schema up to date, or says why it cannot. Of processes that start together one
// does it and the others wait.
func (s *Store) migrate(ctx context.Context, c *conn) (err error) {
	schemaVersion := migrations.Newest(migrations.Postgres())
	version, made, err := s.version(c)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	switch {
	case version > schemaVersion:
		return fmt.Errorf("%w: schema %d, this one knows %d", ErrNewer, version, schemaVersion)
	case version == schemaVersion:
		return nil
	case !made:
		table := ""
		err := c.run([]command{{text: foreignGet}}, func(_ int, r *row) (bool, error) { table = r.Text(0); return false, nil })
		if err != nil {
			return fmt.Errorf("postgres: %w", err)
		}
		if table != "" {
			return fmt.Errorf("%w: %s", ErrForeign, table)
		}
	}
	db := stdlib.OpenDB(*s.config)
	defer func() { err = errors.Join(err, db.Close()) }()
	locker, err := lock.NewPostgresTableLocker(lock.WithTableName(lockTable))
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Postgres(), goose.WithDisableGlobalRegistry(true),
		goose.WithTableName(versionTable), goose.WithLocker(locker))
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	return nil
}

// version is the number of the last migration that was carried out, if any was begun.
func (s *Store) version(c *conn) (version int64, made bool, err error) {
	err = c.run([]command{{text: versionGet}}, func(_ int, r *row) (bool, error) { version = r.Int(0); return false, nil })
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == "42P01" { // no such table
		return 0, false, nil
	}
	return version, err == nil, err
}
