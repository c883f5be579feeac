// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"time"

	"github.com/airside-travel/airside/internal/store"
	"github.com/airside-travel/airside/internal/store/sqlread"
	"github.com/airside-travel/airside/internal/store/sqltext"
)

// Prune deletes deliveries ahead of their events, so that one call can take both.
func (t *tx) Prune(tenant string, before store.Expiry, limit int) (int, error) {
	total := 0
	for _, sort := range [...]struct {
		before time.Time
		text   string
	}{
		{before.Answers, sqltext.IdemExpire},
		{before.Attempts, sqltext.AttemptExpire},
		{before.Events, sqltext.DeliveryExpire},
		{before.Events, sqltext.EventExpire},
	} {
		if sort.before.IsZero() {
			continue
		}
		n, _, err := t.exec(sort.text, tenant, sqlread.Micros(sort.before), sqlread.Bound(limit))
		if err != nil {
			return total, err
		}
		total += int(n)
	}
	return total, nil
}

// PruneAudit deletes from the beginning of the chain.
func (t *tx) PruneAudit(tenant string, upTo int64, limit int) (int, error) {
	n, _, err := t.exec(sqltext.AuditPrune, tenant, upTo, sqlread.Bound(limit))
	return int(n), err
}
