// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/migrations"
)

// checks are statements that find nothing in a sound database. The server watches over the keys; these
// are what it cannot know.
//
//nolint:gochecknoglobals // a constant
var checks = []struct{ says, text string }{
	{"tenants whose counters are behind what is stored", `SELECT h.tenant FROM tenant_head h WHERE
h.ord < (SELECT COALESCE(MAX(e.ord), 0) FROM entity e WHERE e.tenant = h.tenant)
OR h.event_seq < (SELECT COALESCE(MAX(v.seq), 0) FROM event v WHERE v.tenant = h.tenant)
OR h.audit_seq <> (SELECT COALESCE(MAX(a.seq), 0) FROM audit a WHERE a.tenant = h.tenant)`},
	{"keys of tenants that have no counters", `SELECT k.tenant FROM tenant_key k WHERE NOT EXISTS (
SELECT 1 FROM tenant_head h WHERE h.tenant = k.tenant)`},
	{"index entries without a record", `SELECT i.tenant FROM entity_index i WHERE NOT EXISTS (
SELECT 1 FROM entity e WHERE e.tenant = i.tenant AND e.ord = i.ord AND e.created_at = i.created_at)`},
	{"unique entries of deleted records", `SELECT i.tenant FROM entity_index i CROSS JOIN entity e
WHERE i.is_unique = 1 AND e.tenant = i.tenant AND e.ord = i.ord AND e.deleted = 1`},
	{"counts of lists that are not what is stored", `SELECT c.tenant FROM (SELECT e.tenant, e.kind, e.parent, SUM(1 - e.deleted) AS live, SUM(e.deleted) AS dead
FROM entity e WHERE e.parent <> '' GROUP BY e.tenant, e.kind, e.parent) c
LEFT JOIN entity_tally t ON t.tenant = c.tenant AND t.kind = c.kind AND t.parent = c.parent
WHERE t.live IS NULL OR t.live <> c.live OR t.dead <> c.dead`},
}

// Check looks for rows that contradict each other, and for a schema that another version made.
func (s *Store) Check(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	c, err := s.readers.get(ctx)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer s.readers.put(c)
	version, _, err := s.version(c)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	var found []error
	if schemaVersion := migrations.Newest(migrations.Postgres()); version != schemaVersion {
		found = append(found, fmt.Errorf("postgres: the schema is %d, this program's is %d", version, schemaVersion))
	}
	for _, check := range checks {
		n := 0
		err := c.run([]command{{text: check.text}}, func(int, *row) (bool, error) { n++; return true, nil })
		if err != nil {
			return errors.Join(append(found, fmt.Errorf("postgres: %w", err))...)
		}
		if n > 0 {
			found = append(found, fmt.Errorf("%w: %d %s", store.ErrCorrupt, n, check.says))
		}
	}
	return errors.Join(found...)
}
