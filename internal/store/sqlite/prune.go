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
